"""The terms of an offer on the desk: fields that begin with what was proposed, and the terms that they make."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from models import Frequency, OfferKind
from workbench.rules.offers import Debt, Terms
from workbench.ui.approval_words import FREQUENCIES
from workbench.ui.i18n import _
from workbench.ui.outcomes import Sheet

DISCOUNTS = ("discount_principal", "discount_interest", "discount_fees")


@dataclass(frozen=True, slots=True)
class Draft:
    """One kind of offer being worked on; every field's key says debtor, account and kind, so that none is mistaken."""

    sheet: Sheet
    debt: Debt
    kind: OfferKind
    replacing: int | None = None  # the agreement that gives way

    def key(self, name: str) -> str:
        """A field's place in the session."""
        return self.sheet.key(f"nego-{self.debt.account_id or 0}-{self.kind}-{name}")

    def value(self, name: str, default: Any) -> Any:
        """What a field holds; what is not drawn, or was emptied, is as if it held `default`."""
        found = st.session_state.get(self.key(name))
        return default if found is None else found

    def owes(self, discount: str) -> bool:
        """Whether there is anything of which a discount could be given."""
        return bool(getattr(self.debt, discount.removeprefix("discount_")))


def fields(draft: Draft, start: Terms, *, on: date) -> None:
    """Draws the fields of a kind of offer, filled with what was proposed until somebody changes them."""
    if draft.kind is not OfferKind.SETTLEMENT:
        _installments(draft, start)
        _frequency(draft, start)
    down, first = st.columns(2)
    if draft.kind is not OfferKind.SETTLEMENT:
        _amount(draft, "down", _("Down payment"), start.down, down)
    label = _("To be paid by") if draft.kind is OfferKind.SETTLEMENT else _("First date")
    place = down if draft.kind is OfferKind.SETTLEMENT else first
    st.session_state.setdefault(draft.key("first"), start.first_due_on)
    place.date_input(label, format="DD/MM/YYYY", min_value=on, key=draft.key("first"))
    given = [name for name in DISCOUNTS if draft.owes(name) and draft.kind is not OfferKind.RESCHEDULE]
    titles = {
        "discount_principal": _("Discount on principal"),
        "discount_interest": _("Discount on interest"),
        "discount_fees": _("Discount on fees"),
    }
    places = [first, *st.columns(2)] if draft.kind is OfferKind.SETTLEMENT else st.columns(2) * 2
    for place, name in zip(places, given, strict=False):
        _amount(draft, name, titles[name], getattr(start, name), place)


def typed(draft: Draft, *, on: date) -> Terms:
    """The terms as the fields hold them now."""
    at_once = draft.kind is OfferKind.SETTLEMENT
    given = {} if draft.kind is OfferKind.RESCHEDULE else {name: _money(draft, name) for name in DISCOUNTS}
    return Terms(
        kind=draft.kind,
        first_due_on=draft.value("first", on),
        installments=1 if at_once else int(draft.value("installments", 1)),
        frequency=Frequency.MONTHLY if at_once else Frequency(draft.value("frequency", Frequency.MONTHLY)),
        down=Decimal(0) if at_once else _money(draft, "down"),
        account_id=draft.debt.account_id,
        **given,
    )


def forget(sheet: Sheet) -> None:
    """Drops what was typed about a debtor's offers."""
    mine = f"-{sheet.item_id}"
    for key in [each for each in st.session_state if str(each).startswith("nego-") and str(each).endswith(mine)]:
        del st.session_state[key]


def _installments(draft: Draft, start: Terms) -> None:
    st.session_state.setdefault(draft.key("installments"), start.installments)
    st.number_input(_("Installments"), min_value=1, max_value=120, step=1, key=draft.key("installments"))


def _frequency(draft: Draft, start: Terms) -> None:
    st.session_state.setdefault(draft.key("frequency"), start.frequency.value)
    st.segmented_control(
        _("Rhythm"),
        [each.value for each in Frequency],
        format_func=lambda each: _(FREQUENCIES[Frequency(each)]),
        required=True,
        width="stretch",
        key=draft.key("frequency"),
    )


def _amount(draft: Draft, name: str, label: str, start: Decimal, place: Any) -> None:
    st.session_state.setdefault(draft.key(name), float(start))
    whole = draft.debt.unit >= 1
    place.number_input(label, min_value=0.0, step=1.0, format="%.0f" if whole else "%.2f", key=draft.key(name))


def _money(draft: Draft, name: str) -> Decimal:
    if name in DISCOUNTS and not draft.owes(name):
        return Decimal(0)  # its field is not drawn
    return Decimal(str(draft.value(name, 0))).quantize(draft.debt.unit)
