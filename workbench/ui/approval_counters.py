"""The form of a counter-offer, kind by kind: what was asked, to be changed before it goes back to who asked."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import streamlit as st

from models import ApprovalKind, OfferKind
from workbench.queries.approvals import Request
from workbench.rules.money_words import WITHOUT_CENTS
from workbench.ui.approval_words import FREQUENCIES
from workbench.ui.i18n import _


def fields(request: Request) -> None:
    """Draws the fields of the counter-offer, filled with what was asked."""
    _FIELDS[request.kind](request)


def typed(request: Request) -> dict[str, Any]:
    """What was typed, as terms are kept; what is not on the form stays as it was asked."""
    return _TYPED[request.kind](request)


def _key(request: Request, name: str) -> str:
    return f"counter-{name}-{request.id}"


def _amount(request: Request, name: str, label: str, value: Decimal, place: Any = st) -> None:
    place.number_input(
        label,
        min_value=0.0,
        value=float(value),
        step=1.0,
        format="%.0f" if request.currency in WITHOUT_CENTS else "%.2f",
        key=_key(request, name),
    )


def _money(request: Request, name: str) -> str:
    return str(Decimal(str(st.session_state[_key(request, name)])).quantize(Decimal("0.01")))


def _promise_fields(request: Request) -> None:
    parts = request.terms.parts or (request.terms,)
    for number, part in enumerate(parts, start=1):
        amount, due = st.columns(2)
        label = _("Amount ({currency})", currency=request.currency)
        _amount(request, f"amount-{number}", label, part.amount, amount)
        due.date_input(_("Will pay by"), value=part.due_on, format="DD/MM/YYYY", key=_key(request, f"due-{number}"))


def _promise_typed(request: Request) -> dict[str, Any]:
    count = len(request.terms.parts) or 1
    parts = [
        {"amount": _money(request, f"amount-{n}"), "due_on": st.session_state[_key(request, f"due-{n}")].isoformat()}
        for n in range(1, count + 1)
    ]
    total = str(sum(Decimal(part["amount"]) for part in parts))
    return {"amount": total, "due_on": parts[-1]["due_on"], "parts": parts if count > 1 else []}


DISCOUNTS = ("discount_principal", "discount_interest", "discount_fees")


def _agreement_fields(request: Request) -> None:
    """Discounts by component, and for plans the down payment, installments, rhythm and first day."""
    asked = request.terms
    if asked.kind is not OfferKind.RESCHEDULE:
        titles = (_("Discount on principal"), _("Discount on interest"), _("Discount on fees"))
        for place, name, title in zip(st.columns(3), DISCOUNTS, titles, strict=True):
            _amount(request, name, title, getattr(asked, name), place)
    left, middle, right = st.columns(3)
    if asked.kind is not OfferKind.SETTLEMENT:
        _amount(request, "down", _("Down payment"), asked.down, left)
        key = _key(request, "installments")
        middle.number_input(_("Installments"), min_value=1, step=1, value=asked.installments, key=key)
        rhythm = list(FREQUENCIES)
        st.segmented_control(
            _("Rhythm"),
            rhythm,
            format_func=lambda each: _(FREQUENCIES[each]),
            default=asked.frequency,
            required=True,
            key=_key(request, "frequency"),
        )
    right.date_input(_("First date"), value=asked.first_due_on, format="DD/MM/YYYY", key=_key(request, "first_due_on"))


def _agreement_typed(request: Request) -> dict[str, Any]:
    state, drawn = st.session_state, request.terms
    given: dict[str, Any] = {"first_due_on": state[_key(request, "first_due_on")].isoformat()}
    if drawn.kind is not OfferKind.RESCHEDULE:
        given |= {name: _money(request, name) for name in DISCOUNTS}
    if drawn.kind is not OfferKind.SETTLEMENT:
        given |= {"down": _money(request, "down"), "installments": int(state[_key(request, "installments")])}
        given |= {"frequency": state[_key(request, "frequency")].value}
    return given


def _write_down_fields(request: Request) -> None:
    _amount(request, "amount", _("Amount ({currency})", currency=request.currency), request.terms.amount)


def _write_down_typed(request: Request) -> dict[str, Any]:
    return {"amount": _money(request, "amount")}


_FIELDS: dict[ApprovalKind, Callable[[Request], None]] = {
    ApprovalKind.PROMISE: _promise_fields,
    ApprovalKind.AGREEMENT: _agreement_fields,
    ApprovalKind.WRITE_DOWN: _write_down_fields,
}
_TYPED: dict[ApprovalKind, Callable[[Request], dict[str, Any]]] = {
    ApprovalKind.PROMISE: _promise_typed,
    ApprovalKind.AGREEMENT: _agreement_typed,
    ApprovalKind.WRITE_DOWN: _write_down_typed,
}
