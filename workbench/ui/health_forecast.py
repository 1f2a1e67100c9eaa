"""What open promises and agreements let one expect week by week, with the error that earlier forecasts had."""

from decimal import Decimal

import altair as alt
import pandas as pd
import streamlit as st

from models import ForecastSource
from workbench import db
from workbench.queries.receipt_forecasts import ENOUGH, JUDGED, Forecast, Week, forecast
from workbench.rules.access import Viewer
from workbench.rules.kpis import Unit
from workbench.rules.words import N_
from workbench.ui import kpi_charts
from workbench.ui.health_scope import Health, formula, table
from workbench.ui.i18n import _, day, percent, whole_money
from workbench.ui.number_columns import amounts, counts, days, priced, shares

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
    _weeks(who, health, found)
    _past(who, health, found)


def _chart(weeks: tuple[Week, ...], currency: str) -> alt.Chart:
    names, title = [_(SOURCES[source]) for source in ForecastSource], priced(_("Expected"), currency)
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
            y=alt.Y("value:Q", title=title, axis=kpi_charts.money_axis()),
            color=alt.Color("source:N", title=None, scale=alt.Scale(domain=names, range=list(SHADES)), legend=alt.Legend(orient="top")),
            tooltip=[alt.Tooltip("week:N", title=_("Week of")), alt.Tooltip("source:N", title=_("From")),
                     alt.Tooltip("told:N", title=_("Expected"))],
        )
    )  # fmt: skip
    errors = alt.Chart(ranges).mark_errorbar(ticks={"width": 24}, color="#D55E00", thickness=2).encode(
        x=x, y=alt.Y("low:Q", title=title), y2="high:Q"
    )  # fmt: skip
    chart: alt.Chart = (stacked + errors).properties(height=300)
    return chart


def _weeks(who: Viewer, health: Health, found: Forecast) -> None:
    currency = health.portfolio.currency
    sources = (_(each) for each in SOURCES.values())
    heads = [priced(each, currency) for each in (_("Due"), *sources, _("Expected"), _("At least"), _("At most"))]
    lines = [
        {_("Week of"): week.monday}
        | dict(zip(heads, _amounts(week), strict=True))
        | {_("Past error"): miss.share, _("Weeks judged"): miss.forecasts}
        for week, miss in zip(found.weeks, found.misses, strict=True)
    ]
    written = amounts(currency, *heads, cents=False) | shares(_("Past error"))
    written |= counts(_("Weeks judged")) | days(_("Week of"))
    table(who, "receipt-forecast", lines, written, health=health)


def _amounts(week: Week) -> tuple[Decimal | None, ...]:
    by_source = (week.expected.get(source, Decimal(0)) for source in SOURCES)
    return sum(week.due.values(), Decimal(0)), *by_source, week.total, *(week.range or (None, None))


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
    kpi_charts.draw(
        kpi_charts.trend(points, priced(_("Money of the week"), currency), unit=Unit.MONEY),
        says=_("Expected and received, week by week"),
    )
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
    heads = [priced(head, currency) for head in (expected, came, _("Difference"))]
    lines = [
        {_("Week of"): each.monday, _("Forecast of"): each.made_on}
        | dict(zip(heads, (each.expected, each.came, each.came - each.expected), strict=True))
        for each in found.past
    ]
    written = amounts(currency, *heads, cents=False) | days(_("Week of"), _("Forecast of"))
    table(who, "past-forecasts", lines, written, health=health)
