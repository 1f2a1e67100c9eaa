"""The order report's curves: whose order of calls reached the late money first, on past mornings."""

from datetime import timedelta

import altair as alt
import pandas as pd
import streamlit as st

from workbench.queries.order_report import SHARES, OrderReport
from workbench.rules.orders import Curve
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, day, ngettext, number, percent
from workbench.ui.order_words import COLOURS, CURVES, LABELS, amount


def show(report: OrderReport) -> None:
    """Both measures side by side, and how they are computed."""
    frame.markup(f'<p class="cw-muted">{told(report)}</p>')
    whole, reachable = st.columns(2, gap="large")
    for name, place, title, meaning, curves in (
        ("order-late", whole, _("All the late money"), _("What was still unpaid a fortnight later."), report.late),
        (
            "order-answered",
            reachable,
            _("The late money whose debtor answered"),
            _("Each case's late money times the share of that fortnight's calls its right party answered."),
            report.answered,
        ),
    ):
        with place:
            st.markdown(f"**{title}**")
            st.caption(meaning)
            st.altair_chart(chart(curves), width="stretch")
            st.table(shares(curves))
            table_files.beside(name, shares(curves).rename_axis(_("Order")).reset_index())
    with st.expander(_("How this is computed")):
        st.markdown(
            _(
                "On each morning the past-due cases are put in order with only what was known then: balances from the "
                "payments before it, history from what had been settled, odds learned from that history, answers from "
                "the calls made before. Then the money is counted along each order."
            )
        )


def told(report: OrderReport) -> str:
    """Which mornings were judged, how many cases, how much of them was late."""
    first = report.on - timedelta(weeks=report.mornings - 1)
    judged = ngettext("{n} past-due case judged", "{n} past-due cases judged", report.cases)
    period = day(report.on) if first == report.on else _("{first} to {last}", first=day(first), last=day(report.on))
    late = _(
        "{money} still unpaid {days} days later", money=amount(report.late_money, report.currency), days=report.horizon
    )
    learned = _("odds learned from {n} closed debts", n=number(report.learned_from))
    return f"{period} · {judged} · {late} · {learned}"


def chart(curves: tuple[Curve, ...]) -> alt.Chart:
    """Share of the money against share of the calls, one line an order."""
    points = pd.DataFrame(
        [
            {"calls": percent_of / 100, "money": reached, "order": _(LABELS[curve.name])}
            for curve in curves
            for percent_of, reached in enumerate(curve.reached)
        ]
    )
    names = [_(LABELS[name]) for name in CURVES]
    lines: alt.Chart = (
        alt.Chart(points)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("calls", title=_("Share of the calls"), axis=alt.Axis(format="%")),
            y=alt.Y("money", title=_("Share of the money"), axis=alt.Axis(format="%")),
            color=alt.Color(
                "order",
                title=None,
                scale=alt.Scale(domain=names, range=[COLOURS[name] for name in CURVES]),
                legend=alt.Legend(orient="top", columns=3),
            ),
            tooltip=[
                alt.Tooltip("order", title=_("Order")),
                alt.Tooltip("calls", title=_("Calls"), format=".0%"),
                alt.Tooltip("money", title=_("Money"), format=".1%"),
            ],
        )
        .properties(height=330)
    )
    return lines


def shares(curves: tuple[Curve, ...]) -> pd.DataFrame:
    """The figures a supervisor quotes: the first 10, 20 and 30 % of the calls."""
    by_name = {curve.name: curve for curve in curves}
    rows = {_(LABELS[name]): [percent(by_name[name].at(share)) for share in SHARES] for name in CURVES}
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=[_("First {share} of the calls", share=percent(share)) for share in SHARES]
    )
