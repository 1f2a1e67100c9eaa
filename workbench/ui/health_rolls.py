"""The roll matrix: where the balance of each ageing bucket lay a while later; each cell opens its cases."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from workbench.queries.book_history import roll_matrix, rolled_cases
from workbench.rules.access import Viewer
from workbench.rules.roll_rates import RollRow
from workbench.ui import board_figures, kpi_charts
from workbench.ui.assignment_words import bucket as bucket_words
from workbench.ui.health_scope import Health, cases_table, formula, table
from workbench.ui.i18n import _, day, money, percent, whole_money
from workbench.ui.number_columns import amounts, counts, priced, shares

PAID = -1  # the column of what was paid


def show(who: Viewer, health: Health) -> None:
    """The matrix as a heat map and a table, and the cases of a cell."""
    if health.since == health.on:
        st.info(_("There is one morning only: what rolled is seen from the second one on."))
        return
    buckets = len(health.portfolio.bucket_starts) + 1
    rows = board_figures.kept(who, roll_matrix, health.book_id, health.since, health.on, buckets=buckets)
    first, last = day(health.since), day(health.on)
    st.caption(_("From the morning of {first} to that of {last}, by balance.", first=first, last=last))
    formula(
        _(
            "Each cell: what of the balance in the row's bucket on the first morning lay in the column's on the last, ÷ that balance."
        ),
        _(
            "What is owed less is paid or forgiven. Debt that came in between is in no cell, so that each row sums to 100 %."
        ),
        _("Cure: owed still, nothing past due. Stay, forward, roll back, cure and paid are the whole row."),
    )
    kpi_charts.draw(_heat(rows, health), says=_("Share of each bucket's balance by the bucket it lay in later"))
    owing = [row for row in rows if row.balance]
    places = shares(*(_column(health, place) for place in [*range(len(rows)), PAID]))
    kpi_charts.data_table([_shares(row, health) for row in owing], key="roll-shares", written=places)
    balance = priced(_("Balance"), health.portfolio.currency)
    ways = (_("Stayed"), _("Rolled forward"), _("Rolled back"), _("Cured"), _("Paid off"), _("Sum"))
    written = amounts(health.portfolio.currency, balance) | shares(*ways)
    table(who, "roll-rates", [_line(row, health, balance, ways) for row in owing], written, health=health)
    _cell(who, health, rows)


def _column(health: Health, place: int) -> str:
    return _("paid off") if place == PAID else bucket_words(health.portfolio.bucket_starts, place)


def _heat(rows: list[RollRow], health: Health) -> alt.Chart:
    cells = [
        {
            "row": _column(health, row.bucket), "column": _column(health, place), "value": row.share(amount) or 0.0,
            "told": percent(row.share(amount) or 0.0, decimals=1), "amount": whole_money(amount, health.portfolio.currency),
        }
        for row in rows if row.balance
        for place, amount in [*enumerate(row.moved), (PAID, row.paid)]
    ]  # fmt: skip
    drawn = pd.DataFrame(cells, columns=["row", "column", "value", "told", "amount"])
    names = [_column(health, place) for place in [*range(len(rows)), PAID]]
    base = alt.Chart(drawn).encode(
        x=alt.X("column:N", sort=names, scale=alt.Scale(domain=names), title=_("Later"), axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("row:N", sort=names, title=_("Before")),
        tooltip=[
            alt.Tooltip("row:N", title=_("Before")),
            alt.Tooltip("column:N", title=_("Later")),
            alt.Tooltip("told:N", title=_("Share")),
            alt.Tooltip("amount:N", title=_("Balance")),
        ],
    )  # fmt: skip
    shade = alt.Color("value:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=["#F2F6F9", "#0072B2"]))
    squares = base.mark_rect(cornerRadius=2).encode(color=shade)
    ink = alt.condition("datum.value > 0.55", alt.value("#FFFFFF"), alt.value("#17211f"))
    words = base.mark_text(fontSize=12).encode(text="told:N", color=ink)
    chart: alt.Chart = (squares + words).properties(height=46 * max(drawn["row"].nunique(), 1) + 30)
    return chart


def _shares(row: RollRow, health: Health) -> dict[str, Any]:
    cells = [*enumerate(row.moved), (PAID, row.paid)]
    told = {_column(health, place): row.share(amount) or 0.0 for place, amount in cells}
    return {_("Before"): _column(health, row.bucket)} | told


def _line(row: RollRow, health: Health, balance: str, ways: Sequence[str]) -> dict[str, Any]:
    went = (row.stayed, row.forward, row.back, row.cured, row.paid, row.balance)
    told = {way: row.share(amount) or 0.0 for way, amount in zip(ways, went, strict=True)}
    return {_("Days past due"): _column(health, row.bucket), balance: row.balance} | told


def _cell(who: Viewer, health: Health, rows: list[RollRow]) -> None:
    """The cases of one cell, chosen by its two sides."""
    st.markdown(f"**{_('Cases of a cell')}**")
    there = [row for row in rows if row.balance]
    if not there:
        return
    left, right, _rest = st.columns([1, 1, 3])
    places, later = [row.bucket for row in there], [*range(len(rows)), PAID]
    late = next((place for place, bucket in enumerate(places) if bucket), 0)  # what rolled on of the youngest late debt
    had = left.selectbox(_("Before"), places, late, format_func=lambda each: _column(health, each), key="roll-had")
    onward = min(places[late] + 1, len(rows) - 1)
    has = right.selectbox(_("Later"), later, onward, format_func=lambda each: _column(health, each), key="roll-has")
    amount = rows[had].paid if has == PAID else rows[had].moved[has]
    currency = health.portfolio.currency
    st.caption(_("{amount} of {balance}", amount=money(amount, currency), balance=money(rows[had].balance, currency)))
    _cases(who, health, had, has)


def _cases(who: Viewer, health: Health, had: int, has: int) -> None:
    currency = health.portfolio.currency
    owed, later, here = (priced(head, currency) for head in (_("Owed before"), _("Owed later"), _("In this cell")))
    to = None if has == PAID else has

    def read(session: Any, viewer: Viewer, most: int) -> list[tuple[int, dict[str, Any]]]:
        found = rolled_cases(session, viewer, health.book_id, health.since, health.on, had=had, has=to, most=most)
        return [
            (each.case_id, {
                _("Debtor"): each.name or "•••", _("Reference"): each.reference,
                owed: each.had, _("Days before"): each.days_before, later: each.has, _("Days later"): each.days_after,
                here: each.amount,
            })
            for each in found
        ]  # fmt: skip

    cases_table(
        who, "roll-cell", read, book_id=health.book_id, key=f"{had}-{has}",
        asked={"from": health.since, "to": health.on, "had": had, "has": has},
        written=amounts(currency, owed, later, here) | counts(_("Days before"), _("Days later")),
        personal=[_("Debtor"), _("Reference")],
    )  # fmt: skip
