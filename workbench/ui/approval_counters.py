"""The form of a counter-offer, kind by kind: what was asked, to be changed before it goes back to who asked."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import streamlit as st

from models import ApprovalKind
from workbench.queries.approvals import Request
from workbench.ui.i18n import _

WHOLE = {"CLP", "PYG"}  # currencies without cents


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
        format="%.0f" if request.currency in WHOLE else "%.2f",
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


def _write_down_fields(request: Request) -> None:
    _amount(request, "amount", _("Amount ({currency})", currency=request.currency), request.terms.amount)


def _write_down_typed(request: Request) -> dict[str, Any]:
    return {"amount": _money(request, "amount")}


_FIELDS: dict[ApprovalKind, Callable[[Request], None]] = {
    ApprovalKind.PROMISE: _promise_fields,
    ApprovalKind.WRITE_DOWN: _write_down_fields,
}
_TYPED: dict[ApprovalKind, Callable[[Request], dict[str, Any]]] = {
    ApprovalKind.PROMISE: _promise_typed,
    ApprovalKind.WRITE_DOWN: _write_down_typed,
}
