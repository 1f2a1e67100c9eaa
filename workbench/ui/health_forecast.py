"""What open promises and agreements let one expect week by week, with the error that earlier forecasts had."""

from decimal import Decimal

import altair as alt
import pandas as pd
import streamlit as st

from models import ForecastSource
from workbench import db
from workbench.queries.receipt_forecasts import ENOUGH, JUDGED, Forecast, Week, forecast
from workbench.rules.access import Viewer
from workbench.rules.receipt_forecasts import Miss
from workbench.rules.words import N_
from workbench.ui import kpi_charts
from workbench.ui.health_scope import Health, formula, table
from workbench.ui.i18n import _, day, number, percent, whole_money

SOURCES = {ForecastSource.PROMISE: N_("Promises"), ForecastSource.AGREEMENT: N_("Agreements")}
SHADES = ("#0072B2", "#56B4E9")


def show(who: Viewer, health: Health) -> None:
    """Weeks to come with their range, then how earlier forecasts went."""
    with db.reading() as session:
        found = forecast(session, who, health.book_id, health.on)
    if found is None:
        st.info(_("No night has made a forecast yet."))
        return
    st.caption(
        _(
            "Made on the morning of {date}. Weeks begin on Monday; the first one counts from that morning.",
            date=day(found.made_on),
        )
    )
    formula(
        _(
            "Expected: what falls due in the week of open promises and active agreements × the share of such money that came in over the last 180 days."
        ),
        _(
            "Came in: payments received in the week, from the morning of its forecast, by the debtors of whom something was expected in it; reversed ones drop out."
        ),
        _(
            "Error: the differences of past weeks, each counted as positive, ÷ what was expected in them. The range is the forecast less and more that share; it needs {n} weeks.",
            n=ENOUGH,
        ),
    )
    kpi_charts.draw(_chart(found.weeks, health.portfolio.currency), says=_("Money expected by week, with its range"))
    lines = [_line(week, miss, health.portfolio.currency) for week, miss in zip(found.weeks, found.misses, strict=True)]
    table(who, "receipt-forecast", lines, health=health)
    _past(who, health, found)


def _chart(weeks: tuple[Week, ...], currency: str) -> alt.Chart:
    names = [_(SOURCES[source]) for source in ForecastSource]
    bars = pd.DataFrame(
        [
            {"week": day(week.monday), "source": _(SOURCES[source]), "value": float(amount),
             "told": whole_money(amount, currency)}
            for week in weeks
            for source in ForecastSource
            for amount in (week.expected.get(source, Decimal(0)),)
        ]
    )  # fmt: skip
    ranges = pd.DataFrame(
        [{"week": day(w.monday), "low": float(w.range[0]), "high": float(w.range[1])} for w in weeks if w.range],
        columns=["week", "low", "high"],
    )
    x = alt.X("week:N", sort=[day(week.monday) for week in weeks], title=None, axis=alt.Axis(labelAngle=0))
    stacked = (
        alt.Chart(bars)
        .mark_bar(size=38)
        .encode(
            x=x,
            y=alt.Y("value:Q", title=_("Expected"), axis=alt.Axis(tickCount=5, format="~s")),
            color=alt.Color("source:N", title=None, scale=alt.Scale(domain=names, range=list(SHADES)), legend=alt.Legend(orient="top")),
            tooltip=[alt.Tooltip("week:N", title=_("Week of")), alt.Tooltip("source:N", title=_("From")),
                     alt.Tooltip("told:N", title=_("Expected"))],
        )
    )  # fmt: skip
    errors = alt.Chart(ranges).mark_errorbar(ticks={"width": 24}, color="#D55E00", thickness=2).encode(
        x=x, y=alt.Y("low:Q", title=_("Expected")), y2="high:Q"
    )  # fmt: skip
    chart: alt.Chart = (stacked + errors).properties(height=300)
    return chart


def _line(week: Week, miss: Miss, currency: str) -> dict[str, str]:
    low, high = week.range or (None, None)
    return {
        _("Week of"): day(week.monday),
        _("Due"): whole_money(sum(week.due.values(), Decimal(0)), currency),
        **{
            _(SOURCES[source]): whole_money(week.expected.get(source, Decimal(0)), currency)
            for source in ForecastSource
        },
        _("Expected"): whole_money(week.total, currency),
        _("Range"): "—"
        if low is None or high is None
        else _("{first} to {last}", first=whole_money(low, currency), last=whole_money(high, currency)),
        _("Past error"): "—" if miss.share is None else percent(miss.share, decimals=1),
        _("Weeks judged"): number(miss.forecasts),
    }


def _past(who: Viewer, health: Health, found: Forecast) -> None:
    """What the forecasts of the last weeks expected, and what came."""
    st.markdown(f"**{_('How the forecasts of each Monday went')}**")
    if not found.past:
        st.caption(_("No forecast of a week that is over yet; the last {n} weeks are judged.", n=JUDGED))
        return
    currency, expected, came = health.portfolio.currency, _("Expected"), _("Came in")
    points = [
        kpi_charts.Point(day(each.monday), float(amount), whole_money(amount, currency), series)
        for each in found.past
        for series, amount in ((expected, each.expected), (came, each.came))
    ]
    kpi_charts.draw(kpi_charts.trend(points, _("Money of the week")), says=_("Expected and received, week by week"))
    miss = found.misses[0]
    if miss.share is not None and miss.bias is not None:
        more = _("more came than was expected") if miss.bias > 0 else _("less came than was expected")
        st.caption(
            _(
                "Off by {share} on average; {more}: {bias}.",
                share=percent(miss.share, decimals=1),
                more=more,
                bias=percent(abs(miss.bias), decimals=1),
            )
        )
    lines = [
        {
            _("Week of"): day(each.monday),
            _("Forecast of"): day(each.made_on),
            expected: whole_money(each.expected, currency),
            came: whole_money(each.came, currency),
            _("Difference"): whole_money(each.came - each.expected, currency),
        }
        for each in found.past
    ]
    table(who, "past-forecasts", lines, health=health)
