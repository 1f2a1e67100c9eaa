"""The teams of a supervisor: what their agents see of the figures, and when the floor turns amber and red."""

from datetime import datetime
from typing import Any

import streamlit as st

from models import AgentsSee
from workbench import db
from workbench.actions.teams import set_team_policy
from workbench.queries.team_policies import TeamPolicy, team_policies
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import deeds, frame
from workbench.ui.i18n import _

SEES = {
    AgentsSee.OWN: N_("Their own figures"),
    AgentsSee.TEAM: N_("Their own and the team's totals"),
    AgentsSee.RANKING: N_("Their own, the team's totals and the ranking"),
}


def show(who: Viewer) -> None:
    """One form a team."""
    with db.reading() as session:
        teams = team_policies(session, who)
    if not teams:
        frame.empty_state(_("You belong to no team."))
    for team in teams:
        _form(team)


def _form(team: TeamPolicy) -> None:
    prefix = f"team-{team.team_id}"
    with st.form(prefix, border=True):
        st.markdown(f"**{team.name}**")
        sees, amber, red = st.columns([2, 1, 1], vertical_alignment="bottom")
        sees.selectbox(
            _("Agents see"),
            list(SEES),
            list(SEES).index(team.agents_see),
            lambda each: _(SEES[each]),
            key=f"{prefix}-sees",
        )
        amber.number_input(_("Amber on the floor after (minutes)"), 1, 240, team.amber_minutes, key=f"{prefix}-amber")
        red.number_input(_("Red after (minutes)"), 1, 240, team.red_minutes, key=f"{prefix}-red")
        st.form_submit_button(_("Save"), type="primary", key=f"{prefix}-save", on_click=_save, args=(team,))


def _save(team: TeamPolicy) -> None:
    given: dict[str, Any] = {
        name: st.session_state.get(f"team-{team.team_id}-{name}") for name in ("sees", "amber", "red")
    }

    def deed(session: Any, who: Viewer, at: datetime) -> None:
        minutes = {f"{colour}_minutes": int(given[colour] or 0) for colour in ("amber", "red")}
        set_team_policy(session, who, team.team_id, agents_see=AgentsSee(given["sees"]), **minutes, at=at)

    if deeds.do(Permission.SET_TARGETS, deed):
        frame.say_done(_("{name}: saved.", name=team.name))
