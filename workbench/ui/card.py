"""The account card: who, what is owed and since when, why they are here, how to reach them, what happened."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from html import escape

import phonenumbers

from models import ContactStatus, PaymentKind, PhoneKind, PromiseState, Stage, ZoneOrigin
from workbench.queries.cases import CaseCard, Due, Happening, PauseNote, Phone
from workbench.rules.briefings import Briefing
from workbench.rules.pauses import BARRED, LABELS
from workbench.rules.words import N_
from workbench.ui import law
from workbench.ui.i18n import _, city, clock, day, money, ngettext, percent, when

STAGES = {
    Stage.PREVENTIVE: N_("Preventive"),
    Stage.ADMINISTRATIVE: N_("Administrative"),
    Stage.EXTRAJUDICIAL: N_("Extrajudicial"),
    Stage.JUDICIAL: N_("Judicial"),
}
STATUSES = {
    ContactStatus.UNUSABLE: N_("unusable"),
    ContactStatus.INVALID: N_("not in service"),
    ContactStatus.WRONG_PERSON: N_("someone else's"),
    ContactStatus.OPTED_OUT: N_("asked not to be called"),
}
PHONE_KINDS = {PhoneKind.MOBILE: N_("mobile"), PhoneKind.LANDLINE: N_("landline"), PhoneKind.UNKNOWN: N_("phone")}
ZONES = {
    ZoneOrigin.ADDRESS: N_("by address"),
    ZoneOrigin.PHONE: N_("by phone"),
    ZoneOrigin.PORTFOLIO: N_("by portfolio"),
}
PROMISES = {
    PromiseState.OPEN: (N_("Promise open"), ""),
    PromiseState.KEPT: (N_("Promise kept"), "cw-good"),
    PromiseState.PARTIALLY_KEPT: (N_("Promise partly kept"), "cw-warn"),
    PromiseState.BROKEN: (N_("Promise broken"), "cw-bad"),
    PromiseState.WITHDRAWN: (N_("Promise withdrawn"), "cw-muted"),
    PromiseState.REPLACED: (N_("Promise replaced"), "cw-muted"),
}
PAYMENTS = {
    PaymentKind.PAYMENT: (N_("Payment"), "cw-good"),
    PaymentKind.CREDIT_NOTE: (N_("Credit note"), ""),
    PaymentKind.BALANCE_UPDATE: (N_("Balance lowered by the creditor"), ""),
    PaymentKind.WRITE_OFF: (N_("Write-off"), ""),
    PaymentKind.DISCOUNT: (N_("Agreement discount"), ""),
    "reversed": (N_("Payment reversed"), "cw-bad"),
}


def whole_case(card: CaseCard, brief: Briefing, reasons: list[str], *, at: datetime, dials: bool) -> str:
    """The left side of the page in one piece: one element to send and to draw, whatever the case holds.

    `dials` = the numbers are links: calling is lawful now, or this person may answer for a call that is not.
    """
    return head(card, brief, at=at) + body(card, brief, reasons, dials=dials)


def head(card: CaseCard, brief: Briefing, *, at: datetime) -> str:
    """Who it is and what is owed, at this moment on the debtor's clock."""
    return account_card(card, brief, at_clock=f"{clock(at, card.zone)} {city(card.zone)}")


def body(card: CaseCard, brief: Briefing, reasons: list[str], *, dials: bool) -> str:
    """Everything below the head."""
    return (
        f'<div class="cw-two"><div class="cw-card">{why_here(reasons, card)}</div>'
        f'<div class="cw-card">{_phones(card, dials=dials, lawful=brief.allowed)}</div></div>'
        f'<div class="cw-card">{accounts(card.dues, card)}</div>'
        f'<div class="cw-card">{timeline(card.timeline, card)}</div>'
    )


def account_card(card: CaseCard, brief: Briefing, *, at_clock: str) -> str:
    """Who owes what since when, and whether they may be called now."""
    facts = " · ".join(escape(fact) for fact in (card.reference, card.tax_id, card.place) if fact)
    zone = f"{at_clock} {_(ZONES[ZoneOrigin(card.zone_origin)])}"
    return (
        f'<div class="cw-card"><div class="cw-who"><div><h2>{escape(card.name)}</h2><p class="cw-muted">{facts}</p>'
        f'<p class="cw-muted">{escape(card.portfolio)} · {_statement(card)}</p></div>'
        f'<div class="cw-owed">{_owed(card)}</div></div>'
        f'<div class="cw-badges">{"" if card.barred else law.badge(brief)}<span class="cw-tag">{_(STAGES[Stage(card.stage)])}</span>'
        f'<span class="cw-tag">{escape(zone)}</span>{_owner(card)}{_pauses(card)}</div>'
        f"{'' if card.barred else law.guidance(brief)}</div>"
    )


