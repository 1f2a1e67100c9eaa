"""Vintage curves: of what was placed in each month, how much had come in by each month after."""

from itertools import zip_longest
from typing import Any

import streamlit as st

from workbench.queries.vintages import MONTHS, Vintage, placed_cases, vintages
from workbench.rules.access import Viewer
from workbench.rules.kpis import Unit
from workbench.ui import board_figures, kpi_charts
from workbench.ui.health_scope import Health, cases_table, formula, table
from workbench.ui.i18n import _, percent
from workbench.ui.number_columns import amounts, counts, days, priced, shares


def show(who: Viewer, health: Health) -> None:
    """The curves, the table behind them, and the cases of one month."""
    found = board_figures.kept(who, vintages, health.book_id, health.on, months=MONTHS)
    if not found:
        st.info(_("No case was placed in the {months} months before.", months=MONTHS))
        return
    formula(
        _(
            "Payments received by the end of month k after the month of placement ÷ amount placed; month 0 is that month itself."
        ),
        _(
            "Placed: what a case owed on its first morning, and what had lowered its debt between its placement and then."
        ),
        _("The last month of each curve may still run."),
    )
    if any(share > 1 for each in found for share in each.shares if share is not None):
        st.caption(_("Above 100 %: these cases got new debt later, and its payments count as well."))
    points = [
        kpi_charts.Point(str(k), share, _told(share), _month(each))
        for each in found
        for k, share in enumerate(each.shares)
    ]
    kpi_charts.draw(
        kpi_charts.trend(points, _("Paid, of what was placed"), unit=Unit.SHARE, height=320),
        says=_("Share paid by months after placement, one line a month of placement"),
    )
    months = [_("Month {k}", k=k) for k in range(max(len(each.paid) for each in found))]
    placed = priced(_("Amount placed"), health.portfolio.currency)
    lines = [
        {_("Placed in"): _month(each), _("Cases"): each.cases, placed: each.placed}
        | dict(zip_longest(months, each.shares))
        for each in found
    ]
    written = counts(_("Cases")) | amounts(health.portfolio.currency, placed, cents=False) | shares(*months)
    table(who, "vintages", lines, written, health=health)
    _one(who, health, found)


def _month(vintage: Vintage) -> str:
    return f"{vintage.month:%Y-%m}"


def _told(share: float | None) -> str:
    return "—" if share is None else percent(share, decimals=1)


def _one(who: Viewer, health: Health, found: list[Vintage]) -> None:
    place, _rest = st.columns([1, 4])
    chosen = place.selectbox(_("Cases placed in"), found[::-1], format_func=_month, key="vintage-month")
    currency = health.portfolio.currency
    placed, paid = priced(_("Amount placed"), currency), priced(_("Paid since"), currency)

    def read(session: Any, viewer: Viewer, most: int) -> list[tuple[int, dict[str, Any]]]:
        found = placed_cases(session, viewer, health.book_id, health.on, chosen.month, most=most)
        return [
            (each.case_id, {_("Reference"): each.reference, _("Placed on"): each.opened_on, placed: each.placed, paid: each.paid})
            for each in found
        ]  # fmt: skip

    cases_table(
        who, "vintage-cases", read, book_id=health.book_id, asked={"on": health.on, "month": chosen.month},
        written=amounts(currency, placed, paid) | days(_("Placed on")), personal=[_("Reference")], key=_month(chosen),
    )  # fmt: skip
