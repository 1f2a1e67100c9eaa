"""Concentration: how much of the balance the largest debtors owe, and who they are."""

import streamlit as st

from workbench import db
from workbench.queries.book_history import TOP, Concentration, concentration, largest_debtors
from workbench.rules.access import Viewer
from workbench.ui import kpi_charts
from workbench.ui.health_scope import Health, cases_table, formula
from workbench.ui.i18n import _, money, number, percent

LARGEST = 50
DRAWN = (0, 1, 2, 5, *range(10, 101, 10))


def show(who: Viewer, health: Health) -> None:
    """The figures, the curve, and the largest debtors."""
    with db.reading() as session:
        found = concentration(session, who, health.book_id, health.on)
        largest = largest_debtors(session, who, health.book_id, health.on, most=LARGEST)
    if found.gini is None:
        st.info(_("Nothing was owed that morning."))
        return
    _figures(found)
    formula(
        _("Share of the largest: what the largest debtors owe ÷ the balance of all who owe."),
        _("Gini: 0 when all owe the same, near 1 when one owes it all."),
    )
    points = [
        kpi_charts.Point(f"{each} %", 100 * found.held[each], percent(found.held[each], decimals=1)) for each in DRAWN
    ]
    kpi_charts.draw(
        kpi_charts.trend(points, _("% of the balance"), height=260),
        says=_("Share of the balance that the largest debtors owe, by share of the debtors"),
    )
    kpi_charts.data_table(
        [{_("Largest debtors"): each.place, _("Share of the balance"): each.told} for each in points], key="held"
    )
    st.markdown(f"**{_('Who owed most')}**")
    currency = health.portfolio.currency
    lines = [
        {
            _("Debtor"): each.name or "•••",
            _("Reference"): each.reference,
            _("Balance"): money(each.balance, currency),
            _("Past due"): money(each.past_due, currency),
            _("Days past due"): number(each.days_past_due),
            _("Share of the balance"): percent(float(each.balance / found.balance), decimals=2),
        }
        for each in largest
    ]
    cases_table(
        who, "largest-debtors", lines, [each.case_id for each in largest], book_id=health.book_id,
        asked={"on": health.on}, personal=[_("Debtor"), _("Reference")],
    )  # fmt: skip


def _figures(found: Concentration) -> None:
    told = [
        (_("Debtors who owe"), number(found.debtors)),
        (_("Ten largest"), percent(float(found.largest_ten / found.balance), decimals=1)),
        *((_("Largest {share}", share=percent(each / 100)), percent(found.held[each], decimals=1)) for each in TOP),
        (_("Gini"), number(found.gini or 0, decimals=2)),
    ]
    for place, (title, value) in zip(st.columns(len(told)), told, strict=True):
        place.metric(title, value)
