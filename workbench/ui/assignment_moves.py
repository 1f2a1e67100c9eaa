"""Portfolios that go from one team to another, with what the old team's people own in them; for managers."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from models import DealKind, DealWay, Portfolio
from workbench import db
from workbench.queries.assignment import TeamLine, teams
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import WAY_LABELS, Asked
from workbench.rules.words import N_
from workbench.ui import assignment_deal, frame
from workbench.ui.i18n import _

CASES = {"dealt": N_("Dealt to the new team's people"), "nobody": N_("To everybody's queue")}


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """Which portfolios, from whom, to whom, and what becomes of the cases that somebody owns."""
    with db.reading() as session:
        found = {each.team_id: each for each in teams(session, who)}
    mine = {each: team for each, team in found.items() if team.portfolio_ids & set(portfolios)}
    if not mine or len(found) < 2:
        frame.empty_state(_("There is no other team."), _("An administrator makes teams and puts people into them."))
        return
    with st.container(border=True, key="move-fields"):
        asked = _fields(found, mine, portfolios)
        assignment_deal.look(_("Preview"), asked, key="move")
    st.caption(
        _("The old team no longer sees the portfolio, nor its debtors; undoing it in the history gives it back.")
    )
    assignment_deal.offer(asked, key="move")


def _fields(found: Mapping[int, TeamLine], mine: Mapping[int, TeamLine], portfolios: Mapping[int, Portfolio]) -> Asked:
    first, second, third = st.columns([1, 1.6, 1])
    old = first.selectbox(_("From team"), list(mine), format_func=lambda each: mine[each].name, key="move-from")
    theirs = [each for each in portfolios if each in mine[old].portfolio_ids]
    moved = second.multiselect(
        _("Portfolios"),
        theirs,
        theirs[:1],
        lambda each: portfolios[each].name,
        key=f"move-portfolios-{old}",
        placeholder=_("choose some"),
    )
    others = [each for each in found if each != old]
    new = third.selectbox(_("To team"), others, format_func=lambda each: found[each].name, key=f"move-to-{old}")
    return Asked(kind=DealKind.PORTFOLIO, portfolio_ids=tuple(moved), from_team=old, to_team=new, **_how())


def _how() -> dict[str, Any]:
    cases = st.segmented_control(
        _("Cases that somebody owns"),
        list(CASES),
        format_func=lambda each: _(CASES[each]),
        default="nobody",
        required=True,
        key="move-cases",
    )
    if cases == "nobody":
        return {"way": DealWay.NOBODY}
    ways = [each for each in WAY_LABELS if each is not DealWay.NOBODY]
    way = st.segmented_control(
        _("How"),
        ways,
        format_func=lambda each: _(WAY_LABELS[each]),
        default=DealWay.EXPECTED,
        required=True,
        key="move-way",
    )
    return {"way": way}
