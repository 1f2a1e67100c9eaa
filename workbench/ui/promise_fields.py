"""The fields of a promise on the outcome form: an amount and a day, or several of them for a promise in parts."""

from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import streamlit as st

from workbench.rules.money_words import WITHOUT_CENTS
from workbench.rules.promise_limits import (
    CENT,
    PromiseHistory,
    PromiseTerms,
    check_terms,
    exceeded,
    promise_bounds,
    refusal_of,
)
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused
from workbench.ui import promise_requests
from workbench.ui.i18n import _, day, money, ngettext, percent, refusal, weekday
from workbench.ui.sheets import Sheet

MOST = 6  # parts that fit the form; a role's limit may be lower
BETWEEN = timedelta(days=7)  # what a further part is proposed after the one before
# how each field is read back from a draft
FIELDS: dict[str, Any] = {"parts": int, "amount": float, "due": date.fromisoformat}
FIELDS |= {f"amount_{n}": float for n in range(2, MOST + 1)} | {
    f"due_{n}": date.fromisoformat for n in range(2, MOST + 1)
}


def show(sheet: Sheet) -> None:
    """Draws the first part, and the further ones that were asked for."""
    card, many = sheet.card, parts_of(sheet)
    st.session_state.setdefault(sheet.key("amount"), float(card.past_due or card.balance))
    proposed = card.reply.on if card.reply and card.reply.on and card.reply.on >= card.today else None
    if proposed:  # what was cleared stays cleared
        st.session_state.setdefault(sheet.key("due"), proposed)
    for number in range(1, many + 1):
        _propose(sheet, number)
        _part(sheet, number)
    if proposed:
        st.caption(_("The debtor proposed {date}.", date=weekday(proposed)))
    _judge(sheet)


def _propose(sheet: Sheet, number: int) -> None:
    """A further part falls due a week after the one before, once that one has a day; what was cleared stays cleared."""
    before = _value(sheet, "due", number - 1) if number > 1 else None
    if before is None or sheet.value(f"proposed_{number}"):
        return
    last = promise_bounds(sheet.card.limits, sheet.card.balance, on=sheet.card.today).last_day
    st.session_state[sheet.key(f"proposed_{number}")] = True
    if _value(sheet, "due", number) is None:
        st.session_state[_key(sheet, "due", number)] = max(min(before + BETWEEN, last), before)


def _part(sheet: Sheet, number: int) -> None:
    amount, due = st.columns(2)
    title = f" · {_('part {n}', n=number)}" if number > 1 else ""
    amount.number_input(
        _("Promised amount ({currency})", currency=sheet.card.currency) + title,
        min_value=0.0,
        step=1.0,
        format="%.0f" if sheet.card.currency in WITHOUT_CENTS else "%.2f",
        key=_key(sheet, "amount", number),
    )
    due.date_input(_("Will pay by") + title, value=None, format="DD/MM/YYYY", key=_key(sheet, "due", number))


def more_or_less(sheet: Sheet) -> None:
    """One part more, or the last one less; a key does it too, without leaving the field."""
    many, limit = parts_of(sheet), min(sheet.card.limits.parts, MOST)
    if limit < 2:
        return
    with st.container(horizontal=True, key=f"parts-{sheet.item_id}"):
        st.button(
            _("Pay in parts") if many == 1 else _("One part more"),
            shortcut="Alt+P",
            disabled=many >= limit,
            type="tertiary",
            key=sheet.key("more-parts"),
            on_click=_more,
            args=(sheet,),
        )
        if many > 1:
            st.button(
                _("One part less"),
                shortcut="Alt+M",
                type="tertiary",
                key=sheet.key("less-parts"),
                on_click=_less,
                args=(sheet,),
            )


def parts_of(sheet: Sheet) -> int:
    """In how many parts the promise is being typed."""
    return int(sheet.value("parts") or 1)


def _more(sheet: Sheet) -> None:
    """A part more: the amount is shared out anew."""
    many = parts_of(sheet) + 1
    _share_out(sheet, _total(sheet, many - 1), many)


def _less(sheet: Sheet) -> None:
    """The last part less; what it had goes to the others."""
    many, total = parts_of(sheet) - 1, _total(sheet, parts_of(sheet))
    for name in ("amount", "due", "proposed"):
        st.session_state.pop(_key(sheet, name, many + 1), None)
    _share_out(sheet, total, many)


def _share_out(sheet: Sheet, total: Decimal, many: int) -> None:
    """Equal parts, what does not divide in the last one."""
    unit = Decimal(1) if sheet.card.currency in WITHOUT_CENTS else CENT
    each = (total / many).quantize(unit, ROUND_DOWN)
    for number in range(1, many + 1):
        amount = each if number < many else total - each * (many - 1)
        st.session_state[_key(sheet, "amount", number)] = float(amount)
    st.session_state[sheet.key("parts")] = many


def _total(sheet: Sheet, many: int) -> Decimal:
    return sum((_cents(_value(sheet, "amount", number)) for number in range(1, many + 1)), Decimal(0))


def _cents(typed: float | None) -> Decimal:
    return Decimal(str(typed or 0)).quantize(CENT)


def _key(sheet: Sheet, name: str, number: int) -> str:
    return sheet.key(name if number == 1 else f"{name}_{number}")


def _value(sheet: Sheet, name: str, number: int) -> Any:
    return st.session_state.get(_key(sheet, name, number))


def _judge(sheet: Sheet) -> None:
    """Says while it is typed whether the promise is within the limits; saving asks again."""
    card, terms = sheet.card, promise_of(sheet)
    bounds = promise_bounds(card.limits, card.balance, on=card.today)
    if terms is None:
        least, last = money(bounds.least, card.currency), day(bounds.last_day)
        st.caption(_("At least {least}, {last} at the latest.", least=least, last=last))
        return
    history = PromiseHistory(card.balance, broken=card.level)
    try:
        check_terms(terms, history, on=card.today)
    except Refused as refused:
        st.warning(refusal(refused))
        return
    if beyond := exceeded(terms, card.limits, history, on=card.today):
        st.warning(refusal(refusal_of(beyond[0])))
        promise_requests.ask(card.case_id, terms)
        return
    share = percent(float(terms.amount / card.balance))
    told = _("Within the limits: {share} of the balance, due {date}.", share=share, date=weekday(terms.due_on))
    parts = len(terms.parts)
    total = ngettext("{n} part", "{n} parts", parts) + f", {money(terms.amount, card.currency)}. " if parts else ""
    st.caption(total + told)


def promise_of(sheet: Sheet) -> PromiseTerms | None:
    """The promise as typed so far, if every part of it has an amount and a date."""
    typed = [(_value(sheet, "amount", n), _value(sheet, "due", n)) for n in range(1, parts_of(sheet) + 1)]
    parts = tuple(Part(due, _cents(amount)) for amount, due in typed if amount and due)
    return PromiseTerms.in_parts(parts) if len(parts) == len(typed) else None
