"""The roll matrix: where the balance of each ageing bucket lay a while later; each cell opens its cases."""

import altair as alt
import pandas as pd
import streamlit as st

from workbench import db
from workbench.queries.book_history import roll_matrix, rolled_cases
from workbench.rules.access import Viewer
from workbench.rules.roll_rates import RollRow
from workbench.ui import kpi_charts
from workbench.ui.assignment_words import bucket as bucket_words
from workbench.ui.health_scope import MOST_LINES, Health, cases_table, formula, table
from workbench.ui.i18n import _, day, money, number, percent, whole_money

PAID = -1  # the column of what was paid


def show(who: Viewer, health: Health) -> None:
    """The matrix as a heat map and a table, and the cases of a cell."""
    if health.since == health.on:
        st.info(_("There is one morning only: what rolled is seen from the second one on."))
        return
    buckets = len(health.portfolio.bucket_starts) + 1
    with db.reading() as session:
        rows = roll_matrix(session, who, health.book_id, health.since, health.on, buckets=buckets)
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
    kpi_charts.data_table([_shares(row, health) for row in rows if row.balance], key="roll-shares")
    table(who, "roll-rates", [_line(row, health) for row in rows if row.balance], health=health)
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


def _shares(row: RollRow, health: Health) -> dict[str, str]:
    cells = [*enumerate(row.moved), (PAID, row.paid)]
    told = {_column(health, place): percent(row.share(amount) or 0.0, decimals=1) for place, amount in cells}
    return {_("Before"): _column(health, row.bucket)} | told


def _line(row: RollRow, health: Health) -> dict[str, str]:
    def share(amount: object) -> str:
        return percent(row.share(amount) or 0.0, decimals=1)  # type: ignore[arg-type]

    return {
        _("Days past due"): _column(health, row.bucket),
        _("Balance"): whole_money(row.balance, health.portfolio.currency),
        _("Stayed"): share(row.stayed),
        _("Rolled forward"): share(row.forward),
        _("Rolled back"): share(row.back),
        _("Cured"): share(row.cured),
        _("Paid off"): share(row.paid),
        _("Sum"): share(row.balance),
    }


def _cell(who: Viewer, health: Health, rows: list[RollRow]) -> None:
    """The cases of one cell, chosen by its two sides."""
    st.markdown(f"**{_('Cases of a cell')}**")
    there = [row for row in rows if row.balance]
    if not there:
        return
    left, right, _rest = st.columns([1, 1, 3])
    places, columns = [row.bucket for row in there], [*range(len(rows)), PAID]
    late = next((place for place, bucket in enumerate(places) if bucket), 0)  # what rolled on of the youngest late debt
    had = left.selectbox(_("Before"), places, late, format_func=lambda each: _column(health, each), key="roll-had")
    onward = min(places[late] + 1, len(rows) - 1)
    has = right.selectbox(_("Later"), columns, onward, format_func=lambda each: _column(health, each), key="roll-has")
    row = rows[had]
    amount = row.paid if has == PAID else row.moved[has]
    currency = health.portfolio.currency
    st.caption(_("{amount} of {balance}", amount=money(amount, currency), balance=money(row.balance, currency)))
    with db.reading() as session:
        found = rolled_cases(
            session, who, health.book_id, health.since, health.on, had=had, has=None if has == PAID else has,
            most=MOST_LINES,
        )  # fmt: skip
    lines = [
        {
            _("Debtor"): each.name or "•••",
            _("Reference"): each.reference,
            _("Owed before"): money(each.had, currency),
            _("Days before"): number(each.days_before),
            _("Owed later"): money(each.has, currency),
            _("Days later"): number(each.days_after),
            _("In this cell"): money(each.amount, currency),
        }
        for each in found
    ]
    asked = {"from": health.since, "to": health.on, "had": had, "has": has}
    cases_table(
        who, "roll-cell", lines, [each.case_id for each in found], book_id=health.book_id, asked=asked,
        personal=[_("Debtor"), _("Reference")], key=f"{had}-{has}",
    )  # fmt: skip
