"""Vintage curves: of what was placed in each month, how much had come in by each month after."""

import streamlit as st

from workbench import db
from workbench.queries.vintages import MONTHS, Vintage, placed_cases, vintages
from workbench.rules.access import Viewer
from workbench.ui import kpi_charts
from workbench.ui.health_scope import MOST_LINES, Health, cases_table, formula, table
from workbench.ui.i18n import _, day, money, number, percent, whole_money


def show(who: Viewer, health: Health) -> None:
    """The curves, the table behind them, and the cases of one month."""
    with db.reading() as session:
        found = vintages(session, who, health.book_id, health.on, months=MONTHS)
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
    points = [
        kpi_charts.Point(str(k), None if share is None else 100 * share, _told(share), _month(each))
        for each in found
        for k, share in enumerate(each.shares)
    ]
    kpi_charts.draw(
        kpi_charts.trend(points, _("Paid, % of what was placed"), height=320),
        says=_("Share paid by months after placement, one line a month of placement"),
    )
    longest = max(len(each.paid) for each in found)
    lines = [
        {
            _("Placed in"): _month(each),
            _("Cases"): number(each.cases),
            _("Amount placed"): whole_money(each.placed, health.portfolio.currency),
        }
        | {_("Month {k}", k=k): _told(each.shares[k]) if k < len(each.shares) else "" for k in range(longest)}
        for each in found
    ]
    table(who, "vintages", lines, health=health)
    _one(who, health, found)


def _month(vintage: Vintage) -> str:
    return f"{vintage.month:%Y-%m}"


def _told(share: float | None) -> str:
    return "—" if share is None else percent(share, decimals=1)


def _one(who: Viewer, health: Health, found: list[Vintage]) -> None:
    place, _rest = st.columns([1, 4])
    chosen = place.selectbox(_("Cases placed in"), found[::-1], format_func=_month, key="vintage-month")
    with db.reading() as session:
        cases = placed_cases(session, who, health.book_id, health.on, chosen.month, most=MOST_LINES)
    currency = health.portfolio.currency
    lines = [
        {
            _("Reference"): each.reference,
            _("Placed on"): day(each.opened_on),
            _("Amount placed"): money(each.placed, currency),
            _("Paid since"): money(each.paid, currency),
        }
        for each in cases
    ]
    asked = {"on": health.on, "month": chosen.month}
    cases_table(
        who, "vintage-cases", lines, [each.case_id for each in cases], book_id=health.book_id, asked=asked,
        personal=[_("Reference")], key=_month(chosen),
    )  # fmt: skip
