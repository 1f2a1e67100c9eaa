"""Lawful hours of the next seven days, per channel and place, as the engine answers them: a heat map and its table."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from models import Channel, Portfolio
from workbench import db
from workbench.queries.compliance import Home, homes, place_of_portfolio
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_law import Decision
from workbench.rules.contact_places import Known, Place
from workbench.rules.feasts import feasts
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_reasons import in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.lawful_hours import Cell, Span, cells, day_spans, lawful_minutes
from workbench.ui import access, frame, i18n, table_files
from workbench.ui.compliance_words import cited, hours, sentence
from workbench.ui.i18n import _, city, number, weekday

DAYS = 7
# Okabe and Ito's palette, told apart by people who do not see red and green
LAWFUL, PARTLY, UNLAWFUL = "#009E73", "#E69F00", "#8C8F94"


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Lawful hours” of the page."""
    assert portfolio.id is not None
    with db.reading() as session:
        place = place_of_portfolio(session, who, portfolio.id)
        lived = homes(session, who, portfolio.id)
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    channel = left.segmented_control(
        _("Channel"),
        list(Channel),
        format_func=lambda each: _(CHANNELS[each]),
        default=Channel.CALL,
        required=True,
        key="hours-channel",
    )
    home = _chosen_home(place, lived, middle, right)
    first = access.now().astimezone(ZoneInfo(home.zone)).date()
    judge = partial(_judged, place, home, channel)
    _draw(place, home, judge, first)


def _judged(place: Place, home: Home, channel: Channel, at: datetime) -> Decision:
    return place.judge(Known(home.zone, home.region), at, channel=channel)


def _chosen_home(
    place: Place,
    lived: Sequence[Home],
    middle: "st.delta_generator.DeltaGenerator",
    right: "st.delta_generator.DeltaGenerator",
) -> Home:
    """The zone, and the region where the law knows regions, that the map is drawn for."""
    debtors: dict[str, int] = {}
    for home in lived:
        debtors[home.zone] = debtors.get(home.zone, 0) + home.debtors
    zones = list(debtors) or [place.time_zone]
    zone = middle.selectbox(
        _("Zone"), zones, format_func=lambda each: f"{city(each)} · {number(debtors.get(each, 0))}", key="hours-zone"
    )
    law = jurisdictions().get(place.country)
    if not law or not law.regions:
        return Home(zone, None, debtors.get(zone, 0))
    regions = {region_of(law, home.region): home.debtors for home in reversed(lived) if home.zone == zone}
    known = sorted((code for code in regions if code), key=lambda code: law.regions[code].name)
    region = right.selectbox(
        _("Region"),
        [None, *known],
        format_func=lambda code: law.regions[code].name if code else _("as the portfolio"),
        key=f"hours-region-{zone}",
    )
    return Home(zone, region, debtors.get(zone, 0))


def _draw(place: Place, home: Home, judge: partial[Decision], first: date) -> None:
    found = list(cells(judge, home.zone, first, days=DAYS))
    names = _feast_names(place, home, first)
    minutes = lawful_minutes(judge, home.zone, first, days=DAYS)
    told = _(
        "{hours} lawful hours in the next seven days, in {city}, for somebody not contacted of late",
        hours=hours(minutes),
        city=city(home.zone),
    )
    frame.markup(f'<p class="cw-muted">{told}</p>')
    st.altair_chart(_chart(found, names, home.zone), width="stretch")
    st.markdown(f"**{_('Day by day')}**")
    days = _days(judge, home.zone, first, names)
    st.dataframe(days, hide_index=True, width="stretch", key="hours-days")
    table_files.beside("lawful-hours", days, permission=Permission.SEE_COMPLIANCE, zone=home.zone, week=first)
    with st.expander(_("Every half hour")):
        st.dataframe(_table(found, names, home.zone), hide_index=True, width="stretch", height=420, key="hours-cells")


def _feast_names(place: Place, home: Home, first: date) -> dict[date, str]:
    """The holidays of the seven days by name."""
    law = jurisdictions().get(place.country)
    region = region_of(law, home.region) or region_of(law, place.policy.region)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    years = {each.year: feasts(law, place.country, region, each.year) for each in days}
    return {each: years[each.year][each] for each in days if each in years[each.year]}


