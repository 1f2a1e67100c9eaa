"""Team performance: what people, teams and portfolios did in a period, beside the period before, each figure with its rows."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from models import Board as Digested
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import (
    access,
    board_scope,
    digest_button,
    frame,
    i18n,
    page_parts,
    performance_compare,
    performance_goals,
    performance_ranking,
    performance_summary,
    performance_trends,
)
from workbench.ui.board_scope import Board
from workbench.ui.i18n import _

Shown = Callable[[Viewer, Board, datetime], None]
PARTS: dict[str, tuple[str, Shown]] = {
    "summary": (N_("Summary"), performance_summary.show),
    "compare": (N_("Side by side"), performance_compare.show),
    "trends": (N_("Trends"), performance_trends.show),
    "ranking": (N_("Ranking"), performance_ranking.show),
    "goals": (N_("Goals"), performance_goals.show),
}

who = access.require(Permission.SEE_BOARDS)
frame.page_header(_("Team performance"), who)
now = access.now()
board = board_scope.chosen(who, now)
part = page_parts.chosen_part({name: title for name, (title, _show) in PARTS.items()}, key="performance-part")
if part != "goals":  # each goal has a period of its own
    st.caption(board_scope.period_line(board))
digest_button.offer(Digested.PERFORMANCE, board.scope.portfolio_ids, team_id=board.scope.team_id)
try:
    PARTS[part][1](who, board, now)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