def _statement(card: CaseCard) -> str:
    """The way to the movements, beside the case in hand."""
    return f'<a href="/statement?case={card.case_id}" target="_blank">{_("Account statement")}</a>'


def why_here(reasons: list[str], card: CaseCard) -> str:
    """The three reasons, in words, and the formula behind the place in the queue."""
    lines = "".join(f"<li>{escape(reason)}</li>" for reason in reasons[:3])
    return f'<div class="cw-section">{_("Why here")}</div><ul class="cw-why">{lines}</ul>{_score_formula(card)}'


def formula(figure: str, said: str) -> str:
    """A figure that opens its own formula, with its numerator, denominator and period."""
    return f'<details><summary>{figure}</summary><div class="cw-formula">{said}</div></details>'


def phone_list(phones: tuple[Phone, ...], zone: str, *, dials: bool, lawful: bool) -> str:
    """The numbers best first; a usable one is a `tel:` link for the softphone while calls are lawful."""
    rows = "".join(_phone(phone, zone, dials=dials) for phone in phones)
    empty = f'<p class="cw-muted">{_("No phone is known.")}</p>'
    said = (
        _("A call would not be lawful now: it is saved only with a reason, and marked.")
        if dials
        else _("Not to be dialled now: a call would not be lawful.")
    )
    why = "" if lawful else f'<p class="cw-bad">{said}</p>'
    return f'<div class="cw-section">{_("Phones, best first")}</div>{why}<div class="cw-phones">{rows or empty}</div>'


def accounts(dues: tuple[Due, ...], card: CaseCard) -> str:
    """The open receivables, oldest first."""
    head = "".join(
        f"<th{cls}>{text}</th>"
        for text, cls in (
            (_("Account"), ""),
            (_("Receivable"), ""),
            (_("Due"), ""),
            (_("Balance"), ' class="cw-num"'),
        )
    )
    rows = "".join(_due(due, card) for due in dues)
    return (
        f'<div class="cw-section">{_("Accounts and receivables")}</div>'
        f'<div class="cw-scroll"><table class="cw-table"><tr>{head}</tr>{rows}</table></div>'
    )


def timeline(happenings: tuple[Happening, ...], card: CaseCard) -> str:
    """What happened, the newest first."""
    lines = "".join(_happening(each, card) for each in happenings)
    empty = f'<p class="cw-muted">{_("Nothing has happened yet: this is the first contact.")}</p>'
    return f'<div class="cw-section">{_("Timeline")}</div><div class="cw-scroll">{lines or empty}</div>'


@lru_cache(maxsize=4096)
def dialable(value: str) -> str:
    """An E.164 number as people read it; a number that is none stays as it came."""
    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _owed(card: CaseCard) -> str:
    total = money(card.balance, card.currency)
    if not card.oldest_due_on:
        return f'<strong>{total}</strong><p class="cw-muted">{_("nothing past due yet")}</p>'
    since = ngettext(
        "past due since {date} ({n} day)",
        "past due since {date} ({n} days)",
        card.days_past_due,
        date=day(card.oldest_due_on),
    )
    rest = "" if card.balance == card.past_due else _("of {total} in all", total=total)
    return f'<strong>{money(card.past_due, card.currency)}</strong><p>{since}</p><p class="cw-muted">{rest}</p>'


def _owner(card: CaseCard) -> str:
    return f'<span class="cw-tag">{_("Owner: {name}", name=escape(card.owner))}</span>' if card.owner else ""


def _phones(card: CaseCard, *, dials: bool, lawful: bool) -> str:
    """The numbers; of a debtor whom nobody may contact none can be dialled, whatever the hour."""
    return phone_list(card.phones, card.zone, dials=dials and not card.barred, lawful=lawful or card.barred)


def _pauses(card: CaseCard) -> str:
    """What is paused, why and since when; where nobody may contact the debtor, that first."""
    return "".join(_pause(each) for each in sorted(card.paused, key=lambda each: each.kind not in BARRED))


