"""A person's own figures, and as much of their team's as its policy shows."""

from datetime import datetime

import streamlit as st

from workbench import db
from workbench.queries.goal_paces import goal_paces
from workbench.queries.team_policies import ShownTeam
from workbench.rules.access import Permission, Viewer
from workbench.ui import (
    board_figures,
    board_scope,
    coaching,
    frame,
    performance_goals,
    performance_ranking,
    table_files,
)
from workbench.ui.board_scope import Board
from workbench.ui.i18n import _
from workbench.ui.kpi_tiles import tiles
from workbench.ui.performance_summary import goals_of

OWN = (
    "attempts", "contact_rate", "right_parties", "rpc_rate", "promises", "promised", "ptp_rate", "kept_rate",
    "recovery", "aht", "occupancy", "skips",
)  # fmt: skip
TEAM = ("attempts", "right_parties", "rpc_rate", "promises", "promised", "ptp_rate", "kept_rate", "recovery")


def figures(who: Viewer, board: Board, at: datetime) -> None:
    """One's own tiles, each with the period before, its goal and its rows."""
    now, before = (
        board_figures.figures(who, OWN, each, today=board.today, at=at) for each in (board.scope, board.before)
    )
    tiles(now, before, OWN, who=who, scope=board.scope, along=goals_of(who, board, now))


def goals(who: Viewer, at: datetime) -> None:
    """One's own goals, and those of the team where they are shown."""
    with db.reading() as session:
        paces = [each for each in goal_paces(session, who, at=at) if each.goal.user_id in (None, who.user_id)]
    if not paces:
        frame.empty_state(_("You have no goals"), _("Your supervisor sets them."))
        return
    performance_goals.table(paces, key="own-goals")
    rows = [performance_goals.plain(each) for each in paces]
    table_files.beside("own-goals", rows, permission=Permission.SEE_OWN_FIGURES)


def team(who: Viewer, board: Board, teams: list[ShownTeam], at: datetime) -> None:
    """The totals of one's teams: figures without rows, because these are other people's."""
    for each in teams:
        st.markdown(f"**{each.name}**")
        theirs = board_scope.of_team(board, each.team_id, each.portfolio_ids)
        if not theirs.scope.portfolio_ids:
            st.caption(_("This team does not work the chosen portfolios."))
            continue
        now, before = (
            board_figures.figures(who, TEAM, scope, today=board.today, at=at) for scope in (theirs.scope, theirs.before)
        )
        along = goals_of(who, theirs, now)
        tiles(now, before, TEAM, who=who, scope=theirs.scope, along=along, key=f"-team-{each.team_id}", rows=False)


def ranking(who: Viewer, board: Board, teams: list[ShownTeam], at: datetime) -> None:
    """The ranking of a team that shows it."""
    names = {each.team_id: each for each in teams}
    chosen = next(iter(names))
    if len(names) > 1:
        chosen = st.selectbox(_("Team"), list(names), format_func=lambda each: names[each].name, key="ranking-team")
    theirs = board_scope.of_team(board, chosen, names[chosen].portfolio_ids)
    if not theirs.scope.portfolio_ids:
        st.caption(_("This team does not work the chosen portfolios."))
        return
    performance_ranking.ranking(who, theirs.scope, theirs.before, today=board.today, at=at)


def comments(who: Viewer) -> None:
    """What was said about one's contacts."""
    coaching.own(who)
