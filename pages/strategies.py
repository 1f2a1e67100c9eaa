"""Strategies: who is written to on which day, drafts tried out before they are published, and what they bring in."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.portfolios import visible_portfolios
from workbench.queries.strategies import Version, versions
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, i18n, strategy_editor, strategy_effect, strategy_ladder
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


def chosen_part(who: Viewer) -> Part:
    """The part asked for; it stands in the address, so that a link opens the same one."""
    mine = [name for name, part in PARTS.items() if who.may(part.permission)]
    asked = st.query_params.get("part")
    name = st.segmented_control(
        _("Part"),
        mine,
        format_func=lambda each: _(PARTS[each].title),
        default=asked if asked in mine else mine[0],
        required=True,
        label_visibility="collapsed",
        key="strategies-part",
    )
    st.query_params["part"] = name
    return PARTS[name]


who = access.require(Permission.SEE_STRATEGIES)
frame.page_header(_("Strategies"), who)
frame.show_refused()
if said := st.session_state.pop("strategy-said", None):
    st.success(said)
with db.reading() as session:
    portfolios = {each.id: each for each in visible_portfolios(session, who)}
if not portfolios:
    frame.empty_state(_("There are no portfolios yet."))
    st.stop()
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = left.selectbox(
    _("Portfolio"), list(portfolios), format_func=lambda each: portfolios[each].name, key="strategies-of"
)
with right:
    part = chosen_part(who)
try:
    with db.reading() as session:
        found = versions(session, who, chosen)
    part.show(who, portfolios[chosen], found)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
