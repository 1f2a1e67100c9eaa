"""The book of a morning in figures, by ageing bucket, and how both went over the weeks before."""

from bisect import bisect_right
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from workbench.queries.book_history import Aged, ageing_on, ageing_over
from workbench.rules.access import Viewer
from workbench.ui import access, board_figures, kpi_charts, kpi_tiles
from workbench.ui.assignment_words import bucket as bucket_words
from workbench.ui.health_scope import Health, table
from workbench.ui.i18n import _, day, whole_money
from workbench.ui.number_columns import amounts, counts, days, priced, shares

STANDS = ("balance", "past_due", "cases", "listed", "delinquency_rate", "delinquency_30", "delinquency_90",
          "average_days_past_due")  # fmt: skip
WENT = ("cure_rate", "recovery_rate", "cei", "dso", "best_possible_dso", "add")
POINTS = 26  # mornings drawn, evenly spread over four times the days compared with, as far as they were kept
# light to dark, from not late to latest: told apart without colours too
AGES = ("#B8D8E8", "#F7E1A0", "#F0C75E", "#E69F00", "#D97B29", "#D55E00", "#A8430B", "#6E2C07")


def show(who: Viewer, health: Health) -> None:
    """Figures with their formulas and rows, ageing now, and ageing over time."""
    at = access.now()
    read = partial(board_figures.figures, who, today=at.astimezone(ZoneInfo(health.portfolio.time_zone)).date(), at=at)
    stands, stood = (read(STANDS, scope) for scope in (health.as_of, health.former(health.as_of)))
    went, had_gone = (read(WENT, scope) for scope in (health.span, health.former(health.span)))
    aged = board_figures.kept(who, ageing_on, health.book_id, health.on)
    over = board_figures.kept(who, ageing_over, health.book_id, _drawn(health))
    st.markdown(f"**{_('As it stood that morning')}**")
    kpi_tiles.tiles(stands, stood, STANDS, who=who, scope=health.as_of, key="-as-of")
    st.markdown(f"**{_('The {days} days before it', days=health.days)}**")
    kpi_tiles.tiles(went, had_gone, WENT, who=who, scope=health.span, key="-span")
    st.markdown(f"**{_('Ageing')}**")
    _ageing(who, health, aged)
    st.markdown(f"**{_('Ageing over time')}**")
    _over_time(health, over)


def _drawn(health: Health) -> list[date]:
    """Mornings evenly spread, the chosen one the last."""
    step = max(1, 4 * health.days // POINTS)
    days = (health.on - timedelta(days=back) for back in range(0, 4 * health.days + 1, step))
    return sorted({health.mornings[place - 1] for each in days if (place := bisect_right(health.mornings, each))})


def _ageing(who: Viewer, health: Health, aged: list[Aged]) -> None:
    currency, starts = health.portfolio.currency, health.portfolio.bucket_starts
    balance: dict[int, Decimal] = defaultdict(Decimal)
    late: dict[int, Decimal] = defaultdict(Decimal)
    cases: dict[int, int] = defaultdict(int)
    for each in aged:
        balance[each.bucket] += each.balance
        late[each.bucket] += each.past_due
        cases[each.bucket] += each.cases
    total = sum(balance.values(), Decimal(0))
    title = _("Balance")
    points = [
        kpi_charts.Point(bucket_words(starts, place), float(balance[place]), whole_money(balance[place], currency))
        for place in sorted(balance)
    ]
    if points:
        kpi_charts.draw(kpi_charts.bars(points, title), says=_("Balance by days past due"))
    owed, past_due, share = priced(title, currency), priced(_("Past due"), currency), _("Share of the balance")
    lines = [
        {
            _("Days past due"): bucket_words(starts, place),
            _("Cases"): cases[place],
            owed: balance[place],
            past_due: late[place],
            share: float(balance[place] / total) if total else None,
        }
        for place in sorted(balance)
    ]
    written = counts(_("Cases")) | amounts(currency, owed, past_due) | shares(share)
    table(who, "ageing", lines, written, health=health)


def _over_time(health: Health, over: list[Aged]) -> None:
    """The balance of each morning, stacked by bucket."""
    starts, currency = health.portfolio.bucket_starts, health.portfolio.currency
    sums: dict[tuple[date, int], Decimal] = defaultdict(Decimal)
    for each in over:
        sums[each.on, each.bucket] += each.balance
    places = sorted({place for _on, place in sums})
    names = [bucket_words(starts, place) for place in places]
    drawn = pd.DataFrame(
        [
            {"day": day(on), "bucket": bucket_words(starts, place), "place": place, "value": float(amount),
             "told": whole_money(amount, currency)}
            for (on, place), amount in sorted(sums.items())
        ],
        columns=["day", "bucket", "place", "value", "told"],
    )  # fmt: skip
    chart = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            x=alt.X("day:N", sort=list(drawn["day"]), title=None, axis=alt.Axis(labelAngle=0, labelOverlap="parity")),
            y=alt.Y("value:Q", title=priced(_("Balance"), currency), axis=kpi_charts.money_axis()),
            order=alt.Order("place:Q"),
            color=alt.Color(
                "bucket:N", title=None, legend=alt.Legend(orient="top", columns=8),
                scale=alt.Scale(domain=names, range=[AGES[min(place, len(AGES) - 1)] for place in places]),
            ),
            tooltip=[alt.Tooltip("day:N", title=_("Morning")), alt.Tooltip("bucket:N", title=_("Days past due")),
                     alt.Tooltip("told:N", title=_("Balance"))],
        )
        .properties(height=300)
    )  # fmt: skip
    kpi_charts.draw(chart, says=_("Balance by days past due, morning by morning"))
    rows: dict[date, dict[str, Any]] = {}
    for (on, place), amount in sorted(sums.items()):
        rows.setdefault(on, {_("Morning"): on})[bucket_words(starts, place)] = amount
    kpi_charts.data_table(
        list(rows.values()), key="ageing-over", written=amounts(currency, *names, cents=False) | days(_("Morning"))
    )
