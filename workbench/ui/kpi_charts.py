"""The charts of the boards: lines over time, a week hour by hour, a funnel; each with the table it is drawn from.

Labels and tooltips are words made here: the browser's own would be English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from workbench.rules.kpis import Unit
from workbench.ui import number_columns, table_files
from workbench.ui.i18n import _
from workbench.ui.number_columns import Written

# Okabe and Ito's palette, told apart by people who do not see red and green; first what stands out on light and dark
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#8C6D1F")
FORMER = "#999999"
SEQUENCE = ("#4a6fa5", "#7fb5a6", "#f2c14e")  # little, more, most
HEIGHT = 240


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place of the axis: `told` is the value in words, `series` whose line it is on."""

    place: str
    value: float | None
    told: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A square: `told` is its value in words, `word` what stands on it; one that few stand behind is drawn gray."""

    row: str
    column: str
    value: float
    told: str
    word: str
    few: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: `value` none has no bar, only words."""

    title: str
    value: float | None
    told: str
    share: str = ""


def trend(
    points: Sequence[Point],
    title: str,
    *,
    former: str | None = None,
    unit: Unit = Unit.COUNT,
    bare: bool = False,
    height: int = HEIGHT,
) -> alt.Chart:
    """Lines over time, one a series; the series named `former` is the time before: dashed and gray.

    `unit` says how the axis is written, `bare` leaves the title to a heading above.
    """
    frame = pd.DataFrame(
        [{"place": each.place, "value": each.value, "told": each.told, "series": each.series} for each in points]
    )
    places, names = list(dict.fromkeys(frame["place"])), list(dict.fromkeys(frame["series"]))
    colours = _colours(names, former)
    x = alt.X("place:N", sort=places, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="parity", labelFlush=False))
    hue = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(orient="top", columns=4, labelLimit=220, symbolType="stroke", symbolStrokeWidth=3)
        if len(names) > 1
        else None,
    )
    base = alt.Chart(frame).encode(
        x=x, y=_scale(None if bare else title, unit), color=hue, tooltip=_tips(title, several=len(names) > 1)
    )
    dashes = alt.StrokeDash(
        "series:N",
        legend=None,
        scale=alt.Scale(domain=names, range=[[5, 4] if name == former else [1, 0] for name in names]),
    )
    line = base.mark_line(strokeWidth=2.5).encode(strokeDash=dashes)
    chart: alt.Chart = (line + base.mark_point(filled=True, size=45, opacity=1)).properties(height=height)
    return chart


def bars(points: Sequence[Point], title: str, *, height: int | None = None) -> alt.Chart:
    """One bar a place, the largest first as they are given, with its value in words at its end."""
    frame = pd.DataFrame([{"place": each.place, "value": each.value, "told": each.told} for each in points])
    y = alt.Y("place:N", sort=list(frame["place"]), title=None, axis=alt.Axis(labelLimit=220))
    base = alt.Chart(frame).encode(y=y, x=alt.X("value:Q", title=None, axis=None), tooltip=_tips(title, several=False))
    words = base.mark_text(align="left", dx=5, color=_ink()).encode(text="told:N")
    chart: alt.Chart = (base.mark_bar(color=COLOURS[0], cornerRadiusEnd=3) + words).properties(
        height=height or 28 * len(frame) + 12
    )
    return chart