def _pause(each: PauseNote) -> str:
    if each.kind in BARRED and each.account is None:
        return f'<b class="cw-bad">{escape(_(BARRED[each.kind], date=day(each.from_on)))}</b>'
    said = _("Paused since {date}: {why}", date=day(each.from_on), why=_(LABELS[each.kind]))
    until = _("until {date}", date=day(each.until_on)) if each.until_on else ""
    return f'<b class="cw-warn">{" · ".join(filter(None, [said, until, escape(each.account or "")]))}</b>'


def _score_formula(card: CaseCard) -> str:
    said = _(
        "Score = chance of staying unpaid x amount past due x chance of reaching the right person: "
        "{unpaid} x {amount} x {reach}. Chances are learned from this portfolio's own history.",
        unpaid=percent(card.p_unpaid),
        amount=money(card.past_due, card.currency),
        reach=percent(card.reach),
    )
    score = _("Expected money in play: {score}", score=money(Decimal(card.score), card.currency))
    return f'<p class="cw-muted">{formula(score, said)}</p>'


def _phone(phone: Phone, zone: str, *, dials: bool) -> str:
    number = escape(dialable(phone.value))
    kind = _(PHONE_KINDS[PhoneKind(phone.phone_kind or "unknown")])
    if phone.status != ContactStatus.ACTIVE:
        why = _(STATUSES[ContactStatus(phone.status)])
        return f'<div class="cw-phone cw-dead"><span>{number}</span><span>{kind}</span><span>{why}</span></div>'
    link = f'<a href="tel:{escape(phone.value)}" data-point="{phone.id}">{number}</a>' if dials else f"<b>{number}</b>"
    return f'<div class="cw-phone"><span>{link}</span><span class="cw-muted">{kind}</span><span>{_tries(phone, zone)}</span></div>'


def _tries(phone: Phone, zone: str) -> str:
    if not phone.attempts:
        return f'<span class="cw-muted">{_("not tried yet")}</span>'
    tally = _("{reached} of {tries} reached the right person", reached=phone.right_parties, tries=phone.attempts)
    if not phone.last_label or not phone.last_at:
        return tally
    return f'{escape(phone.last_label)} · {when(phone.last_at, zone)} <span class="cw-muted">· {tally}</span>'


def _due(due: Due, card: CaseCard) -> str:
    days = (card.today - due.due_on).days
    late = ngettext("{n} day late", "{n} days late", days) if days > 0 else _("not due yet")
    what = (
        f'{escape(due.account)}<br><span class="cw-muted">{escape(due.product)}</span>'
        if due.product
        else escape(due.account)
    )
    return (
        f"<tr><td>{what}</td><td>{escape(due.number)}</td>"
        f'<td>{day(due.due_on)}<br><span class="cw-muted">{late}</span></td>'
        f'<td class="cw-num">{money(due.balance, card.currency)}</td></tr>'
    )


def _happening(each: Happening, card: CaseCard) -> str:
    return (
        f'<div class="cw-line"><span class="cw-muted">{when(each.at, card.zone)}</span><span>{_told(each, card)}'
        f'<span class="cw-note cw-muted">{"<br>" + escape(each.note) if each.note else ""}</span></span></div>'
    )


def _told(each: Happening, card: CaseCard) -> str:
    by = f' <span class="cw-muted">· {escape(each.by)}</span>' if each.by else ""
    if each.kind == "blocked":
        return (
            f'<b class="cw-bad">{_("Call not allowed: {law}", law=escape(each.what or _("portfolio policy")))}</b>{by}'
        )
    if each.kind == "interaction":
        outside = _("outside the law, answered for by {name}: {reason}", name=each.override_by, reason=each.override)
        marked = f'<br><span class="cw-bad">{escape(outside)}</span>' if each.override else ""
        return f"<b>{escape(each.what)}</b>{by}{marked}"
    words, tone = PROMISES[PromiseState(each.what)] if each.kind == "promise" else PAYMENTS[each.what]
    amount = money(each.amount, card.currency) if each.amount is not None else ""
    until = (
        _("for {date}", date=day(each.on)) if each.kind == "promise" and each.on else (day(each.on) if each.on else "")
    )
    return f'<b class="{tone}">{_(words)}</b> {amount} {until}{by}'
