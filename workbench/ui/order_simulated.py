"""What a day's calls reach in each order: on past mornings, and on the last one under rules that are tried out."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from models import Portfolio
from workbench.queries.order_report import OrderReport
from workbench.queries.order_simulations import SHOWN, Mover, Simulation
from workbench.rules.access import Viewer
from workbench.rules.reasons import times_words
from workbench.ui import access, frame, number_columns, table_files
from workbench.ui.i18n import _, day, language, ngettext, number, percent
from workbench.ui.number_columns import amounts, counts, priced, shares
from workbench.ui.order_words import COLOURS, LABELS, amount


def at_capacity(report: OrderReport, calls: int) -> None:
    """The late money that a day's calls reached, in each order, as bars and as a table."""
    every = [each for each in report.reached if each.order != "score" or not _same(report, "rules")]
    total = report.late_money or 1.0
    st.markdown(f"**{_('Money reached at your capacity')}**")
    mornings = ngettext("on {n} morning", "on {n} mornings", report.mornings)
    st.caption(_("The late money among the first {n} calls of a day, {mornings}.", n=number(calls), mornings=mornings))
    rows = [
        {
            "order": _(LABELS[each.order]),
            "late": each.late,
            "told": amount(each.late, report.currency),
            "share": percent(each.late / total, decimals=1),
            "colour": COLOURS[each.order],
        }
        for each in every
    ]
    st.altair_chart(_bars(pd.DataFrame(rows)), width="stretch")
    late, answered = (priced(head, report.currency) for head in (_("Late money reached"), _("Whose debtor answered")))
    lines = [
        {_("Order"): _(LABELS[each.order]), late: round(each.late, 2), _("Of all of it"): each.late / total, answered: round(each.answered, 2)}
        for each in every
    ]  # fmt: skip
    written = amounts(report.currency, late, answered) | shares(_("Of all of it"))
    number_columns.draw(lines, written, key="order-capacity")
    table_files.beside("order-capacity", lines, calls=calls)


def _same(report: OrderReport, name: str) -> bool:
    """Whether a set of rules reached the very same as the score alone: then one line says it."""
    by_name = {each.order: (each.late, each.answered) for each in report.reached}
    return by_name.get(name) == by_name.get("score")


def _bars(rows: pd.DataFrame) -> alt.Chart:
    bars: alt.Chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("late", title=_("Late money reached"), axis=alt.Axis(format="~s", tickCount=6)),
            y=alt.Y("order", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color("colour", scale=None),
            tooltip=[
                alt.Tooltip("order", title=_("Order")),
                alt.Tooltip("told", title=_("Late money reached")),
                alt.Tooltip("share", title=_("Of all of it")),
            ],
        )
        .properties(height=34 * len(rows) + 40)
    )
    return bars


def show(who: Viewer, portfolio: Portfolio, found: Simulation) -> None:
    """A simulation: its figures, what the calls reach in each order, and who moves in and out."""
    st.markdown(f"**{_('On the morning of {date}', date=day(found.on))}**")
    queue = ngettext("{n} case in the queue", "{n} cases in the queue", found.queue)
    frame.markup(f'<p class="cw-muted">{queue} · {_("{n} calls a day", n=number(found.calls))}</p>')
    figures = st.columns(4)
    for place, (title, value) in zip(
        figures,
        ((_("Come in"), found.into), (_("Fall out"), found.out), (_("Kept out"), found.banned), (_("Let in"), found.freed)),
        strict=True,
    ):  # fmt: skip
        place.metric(title, number(value))
    owed, saved = (priced(head, portfolio.currency) for head in (_("Past due reached"), _("Expected to be saved")))
    lines = [
        {_("Order"): _(LABELS[each.order]), owed: round(each.past_due, 2), saved: round(each.expected, 2)}
        for each in found.reached
    ]
    number_columns.draw(lines, amounts(portfolio.currency, owed, saved), key="order-reached")
    table_files.beside("order-reached", lines, portfolio_ids=[portfolio.id or 0], on=found.on)
    holds = " · ".join(f"{name}: {number(cases)}" for name, cases in found.touched.items())
    if holds:
        st.caption(_("Cases each rule holds for: {holds}", holds=holds))
    movers(who, portfolio, _("Come into a day's calls"), "order-coming", found.coming, found.into)
    movers(who, portfolio, _("Fall out of a day's calls"), "order-going", found.going, found.out)


def movers(who: Viewer, portfolio: Portfolio, title: str, name: str, found: Sequence[Mover], count: int) -> None:
    """Who moves, each with its place before and after and a link to the case."""
    if not found:
        return
    st.markdown(f"**{title}** · {number(count)}")
    if count > len(found):
        st.caption(_("The first {n}.", n=number(SHOWN)))
    owed = priced(_("Past due"), portfolio.currency)
    rows = [
        {
            _("Debtor"): each.name or each.reference,
            owed: each.past_due,
            _("Before"): each.before,
            _("After"): each.after,
            _("Rules"): ", ".join(f"{of.name} ×{times_words(of.times, language())}" if of.times else of.name for of in each.rules),
            _("Case"): f"/search?case={each.case_id}",
        }
        for each in found
    ]  # fmt: skip
    link = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"))}
    written = amounts(portfolio.currency, owed) | counts(_("Before"), _("After"))
    number_columns.draw(rows, written, height=420, config=link, key=f"{name}-rows")
    assert portfolio.id is not None
    table_files.downloads(
        who, name, rows, portfolio_ids=[portfolio.id], asked={}, at=access.now(), personal=[_("Debtor")]
    )
