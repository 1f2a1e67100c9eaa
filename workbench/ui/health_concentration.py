"""Concentration: how much of the balance the largest debtors owe, and who they are."""

from typing import Any

import streamlit as st

from workbench.queries.book_history import TOP, Concentration, concentration, largest_debtors
from workbench.rules.access import Viewer
from workbench.rules.kpis import Unit
from workbench.ui import board_figures, kpi_charts
from workbench.ui.health_scope import Health, cases_table, formula
from workbench.ui.i18n import _, number, percent
from workbench.ui.number_columns import amounts, counts, priced, shares

LARGEST = 50
DRAWN, TOLD = range(0, 101, 10), (0, 1, 2, 5, *range(10, 101, 10))  # on an even axis, and in its table


def show(who: Viewer, health: Health) -> None:
    """The figures, the curve, and the largest debtors."""
    found = board_figures.kept(who, concentration, health.book_id, health.on)
    if found.gini is None:
        st.info(_("Nothing was owed that morning."))
        return
    _figures(found)
    formula(
        _("Share of the largest: what the largest debtors owe ÷ the balance of all who owe."),
        _("Gini: 0 when all owe the same, near 1 when one owes it all."),
    )
    title, held = (
        _("Share of the balance that the largest debtors owe, by share of the debtors"),
        _("Share of the balance"),
    )
    st.markdown(f"**{title}**")
    points = [
        kpi_charts.Point(percent(each / 100), found.held[each], percent(found.held[each], decimals=1)) for each in DRAWN
    ]
    kpi_charts.draw(kpi_charts.trend(points, held, unit=Unit.SHARE, height=260), says=title)
    lines = [{_("Largest debtors"): each / 100, held: found.held[each]} for each in TOLD]
    kpi_charts.data_table(lines, key="held", written=shares(_("Largest debtors"), decimals=0) | shares(held))
    _largest(who, health, found)


def _largest(who: Viewer, health: Health, found: Concentration) -> None:
    st.markdown(f"**{_('Who owed most')}**")
    currency = health.portfolio.currency
    balance, past_due, share = (
        priced(_("Balance"), currency),
        priced(_("Past due"), currency),
        _("Share of the balance"),
    )

    def read(session: Any, viewer: Viewer, most: int) -> list[tuple[int, dict[str, Any]]]:
        return [
            (each.case_id, {
                _("Debtor"): each.name or "•••", _("Reference"): each.reference, balance: each.balance,
                past_due: each.past_due, _("Days past due"): each.days_past_due, share: float(each.balance / found.balance),
            })
            for each in largest_debtors(session, viewer, health.book_id, health.on, most=most)
        ]  # fmt: skip

    cases_table(
        who, "largest-debtors", read, book_id=health.book_id, asked={"on": health.on}, most=LARGEST,
        written=amounts(currency, balance, past_due) | counts(_("Days past due")) | shares(share, decimals=2),
        personal=[_("Debtor"), _("Reference")],
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
