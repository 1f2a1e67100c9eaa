"""Everybody's goals and how far they have come, the ones behind first."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from workbench import db
from workbench.queries.goal_paces import GoalPace, goal_paces
from workbench.rules.access import Viewer
from workbench.rules.goals import on_course
from workbench.rules.kpis import kpi
from workbench.ui import frame
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _, percent
from workbench.ui.kpi_words import NOTHING, PERIODS, amount_words
from workbench.ui.table_files import downloads


def show(who: Viewer, board: Board, at: datetime) -> None:
    """The table of the goals that hold today, whatever period is chosen above."""
    with db.reading() as session:
        paces = goal_paces(session, who, at=at)
    if not paces:
        frame.empty_state(_("No goal is set"), _("Goals are set in Team settings."))
        return
    st.caption(
        _(
            "The running day, week, month or quarter of each goal. Pace = the value so far ÷ the share of the working days "
            "that has passed; shares and times stand for themselves."
        )
    )
    behind_first = sorted(paces, key=lambda each: each.along is not None and on_course(kpi(each.goal.kpi), each.along))
    rows = [line(each) for each in behind_first]
    right = (_("Goal"), _("So far"), _("Ought to be"), _("Heads for"), _("Reached"))
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) < 14 else 520,
        column_config={name: st.column_config.TextColumn(alignment="right") for name in right},
        key="goal-paces",
    )
    downloads(who, "goals", rows, portfolio_ids=board.scope.portfolio_ids, asked={"on": board.today}, at=at)


def line(found: GoalPace) -> dict[str, Any]:
    """A goal with its pace, in words."""
    goal, along, of = found.goal, found.along, kpi(found.goal.kpi)
    currency = goal.currency if of.in_money else None

    def told(value: Any) -> str:
        return amount_words(of.unit, value, currency, short=True)

    return {
        _("For"): goal.name,
        _("Figure"): label(goal.kpi),
        _("In each"): _(PERIODS[goal.period]),
        _("Goal"): told(goal.amount),
        _("So far"): told(along.value) if along else NOTHING,
        _("Ought to be"): told(along.due) if along else NOTHING,
        _("Heads for"): told(along.leads_to) if along else NOTHING,
        _("Reached"): percent(along.share) if along else NOTHING,
        _("Pace"): course(found),
    }


def course(found: GoalPace) -> str:
    """Whether the goal will be reached, in a sign and a word."""
    if found.along is None:
        return f"· {_('nothing yet')}"
    return f"✓ {_('on course')}" if on_course(kpi(found.goal.kpi), found.along) else f"! {_('behind')}"
