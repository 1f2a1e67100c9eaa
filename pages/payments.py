"""Payments: what came in and what was taken back, entering one by hand, and who says that it is paid."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, i18n, page_parts, payment_entry, payments_list, payments_verify
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page and how it is drawn."""

    title: str
    show: Callable[[Viewer, Portfolio], None]


PARTS = {
    "payments": Part(N_("Payments"), payments_list.show),
    "enter": Part(N_("Enter one"), lambda who, _portfolio: payment_entry.show(who)),
    "verification": Part(N_("“Already paid”"), payments_verify.show),
}


who = access.require(Permission.RECORD_PAYMENTS)
frame.page_header(_("Payments"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="payments-of")
with right:
    titles = {name: each.title for name, each in PARTS.items()}
    part = PARTS[page_parts.chosen_part(titles, key="payments-part")]
try:
    part.show(who, chosen)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
