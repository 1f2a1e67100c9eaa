"""The heat map of channel effectiveness: weekday by hour where the debtor lives, a map for each channel."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from models import Channel
from workbench.queries.effectiveness import Group, Sums, summed
from workbench.ui.effectiveness_figures import FIGURES, Figure, channel_name, share
from workbench.ui.i18n import _, number
from workbench.ui.i18n import weekday as short

HEIGHT = 210
MONDAY = date(2024, 1, 1)
ENOUGH = 10  # a cell of fewer messages is drawn gray
ABREAST = 3
# from blue to yellow: told apart by people who do not see red and green, and visible on light and dark
COLOURS, GRAY = ["#4a6fa5", "#7fb5a6", "#f2c14e"], "#8C8F94"


def show(groups: Sequence[Group], measure: str) -> None:
    """The maps of the channels side by side, on one scale of colour."""
    figure = FIGURES[measure]
    cells = _cells(groups, figure)
    if not cells:
        st.caption(_("Nothing to show: no message arrived, or nobody tells of it."))
        return
    hours = list(range(min(cell["hour"] for cell in cells), max(cell["hour"] for cell in cells) + 1))
    most = max((cell["share"] for cell in cells if not cell["few"]), default=0) or 1
    names = list(dict.fromkeys(cell["channel"] for cell in cells))
    for first in range(0, len(names), ABREAST):
        for column, name in zip(st.columns(ABREAST), names[first : first + ABREAST], strict=False):
            mine = pd.DataFrame([cell for cell in cells if cell["channel"] == name])
            column.markdown(f"**{name}**")
            column.altair_chart(_chart(mine, figure, hours, most), width="stretch")
    st.caption(
        _(
            "Hours of the day and weekdays where the debtor lives, when the message left. "
            "From blue (0 %) to yellow ({most} and more); gray: fewer than {n} messages.",
            most=share(most),
            n=ENOUGH,
        )
    )


def weekday_name(number_of: int) -> str:
    """A weekday in short, 1 is Monday."""
    return short(MONDAY + timedelta(days=number_of - 1)).split(" ", maxsplit=1)[0].strip(",")


def _cells(groups: Sequence[Group], figure: Figure) -> list[dict[str, Any]]:
    counted = summed(groups, lambda group: (group.channel, group.sandbox, group.weekday, group.hour))
    return [_cell(key, sums, figure) for key, sums in counted.items() if figure.bottom(sums)]


def _cell(key: tuple[Channel, bool, int, int], sums: Sums, figure: Figure) -> dict[str, Any]:
    channel, sandbox, weekday, hour = key
    top, bottom = figure.top(sums), figure.bottom(sums)
    return {
        "channel": channel_name((channel, sandbox)),
        "weekday": weekday_name(weekday),
        "hour": hour,
        "share": top / bottom,
        "few": bottom < ENOUGH,
        "told": f"{number(top)} ÷ {number(bottom)} = {share(top / bottom)}",
    }


def _chart(cells: pd.DataFrame, figure: Figure, hours: list[int], most: float) -> alt.Chart:
    days = [weekday_name(each) for each in range(1, 8)]
    x = alt.X("hour:O", title=None, scale=alt.Scale(domain=hours), axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("weekday:N", title=None, sort=days, scale=alt.Scale(domain=days))
    scale = alt.Scale(range=COLOURS, domain=[0, most / 2, most], clamp=True)
    colour = alt.Color("share:Q", scale=scale, legend=None)
    told = [
        alt.Tooltip("weekday:N", title=_("Day")),
        alt.Tooltip("hour:O", title=_("Hour")),
        alt.Tooltip("told:N", title=_(figure.title)),
    ]
    chart: alt.Chart = (
        alt.Chart(cells)
        .mark_rect(cornerRadius=2)
        .encode(
            x=x,
            y=y,
            color=alt.condition("datum.few", alt.value(GRAY), colour),
            opacity=alt.condition("datum.few", alt.value(0.25), alt.value(1)),
            tooltip=told,
        )
        .properties(height=HEIGHT)
    )
    return chart
