"""Strategies: who is written to on which day, drafts tried out before they are published, and what they bring in."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.strategies import Version, versions
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, i18n, page_parts, strategy_editor, strategy_effect, strategy_ladder
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page, who may open it, and how it is drawn."""

    title: str
    permission: Permission
    show: Callable[[Viewer, Portfolio, list[Version]], None]


PARTS = {
    "ladder": Part(N_("Ladder"), Permission.SEE_STRATEGIES, strategy_ladder.show),
    "draft": Part(N_("Draft"), Permission.EDIT_STRATEGIES, strategy_editor.show),
    "effect": Part(N_("Effect"), Permission.SEE_STRATEGIES, strategy_effect.show),
}


who = access.require(Permission.SEE_STRATEGIES)
frame.page_header(_("Strategies"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="strategies-of")
with right:
    titles = {name: each.title for name, each in PARTS.items() if who.may(each.permission)}
    part = PARTS[page_parts.chosen_part(titles, key="strategies-part")]
try:
    with db.reading() as session:
        found = versions(session, who, chosen.id)
    part.show(who, chosen, found)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
