"""Disputes: what waits for a review, the claims that are open, and every pause; each claim with its evidence."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, dispute_detail, dispute_lists, frame, i18n, page_parts
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page, how it is drawn, and who may open it."""

    title: str
    show: Callable[[Viewer, Portfolio], None]
    needs: Permission = Permission.OPEN_DISPUTES


PARTS = {
    "review": Part(N_("To review"), dispute_lists.review, Permission.RESOLVE_DISPUTES),
    "open": Part(N_("Open claims"), dispute_lists.open_claims),
    "pauses": Part(N_("All pauses"), dispute_lists.all_pauses),
}


def listed(who: Viewer) -> None:
    """The part that is asked for, of the portfolio that is chosen."""
    portfolios = page_parts.portfolios_or_stop(who)
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    chosen = page_parts.chosen_portfolio(left, portfolios, key="disputes-of")
    with right:
        titles = {name: each.title for name, each in PARTS.items() if who.may(each.needs)}
        part = PARTS[page_parts.chosen_part(titles, key="disputes-part")]
    part.show(who, chosen)


who = access.require(Permission.OPEN_DISPUTES)
frame.page_header(_("Disputes and pauses"), who)
frame.show_refused()
frame.show_done()
asked = st.query_params.get(dispute_lists.CLAIM, "")
try:
    if asked.isdecimal():
        dispute_detail.show(who, int(asked))
    else:
        listed(who)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
