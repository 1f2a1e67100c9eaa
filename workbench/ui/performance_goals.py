"""Everybody's goals and how far they have come, the ones behind first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from workbench import db
from workbench.queries.goal_paces import GoalPace, goal_paces
from workbench.rules.access import Viewer
from workbench.rules.goals import on_course
from workbench.rules.kpis import kpi
from workbench.ui import frame, number_columns
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _, percent
from workbench.ui.kpi_words import NOTHING, PERIODS, amount_words, unit_words
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
    table(behind_first, key="goal-paces")
    rows = [plain(each) for each in behind_first]
    downloads(who, "goals", rows, portfolio_ids=board.scope.portfolio_ids, asked={"on": board.today}, at=at)


def table(paces: Sequence[GoalPace], *, key: str) -> None:
    """Goals with their pace, one a line; in words, because each has a unit of its own."""
    right = (_("Goal"), _("So far"), _("Ought to be"), _("Heads for"), _("Reached"))
    columns = {name: st.column_config.TextColumn(alignment="right") for name in right}
    number_columns.draw([line(each) for each in paces], {}, key=key, config=columns)


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


def plain(found: GoalPace) -> dict[str, Any]:
    """The same as a spreadsheet has it: values, and their unit."""
    goal, along = found.goal, found.along
    values = (along.value, along.due, along.leads_to, along.share) if along else (None,) * 4
    heads = (_("So far"), _("Ought to be"), _("Heads for"), _("Reached"))
    return (
        {head: line(found)[head] for head in (_("For"), _("Figure"), _("In each"))}
        | {_("Unit"): unit_words(kpi(goal.kpi), goal.currency), _("Goal"): goal.amount}
        | {head: None if value is None else round(value, 6) for head, value in zip(heads, values, strict=True)}
        | {_("Pace"): course(found)}
    )


def course(found: GoalPace) -> str:
    """Whether the goal will be reached, in a sign and a word."""
    if found.along is None:
        return f"· {_('nothing yet')}"
    return f"✓ {_('on course')}" if on_course(kpi(found.goal.kpi), found.along) else f"! {_('behind')}"
