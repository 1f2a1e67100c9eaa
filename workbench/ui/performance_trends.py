"""How a figure went: day by day against the period before, or over the last periods."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import streamlit as st

from models import Period
from workbench.queries.kpi_parts import PARTS
from workbench.queries.kpi_sources import TIMELESS
from workbench.queries.kpis import Breakdown, By, Scope
from workbench.rules.access import Viewer
from workbench.rules.kpis import KPIS, Family, Unit, kpi
from workbench.rules.periods import period_of
from workbench.rules.words import N_
from workbench.ui import board_figures, kpi_charts
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _, day, weekday
from workbench.ui.kpi_charts import Point
from workbench.ui.kpi_words import amount_words

BACK = {Period.DAY: 14, Period.WEEK: 12, Period.MONTH: 12, Period.QUARTER: 8}  # periods drawn
SLICES = {Period.DAY: By.DAY, Period.WEEK: By.WEEK, Period.MONTH: By.MONTH, Period.QUARTER: By.QUARTER}
WAYS = {"days": N_("Day by day"), "periods": N_("The last periods")}
ABREAST = 2
USUAL = ("attempts", "rpc_rate", "promised", "recovery")


def show(who: Viewer, board: Board, at: datetime) -> None:
    """One chart a figure, with its table."""
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    way = "periods"
    if board.period is not Period.DAY:
        way = left.segmented_control(
            _("Lines"),
            list(WAYS),
            format_func=lambda each: _(WAYS[each]),
            default="days",
            required=True,
            key="trend-way",
        )
    offered = [name for name in KPIS if KPIS[name].family is not Family.BOOK and (way == "periods" or _flows(name))]
    names = right.multiselect(
        _("Figures"), offered, [name for name in USUAL if name in offered], format_func=label, max_selections=6,
        key=f"trend-figures-{way}", placeholder=_("Choose figures"),
    )  # fmt: skip
    if not names:
        return
    lines = _days(who, names, board, at) if way == "days" else _periods(who, names, board, at)
    for first in range(0, len(names), ABREAST):
        for place, name in zip(st.columns(ABREAST, gap="large"), names[first : first + ABREAST], strict=False):
            with place:
                _chart(name, lines[name], way, _drawn_in(name, board.currency))


def _chart(name: str, points: Sequence[Point], way: str, drawn_in: str) -> None:
    st.markdown(f"**{label(name)}**{f' · {drawn_in}' if drawn_in else ''}")
    if not any(each.value is not None for each in points):
        st.caption(_("Nothing was done in these days."))
        return
    chart = kpi_charts.trend(
        points,
        label(name),
        former=_("the period before") if way == "days" else None,
        unit=kpi(name).unit,
        bare=True,
    )
    kpi_charts.draw(chart, says=_("{figure} over time", figure=label(name)))
    rows = [{_("When"): each.place, _("Whose"): each.series, label(name): each.told} for each in points]
    kpi_charts.data_table(rows, key=f"trend-data-{name}")


def _drawn_in(name: str, currency: str) -> str:
    """The unit of the axis; counts and shares say theirs themselves."""
    units = {Unit.MONEY: currency, Unit.DAYS: _("days"), Unit.SECONDS: _("minutes"), Unit.RATIO: _("times")}
    return units.get(kpi(name).unit, "")


def _height(name: str, value: float | Decimal | None) -> float | None:
    """Where a value stands on its axis: times in minutes."""
    if value is None:
        return None
    return float(value) / 60 if kpi(name).unit is Unit.SECONDS else float(value)


def _flows(name: str) -> bool:
    """Whether a figure has days of its own; what stands on a morning would cost a question a day."""
    return not any(part.source in TIMELESS for part in PARTS[name] if part is not None)


def _days(who: Viewer, names: Sequence[str], board: Board, at: datetime) -> dict[str, list[Point]]:
    """The days of the period, and over them those of the whole period before."""
    first, last = period_of(board.period, board.before.from_on)
    former = replace(board.before, from_on=first, to_on=last)
    now, before = (
        board_figures.breakdown(who, names, scope, By.DAY, today=board.today, at=at) for scope in (board.scope, former)
    )
    days = [board.scope.from_on + timedelta(days=n) for n in range((board.last - board.scope.from_on).days + 1)]
    series = ((_("this period"), now, board.scope.from_on), (_("the period before"), before, first))
    return {
        name: [
            _point(found, name, began + timedelta(days=n), each, whose)
            for whose, found, began in series
            for n, each in enumerate(days)
            if began + timedelta(days=n) <= (board.today if found is now else last)
        ]
        for name in names
    }


def _point(found: Breakdown, name: str, on: date, place: date, whose: str) -> Point:
    figure = next((each.figures[name] for each in found.groups if each.key == on), None)
    of, value = kpi(name), figure.value if figure else None
    if value is None and not of.denominator:
        value = 0
    told = f"{amount_words(of.unit, value, figure.currency if figure else None)} · {day(on)}"
    return Point(weekday(place), _height(name, value), told, whose)


def _periods(who: Viewer, names: Sequence[str], board: Board, at: datetime) -> dict[str, list[Point]]:
    """The last days, weeks, months or quarters; the one that still runs is as it stands."""
    first = board.scope.from_on
    for _n in range(BACK[board.period] - 1):
        first = period_of(board.period, first - timedelta(days=1))[0]
    scope: Scope = replace(board.scope, from_on=first)
    found = board_figures.breakdown(who, names, scope, SLICES[board.period], today=board.today, at=at)
    return {
        name: [
            Point(
                day(each.key),
                _height(name, each.figures[name].value),
                amount_words(kpi(name).unit, each.figures[name].value, each.figures[name].currency),
            )
            for each in found.groups
        ]
        for name in names
    }
