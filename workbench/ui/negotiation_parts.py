"""What a negotiation shows: the debt by component, an offer in a line, the schedule, the room that is left, what is agreed."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from html import escape

from models import AgreementState, OfferKind
from workbench.queries.negotiations_desk import Agreed
from workbench.rules.installments import Part
from workbench.rules.offers import Debt, Movable, Offer
from workbench.rules.words import N_
from workbench.ui.approval_words import OFFERS
from workbench.ui.i18n import _, day, money, ngettext, number, percent

STATES = {
    AgreementState.ACTIVE: (N_("on track"), "cw-good"),
    AgreementState.COMPLETED: (N_("completed"), "cw-good"),
    AgreementState.BROKEN: (N_("was broken"), "cw-bad"),
    AgreementState.WITHDRAWN: (N_("withdrawn"), "cw-muted"),
    AgreementState.REPLACED: (N_("was replaced"), "cw-muted"),
}
ROOM = {
    "discount_principal": N_("principal: discount up to {limit}"),
    "discount_interest": N_("interest: discount up to {limit}"),
    "discount_fees": N_("fees: discount up to {limit}"),
    "installments": N_("installments up to {limit}"),
    "down": N_("down payment from {limit}"),
    "last_due_on": N_("last date up to {limit}"),
}


def debt_table(debt: Debt) -> str:
    """What is owed by component, with what accrued until today; one line where there is only principal."""
    rows = [(_("Principal"), debt.principal, "")]
    for name, amount, accrued in (
        (_("Interest"), debt.interest, debt.interest_accrued),
        (_("Fees"), debt.fees, debt.fees_accrued),
    ):
        new = _("of it {amount} until today", amount=money(accrued, debt.currency)) if accrued else ""
        rows += [(name, amount, new)] if amount else []
    body = "".join(
        f'<tr><td>{escape(name)} <span class="cw-muted">{escape(note)}</span></td>'
        f'<td class="cw-num">{escape(money(amount, debt.currency))}</td></tr>'
        for name, amount, note in rows
    )
    total = escape(money(debt.total, debt.currency))
    if len(rows) > 1:
        body += f'<tr><td><b>{escape(_("Total"))}</b></td><td class="cw-num"><b>{total}</b></td></tr>'
    return f'<table class="cw-table">{body}</table>'


def offer_title(offer: Offer, currency: str) -> str:
    """What the offer is and what it comes to."""
    return f"**{_(OFFERS[offer.kind])}** · {money(offer.total, currency)}"


def offer_line(offer: Offer, debt: Debt) -> str:
    """How it is paid, what is forgiven, what is expected to come of it."""
    pieces = [_payments(offer)]
    if offer.terms.discount:
        share = percent(float(offer.terms.discount / debt.total))
        pieces.append(_("{share} forgiven", share=share))
    pieces.append(_("expected {amount}", amount=money(offer.expected, debt.currency)))
    return " · ".join(pieces)


def _payments(offer: Offer) -> str:
    if offer.kind is OfferKind.SETTLEMENT:
        return _("one payment by {day}", day=day(offer.parts[-1].due_on))
    count = ngettext("{n} payment", "{n} payments", len(offer.parts))
    return _("{count} until {day}", count=count, day=day(offer.parts[-1].due_on))


def schedule(parts: Sequence[Part], chances: Sequence[float], currency: str, expected: Decimal) -> str:
    """Every payment with its day and how likely it is; the sum, and what is expected of it."""
    rows = "".join(
        f"<tr><td>{escape(_number(part))}</td><td>{escape(day(part.due_on))}</td>"
        f'<td class="cw-num">{escape(money(part.amount, currency))}</td>'
        f'<td class="cw-num cw-muted">{escape(percent(chance))}</td></tr>'
        for part, chance in zip(parts, chances, strict=True)
    )
    total = sum((part.amount for part in parts), Decimal(0))
    foot = (
        f"<tr><td colspan=2><b>{escape(_('Total'))}</b></td>"
        f'<td class="cw-num"><b>{escape(money(total, currency))}</b></td><td></td></tr>'
    )
    heads = "".join(f"<th>{escape(each)}</th>" for each in ("", _("Day")))
    nums = "".join(f'<th class="cw-num">{escape(each)}</th>' for each in (_("Amount"), _("Chance")))
    formula = _(
        "Expected: the sum of each payment × its chance. The first one's is made of the share of promises kept here and"
        " of this debtor's own risk, each next of the installments that followed one that was paid."
    )
    told = _("Expected {amount}", amount=money(expected, currency))
    return (
        f'<div class="cw-scroll"><table class="cw-table"><tr>{heads}{nums}</tr>{rows}{foot}</table></div>'
        f'<details><summary class="cw-muted">{escape(told)}</summary><p class="cw-formula">{escape(formula)}</p></details>'
    )


def _number(part: Part) -> str:
    return number(part.number) if part.number else _("Down payment")


def room(movable: Iterable[Movable], currency: str) -> str:
    """What may still be moved without asking anybody."""
    said = "".join(
        f'<span class="cw-tag">{escape(_(ROOM[each.name], limit=_limit(each.limit, currency)))}</span>'
        for each in movable
    )
    if not said:
        return f'<p class="cw-muted">{escape(_("This is as far as you may go."))}</p>'
    return f'<div class="cw-badges"><span class="cw-muted">{escape(_("You may still move:"))}</span>{said}</div>'


def _limit(limit: Decimal | int | date, currency: str) -> str:
    if isinstance(limit, date):
        return day(limit)
    return money(limit, currency) if isinstance(limit, Decimal) else number(limit)


def agreed_card(agreed: Agreed, currency: str) -> str:
    """An agreement as it stands: how far it is paid, and what comes next or how it ended."""
    name, tone = STATES[agreed.state]
    if agreed.state is AgreementState.ACTIVE and agreed.missed:
        late = ngettext("{n} payment missed", "{n} payments missed", agreed.missed)
        badge = f'<span class="cw-badge cw-warn">{escape(late)}</span>'
    else:
        badge = f'<span class="cw-badge {tone}">{escape(_(name))}</span>'
    title = _("Agreement no. {number}", number=agreed.id)
    what = [
        _(OFFERS[agreed.kind]),
        agreed.account or "",
        _("signed {day}", day=day(agreed.signed_on)),
        agreed.signed_by or "",
    ]
    paid = _("{paid} of {total} paid", paid=money(agreed.paid, currency), total=money(agreed.total, currency))
    return (
        f'<div class="cw-card"><div class="cw-who"><b>{escape(title)}</b>{badge}</div>'
        f'<p class="cw-muted">{escape(" · ".join(filter(None, what)))}</p><p>{escape(paid)}</p>{_next(agreed, currency)}</div>'
    )


def _next(agreed: Agreed, currency: str) -> str:
    if agreed.state is not AgreementState.ACTIVE:
        said = [day(agreed.closed_on) if agreed.closed_on else "", agreed.closed_because or ""]
        return f'<p class="cw-muted">{escape(" · ".join(filter(None, said)))}</p>'
    if agreed.next_due_on is None or agreed.next_amount is None:
        return ""
    left = ngettext("{n} payment left", "{n} payments left", agreed.left)
    said_next = _("next: {amount} by {day}", amount=money(agreed.next_amount, currency), day=day(agreed.next_due_on))
    return f'<p>{escape(said_next)} <span class="cw-muted">· {escape(left)}</span></p>'
