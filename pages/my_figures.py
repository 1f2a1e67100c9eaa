"""My figures: one's own, with goals and comments; the team's totals and ranking as its policy shows them to its agents."""

import streamlit as st

from workbench import db
from workbench.queries.team_policies import shown_teams
from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, board_scope, frame, i18n, own_figures, page_parts
from workbench.ui.i18n import _

TITLES = {
    "figures": N_("Figures"),
    "goals": N_("Goals"),
    "comments": N_("Comments"),
    "team": N_("The team's totals"),
    "ranking": N_("Ranking"),
}
DATED = ("figures", "team", "ranking")

who = access.require(Permission.SEE_OWN_FIGURES)
frame.page_header(_("My figures"), who)
frame.show_refused()
now = access.now()
with db.reading() as session:
    teams = shown_teams(session, who)
ranked = [each for each in teams if each.ranks]
hidden = {name for name, shown in (("team", teams), ("ranking", ranked)) if not shown}
part = page_parts.chosen_part({name: each for name, each in TITLES.items() if name not in hidden}, key="own-part")
try:
    if part in DATED:
        board = board_scope.own(who, now)
        st.caption(board_scope.period_line(board))
    if part == "figures":
        own_figures.figures(who, board, now)
    elif part == "goals":
        own_figures.goals(who, now)
    elif part == "comments":
        own_figures.comments(who)
    elif part == "team":
        own_figures.team(who, board, teams, now)
    else:
        own_figures.ranking(who, board, ranked, now)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
