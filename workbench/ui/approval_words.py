"""What is asked of a supervisor, in words: the terms, the limits beside them, how long it still stands."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

from models import ApprovalKind, ApprovalState, Frequency, OfferKind, Stage
from workbench.queries.approval_context import Context
from workbench.queries.approvals import Request
from workbench.rules.exceeded import Exceeded
from workbench.rules.limit_words import allowed, asked, name
from workbench.rules.words import N_
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, day, language, moment, money, ngettext, number

KINDS = {
    ApprovalKind.PROMISE: N_("Promise to pay"),
    ApprovalKind.AGREEMENT: N_("Agreement"),
    ApprovalKind.WRITE_DOWN: N_("Write-down"),
}
OFFERS = {
    OfferKind.SETTLEMENT: N_("Settlement"),
    OfferKind.SHORT_PLAN: N_("Short plan"),
    OfferKind.LONG_PLAN: N_("Long plan"),
    OfferKind.RESCHEDULE: N_("Reschedule"),
}
FREQUENCIES = {
    Frequency.WEEKLY: N_("weekly"),
    Frequency.FORTNIGHTLY: N_("fortnightly"),
    Frequency.MONTHLY: N_("monthly"),
}
EACH = {
    Frequency.WEEKLY: N_("one a week"),
    Frequency.FORTNIGHTLY: N_("one a fortnight"),
    Frequency.MONTHLY: N_("one a month"),
}
STATES = {
    ApprovalState.PENDING: (N_("waits for a decision"), "cw-warn"),
    ApprovalState.APPROVED: (N_("approved, and done"), "cw-good"),
    ApprovalState.REJECTED: (N_("rejected"), "cw-bad"),
    ApprovalState.COUNTERED: (N_("counter-offer waits for an answer"), "cw-warn"),
    ApprovalState.ACCEPTED: (N_("counter-offer accepted, and done"), "cw-good"),
    ApprovalState.DECLINED: (N_("counter-offer declined"), "cw-muted"),
    ApprovalState.EXPIRED: (N_("expired without an answer"), "cw-muted"),
    ApprovalState.WITHDRAWN: (N_("taken back by who asked"), "cw-muted"),
}
SOON_MINUTES = 120


def terms_words(kind: ApprovalKind, terms: Any, currency: str) -> list[str]:
    """The terms in a few short pieces."""
    return _TERMS[kind](terms, currency)


def _promise(terms: Any, currency: str) -> list[str]:
    pieces = [_("{amount} by {date}", amount=money(terms.amount, currency), date=day(terms.due_on))]
    if terms.parts:
        pieces[0] = ngettext(
            "{total} in {n} part", "{total} in {n} parts", len(terms.parts), total=money(terms.amount, currency)
        )
        pieces += [f"{money(part.amount, currency)} · {day(part.due_on)}" for part in terms.parts]
    return pieces


def _agreement(terms: Any, currency: str) -> list[str]:
    what = _(OFFERS[terms.kind])
    count = ngettext("{n} installment", "{n} installments", terms.installments)
    pieces = [what if terms.kind is OfferKind.SETTLEMENT else f"{what}: {count}, {_(EACH[terms.frequency])}"]
    discounts = (terms.discount_principal, terms.discount_interest, terms.discount_fees)
    titles = (_("Discount on principal"), _("Discount on interest"), _("Discount on fees"))
    given = [f"{title}: {money(amount, currency)}" for title, amount in zip(titles, discounts, strict=True) if amount]
    if terms.discount:
        pieces[0] += " · " + _("forgives {amount}", amount=money(terms.discount, currency))
        pieces += given
    if terms.down:
        pieces.append(f"{_('Down payment')}: {money(terms.down, currency)}")
    first, last = day(terms.first_due_on), day(terms.last_due_on)
    return [
        *pieces,
        _("from {first} to {last}", first=first, last=last) if first != last else _("due {date}", date=first),
    ]


def _write_down(terms: Any, currency: str) -> list[str]:
    return [_("{amount} of the debt in dispute is written down", amount=money(terms.amount, currency))]


_TERMS: dict[ApprovalKind, Callable[[Any, str], list[str]]] = {
    ApprovalKind.PROMISE: _promise,
    ApprovalKind.AGREEMENT: _agreement,
    ApprovalKind.WRITE_DOWN: _write_down,
}


def limits_table(exceeded: tuple[Exceeded, ...], currency: str) -> str:
    """What is asked beside what the limits of who asks allow."""
    head = "".join(f"<th>{title}</th>" for title in (_("Limit"), _("Asked"), _("May without asking")))
    spoken = language()
    rows = "".join(
        f"<tr><td>{escape(name(each, spoken))}</td><td><b>{escape(asked(each, spoken, currency))}</b></td>"
        f"<td>{escape(allowed(each, spoken, currency))}</td></tr>"
        for each in exceeded
    )
    return f'<table class="cw-table"><tr>{head}</tr>{rows}</table>'


def context_table(then: Context, now: Context, currency: str) -> str:
    """The case when it was asked, and now; what has changed since stands out."""
    head = "".join(f"<th>{title}</th>" for title in ("", _("When asked"), _("Now")))
    rows = "".join(_context_row(title, before, after) for title, before, after in _figures(then, now, currency))
    return f'<table class="cw-table"><tr>{head}</tr>{rows}</table>'


def _context_row(title: str, before: str, after: str) -> str:
    told = f'<b class="cw-warn">{escape(after)}</b>' if before != after else escape(after)
    return f"<tr><td>{escape(title)}</td><td>{escape(before)}</td><td>{told}</td></tr>"


def _figures(then: Context, now: Context, currency: str) -> list[tuple[str, str, str]]:
    shown: list[tuple[str, Callable[[Context], str]]] = [
        (_("Owed"), lambda case: money(case.balance, currency)),
        (_("Past due"), lambda case: money(case.past_due, currency)),
        (_("Days past due"), lambda case: number(case.days_past_due)),
        (_("Stage"), lambda case: _(STAGES[Stage(case.stage)])),
        (_("Promises kept · not kept"), lambda case: f"{case.kept} · {case.not_kept}"),
        (_("Open promises · agreements"), lambda case: f"{case.open_promises} · {case.agreements}"),
        (_("Paid in 30 days"), lambda case: money(case.paid_lately, currency)),
    ]
    return [(title, of(then), of(now)) for title, of in shown]


def countdown(until: datetime, at: datetime) -> str:
    """How long something still stands, in hours and minutes; coloured when it is not long."""
    minutes = max(int((until - at).total_seconds() // 60), 0)
    tone = "cw-bad" if minutes < SOON_MINUTES // 4 else "cw-warn" if minutes < SOON_MINUTES else "cw-muted"
    left = _("{h} h {m} min left", h=minutes // 60, m=minutes % 60) if minutes >= 60 else _("{m} min left", m=minutes)
    return f'<span class="{tone}">{escape(left)}</span>'


def state_words(request: Request) -> str:
    """What became of a request, as a coloured word."""
    words, tone = STATES[request.state]
    return f'<span class="{tone}">{escape(_(words))}</span>'


def decision_line(request: Request) -> str:
    """Who decided when, and what they wrote."""
    if not request.decided_at:
        return ""
    who = _("{name}, {when}", name=request.decider or "—", when=moment(request.decided_at, request.zone))
    said = f' <span class="cw-note">“{escape(request.note)}”</span>' if request.note else ""
    return f'<div><span class="cw-muted">{escape(who)}</span>{said}</div>'