def _state(cell: Cell) -> str:
    if cell.lawful == 0:
        return _("not lawful")
    return _("lawful") if cell.lawful == cell.minutes else _("lawful in part")


def _why(decision: Decision, zone: str) -> str:
    reason = in_words(decision.because, decision.rule, language=i18n.language(), zone=zone)
    return reason or sentence(decision.rule)


def _law(decision: Decision) -> str:
    return cited(decision.rule.id, decision.rule.citation) if decision.rule else "—"


def _table(found: Sequence[Cell], names: dict[date, str], zone: str) -> pd.DataFrame:
    """The map's data, a row for each half hour."""
    rows = [
        {
            _("Day"): _day(cell.on, names),
            _("From"): f"{cell.clock // 60:02}:{cell.clock % 60:02}",
            _("State"): _state(cell),
            _("Lawful minutes"): cell.lawful,
            _("Why"): _why(cell.decision, zone),
            _("Law"): _law(cell.decision),
        }
        for cell in found
    ]
    return pd.DataFrame(rows)


def _day(on: date, names: dict[date, str]) -> str:
    return f"{weekday(on)} · {names[on]}" if on in names else weekday(on)


def _days(judge: partial[Decision], zone: str, first: date, names: dict[date, str]) -> pd.DataFrame:
    """A row a day: from when to when, and why not at other times."""
    rows = []
    for on in (first + timedelta(days=later) for later in range(DAYS)):
        spans = day_spans(judge, zone, on)
        lawful = [span for span in spans if span.decision.allowed]
        shut = next((span.decision for span in spans if not span.decision.allowed), None)
        rows.append(
            {
                _("Day"): weekday(on),
                _("Holiday"): names.get(on, ""),
                _("Lawful"): ", ".join(_span(span, zone) for span in lawful) or _("not lawful"),
                _("Hours"): hours(sum(span.minutes for span in lawful)),
                _("Rule"): sentence(shut.rule) if shut else "",
                _("Law"): _law(shut) if shut else "",
            }
        )
    return pd.DataFrame(rows)


def _span(span: Span, zone: str) -> str:
    start, end = (f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in (span.start, span.end))
    return f"{start}-{'24:00' if end == '00:00' else end}"


def _chart(found: Sequence[Cell], names: dict[date, str], zone: str) -> alt.Chart:
    """Weekday against half hour; the state is a colour, and a word in the tooltip with the rule and its law."""
    table = _table(found, names, zone).assign(opens=[cell.clock / 60 for cell in found])
    table = table.assign(closes=table["opens"] + 0.5)
    day, start, state, law, why = (_("Day"), _("From"), _("State"), _("Law"), _("Why"))
    states = [_("lawful"), _("lawful in part"), _("not lawful")]
    clock = alt.Axis(
        values=list(range(0, 25, 2)),
        labelExpr="pad(datum.value, 2, '0', 'left') + ':00'",
        orient="top",
        labelFlush=False,
        labelFontSize=12,
        grid=False,
    )
    days = alt.Axis(labelLimit=240, ticks=False, labelFontSize=12, labelFlush=False, labelBound=False)
    legend = alt.Legend(orient="bottom", offset=8, symbolStrokeWidth=0)
    colours = alt.Scale(domain=states, range=[LAWFUL, PARTLY, UNLAWFUL])
    unlawful = alt.FieldEqualPredicate(field=state, equal=states[2])
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_rect(stroke="white", strokeWidth=0.6, strokeOpacity=0.25)
        .encode(
            x=alt.X("opens", type="quantitative", title=None, scale=alt.Scale(domain=[0, 24], nice=False), axis=clock),
            x2="closes",
            y=alt.Y(day, type="ordinal", title=None, sort=list(dict.fromkeys(table[day])), axis=days),
            color=alt.Color(state, type="nominal", title=None, scale=colours, legend=legend),
            opacity=alt.condition(unlawful, alt.value(0.35), alt.value(0.95)),
            tooltip=[alt.Tooltip(field, type="nominal") for field in (day, start, state, why, law)],
        )
        .properties(height=alt.Step(27))
    )
    return chart