def heat(
    cells: Sequence[HeatCell],
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    row_title: str,
    column_title: str,
    height: int = HEIGHT,
) -> alt.Chart:
    """Squares from little (blue) to most (yellow); gray where few stand behind the value."""
    most = max((each.value for each in cells if not each.few), default=0) or 1
    frame = pd.DataFrame(
        [
            {"row": e.row, "column": e.column, "value": e.value, "told": e.told, "word": e.word, "few": e.few,
             "ink": _ink() if e.few else "#FFFFFF" if e.value < most / 4 else "#17211f"}
            for e in cells
        ]
    )  # fmt: skip
    colour = alt.Color("value:Q", legend=None, scale=alt.Scale(range=SEQUENCE, domain=[0, most / 2, most], clamp=True))
    base = alt.Chart(frame).encode(
            x=alt.X(
                "column:N", title=None, sort=list(columns), scale=alt.Scale(domain=list(columns)),
                axis=alt.Axis(labelAngle=0, labelOverlap=True, labelFlush=False),
            ),
            y=alt.Y("row:N", title=None, sort=list(rows), scale=alt.Scale(domain=list(rows)), axis=alt.Axis(labelLimit=160, labelFlush=False)),
            tooltip=[alt.Tooltip("row:N", title=row_title), alt.Tooltip("column:N", title=column_title),
                     alt.Tooltip("told:N", title=title)],
    )  # fmt: skip
    squares = base.mark_rect(cornerRadius=2).encode(
        color=alt.condition("datum.few", alt.value("#8C8F94"), colour),
        opacity=alt.condition("datum.few", alt.value(0.3), alt.value(1)),
    )
    words = [  # a layer an ink: a colour of words beside that of the squares would share its scale
        base.transform_filter(alt.datum.ink == ink).mark_text(fontSize=11, color=ink).encode(text="word:N")
        for ink in dict.fromkeys(frame["ink"])
    ]
    chart: alt.Chart = sum(words, squares).properties(height=height)
    return chart


def funnel(steps: Sequence[Step], title: str) -> alt.Chart:
    """Bars below each other, each with its value and what share that is, in words; a step without a bar has only words."""
    frame = pd.DataFrame(
        [
            {
                "step": each.title,
                "value": each.value or 0,
                "told": each.told,
                "share": each.share or "—",
                "label": f"{each.told}  ·  {each.share}" if each.share else each.told,
            }
            for each in steps
        ]
    )
    most = max(frame["value"]) or 1
    y = alt.Y("step:N", sort=list(frame["step"]), title=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False))
    # room at the right for the words of the longest bar
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, most * 1.75]))
    tips = [
        alt.Tooltip("step:N", title=_("Step")),
        alt.Tooltip("told:N", title=title),
        alt.Tooltip("share:N", title=_("Share")),
    ]
    base = alt.Chart(frame).encode(y=y, x=x, tooltip=tips)
    words = base.mark_text(align="left", dx=6, color=_ink()).encode(text="label:N")
    chart: alt.Chart = (base.mark_bar(color=COLOURS[0], cornerRadiusEnd=3) + words).properties(height=34 * len(frame))
    return chart


def draw(chart: alt.Chart, *, says: str) -> None:
    """Puts a chart on the page, as wide as its place; `says` is what it shows, for whoever does not see it."""
    st.altair_chart(chart.configure_view(strokeWidth=0), width="stretch", alt=says)


def data_table(rows: Sequence[Mapping[str, Any]], *, key: str, written: Written | None = None) -> None:
    """The table a chart is drawn from, folded away; whoever cannot see the chart reads this."""
    with st.expander(_("The data of this chart")):
        number_columns.draw(rows, written or {}, key=key)
        table_files.beside(key, list(rows))


def money_axis() -> alt.Axis:
    """An axis of amounts, large ones in thousands and millions: the chart's own prefixes say G for a thousand millions."""
    return alt.Axis(tickCount=5, grid=True, labelFlush=False, labelExpr=_SHORT)


_SHORT = """abs(datum.value) >= 1e6 ? format(datum.value / 1e6, ',~r') + ' M'
    : abs(datum.value) >= 1e3 ? format(datum.value / 1e3, ',~r') + ' k' : format(datum.value, ',~r')"""


def _colours(names: Sequence[str], former: str | None) -> list[str]:
    own = [name for name in names if name != former]
    return [FORMER if name == former else COLOURS[own.index(name) % len(COLOURS)] for name in names]


def _scale(title: str | None, unit: Unit) -> alt.Y:
    axis = alt.Axis(tickCount=5, grid=True, labelFlush=False, format=".0%" if unit is Unit.SHARE else alt.Undefined)
    scale = alt.Scale(zero=True, nice=True)
    return alt.Y("value:Q", title=title, scale=scale, axis=money_axis() if unit is Unit.MONEY else axis)


def _tips(title: str, *, several: bool) -> list[alt.Tooltip]:
    whose = [alt.Tooltip("series:N", title=_("Whose"))] if several else []
    return [*whose, alt.Tooltip("place:N", title=_("When")), alt.Tooltip("told:N", title=title)]


def _ink() -> str:
    """The colour of words inside a chart, on a light page or a dark one."""
    return "#e4ecea" if st.context.theme.type == "dark" else "#17211f"
