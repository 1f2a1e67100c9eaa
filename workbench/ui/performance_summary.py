"""What a team did in a period: the figures with those before, the funnel from cases to money, when the right party answers."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from workbench import db
from workbench.queries.kpis import By, Figure
from workbench.queries.targets import targets_for
from workbench.rules.access import Viewer
from workbench.rules.goals import Pace, accrues, pace
from workbench.rules.kpis import kpi
from workbench.rules.words import N_
from workbench.ui import board_figures, board_scope, kpi_charts, kpi_rows
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _, number, percent
from workbench.ui.i18n import weekday as short
from workbench.ui.kpi_charts import HeatCell, Step
from workbench.ui.kpi_rows import Within
from workbench.ui.kpi_tiles import tiles
from workbench.ui.kpi_words import amount_words, unit_words

SHOWN = (
    "penetration", "intensity", "attempts", "contact_rate", "right_parties", "rpc_rate", "promises", "promised",
    "ptp_rate", "kept_rate", "kept_amount_rate", "recovery", "recovery_rate", "promise_to_cash", "cost_to_collect", "aht",
    "occupancy", "handled", "blocked_attempts", "skips",
)  # fmt: skip
# each step with the figure that says what share it is, and of what
STEPS = {
    "attempts": ("penetration", N_("{share} of the cases reached")),
    "contacts": ("contact_rate", N_("{share} of the attempts")),
    "right_parties": ("rpc_per_contact", N_("{share} of the contacts")),
    "promises": ("ptp_rate", N_("{share} of the right-party contacts")),
    "promises_kept": ("kept_rate", N_("{share} of those that fell due")),
}
MONDAY = date(2024, 1, 1)
FEW = 5  # attempts of an hour, below which its share says little


def show(who: Viewer, board: Board, at: datetime) -> None:
    """Tiles, then the funnel beside the map of the week."""
    names = tuple(dict.fromkeys((*SHOWN, *STEPS, *(rate for rate, _words in STEPS.values()))))
    now = board_figures.figures(who, names, board.scope, today=board.today, at=at)
    before = board_figures.figures(who, SHOWN, board.before, today=board.today, at=at)
    tiles(now, before, SHOWN, who=who, scope=board.scope, along=goals_of(who, board, now))
    left, right = st.columns(2, gap="large")
    with left:
        funnel(now, board.currency)
        behind(who, board, {label(name): (name, None) for name in ("penetration", *STEPS, "recovery")}, key="funnel")
    with right:
        heat(who, board, at)
    rows = [_line(now[name], before[name], board.currency) for name in SHOWN]
    st.caption(_("All figures of this page as a table:"))
    board_scope.files(who, board, "team-performance", rows, at=at)


def goals_of(who: Viewer, board: Board, now: Mapping[str, Figure]) -> dict[str, Pace]:
    """The goals of exactly this person, team or portfolio in this kind of period."""
    with db.reading() as session:
        goals = targets_for(session, who, on=board.scope.to_on)
    scope, found = board.scope, {}
    for goal in goals:
        whose = (goal.user_id, goal.team_id) == (scope.user_id, scope.team_id)
        covered = set(goal.portfolio_ids) == set(scope.portfolio_ids)
        if whose and covered and goal.period is board.period and goal.kpi in now and now[goal.kpi].value is not None:
            value = float(now[goal.kpi].value or 0)
            found[goal.kpi] = pace(value, goal.amount, board.passed, accrues=accrues(kpi(goal.kpi)))
    return found


def _line(now: Figure, before: Figure, currency: str) -> dict[str, Any]:
    of = now.kpi
    return {
        _("Figure"): _(of.label),
        _("Value"): _plain(now.value),
        _("Before"): _plain(before.value),
        _("Numerator"): _plain(now.numerator),
        _("Denominator"): _plain(now.denominator),
        _("Unit"): unit_words(of, currency),
        _("Rows"): now.sample,
        _("Formula"): _(of.formula),
    }


def _plain(value: float | Decimal | None) -> float | Decimal | None:
    return round(value, 6) if isinstance(value, float) else value


def behind(who: Viewer, board: Board, named: Mapping[str, tuple[str, Within | None]], *, key: str) -> None:
    """The rows of one piece of a chart, chosen by its name."""
    choice, button = st.columns([2, 1], vertical_alignment="bottom")
    chosen = choice.selectbox(_("Rows of"), list(named), label_visibility="collapsed", key=f"{key}-piece")
    name, within = named[chosen]
    with button:
        kpi_rows.button(kpi(name), who=who, scope=board.scope, key=key, within=within)


def funnel(now: Mapping[str, Figure], currency: str) -> None:
    """From the cases of the list to the money, each step with its share of the one above."""
    st.markdown(f"**{_('From cases to money')}**")
    made = steps(now, currency)
    kpi_charts.draw(
        kpi_charts.funnel(made, _("How many")), says=_("Funnel from the cases of the list to the money received")
    )
    lines = [{_("Step"): each.title, _("How many"): each.told, _("Share"): each.share} for each in made]
    kpi_charts.data_table(lines, key="funnel-data")


def steps(now: Mapping[str, Figure], currency: str) -> list[Step]:
    """The funnel's steps with the catalogue's own shares; the money at its end has no bar."""
    made = [Step(_("Cases in the list"), *_counted(now["penetration"].denominator))]
    for name, (rate, words) in STEPS.items():
        value = now[rate].value
        share = _(words, share=percent(float(value), decimals=1)) if value is not None else ""
        made.append(Step(label(name), *_counted(now[name].value), share))
    received = amount_words(now["recovery"].kpi.unit, now["recovery"].value, currency, short=True)
    return [*made, Step(label("recovery"), None, received)]


def _counted(value: float | Decimal | None) -> tuple[float, str]:
    return float(value or 0), number(value or 0)


def heat(who: Viewer, board: Board, at: datetime) -> None:
    """Hour by weekday: how many right-party contacts, and of how many attempts."""
    st.markdown(f"**{_('When the right party answers')}**")
    by_share = st.toggle(_("As a share of the attempts"), key="heat-share")
    name = "rpc_rate" if by_share else "right_parties"
    found = board_figures.breakdown(who, (name,), board.scope, By.HOUR_WEEKDAY, today=board.today, at=at)
    shown = [each for each in found.groups if each.figures[name].value or (by_share and each.figures[name].sample)]
    if not shown:
        st.caption(_("No right-party contact in these days."))
        return
    cells = [_cell(each.key, each.figures[name]) for each in shown]
    hours = sorted({int(each.column.split(":")[0]) for each in cells})
    days = [weekday_name(each) for each in range(1, 8)]
    columns = [f"{each}:00" for each in range(hours[0], hours[-1] + 1)]
    chart = kpi_charts.heat(cells, label(name), rows=days, columns=columns, row_title=_("Day"), column_title=_("Hour"))
    kpi_charts.draw(chart, says=_("Right-party contacts by weekday and hour"))
    st.caption(_("Hours where the portfolio is. From blue (none) to yellow (most)."))
    squares = sorted(zip(cells, shown, strict=True), key=lambda each: each[0].value, reverse=True)
    named = {f"{cell.row} {cell.column} · {cell.told}": (name, (By.HOUR_WEEKDAY, of.key)) for cell, of in squares}
    behind(who, board, named, key="heat")
    lines = [{_("Day"): each.row, _("Hour"): each.column, label(name): each.told} for each in cells]
    kpi_charts.data_table(lines, key="heat-data")


def _cell(key: tuple[int, int], figure: Figure) -> HeatCell:
    weekday, hour = key
    told = amount_words(figure.kpi.unit, figure.value, None)
    if figure.denominator is not None:
        told = f"{told} ({number(figure.numerator or 0)} ÷ {number(figure.denominator)})"
    few = figure.denominator is not None and figure.denominator < FEW
    value = float(figure.value or 0)
    word = number(value) if figure.denominator is None else percent(value)
    return HeatCell(weekday_name(weekday), f"{hour}:00", value, told, word, few)


def weekday_name(number_of: int) -> str:
    """A weekday in short, 1 is Monday."""
    return short(MONDAY + timedelta(days=number_of - 1)).split(" ", maxsplit=1)[0].strip(",.")
