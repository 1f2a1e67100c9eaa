"""Order report: on past mornings of this very portfolio, whose order of calls reached the late money first."""

from datetime import date, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.order_report import SHARES, OrderReport, order_report
from workbench.queries.portfolios import portfolio_by_code, visible_portfolios
from workbench.rules.access import Permission
from workbench.rules.orders import Curve
from workbench.rules.refusals import Refused
from workbench.rules.scoring import HORIZON
from workbench.rules.words import N_
from workbench.ui import access, frame, i18n
from workbench.ui.i18n import _, day, money, ngettext, number, percent

WEEKS = (1, 4, 8)
LABELS = {
    "score": N_("Our score"),
    "risk": N_("Amount × risk"),
    "amount": N_("By amount"),
    "days_past_due": N_("Oldest first"),
    "random": N_("At random"),
}
# Okabe and Ito's palette, told apart by people who do not see red and green
COLOURS = {"score": "#0072B2", "risk": "#009E73", "amount": "#E69F00", "days_past_due": "#CC79A7", "random": "#999999"}


@st.cache_data(ttl=600, show_spinner=False, max_entries=200)
def judged(code: str, on: date | None, mornings: int) -> OrderReport:
    """One report, kept a while: the past does not change. Asked only for portfolios that the visitor may see."""
    with db.reading() as session:
        return order_report(session, portfolio_by_code(session, code), on=on, mornings=mornings)


def last_morning(portfolio: Portfolio) -> date | None:
    """The last morning whose fortnight is over."""
    return portfolio.business_date - timedelta(days=HORIZON) if portfolio.business_date else None


def chart(curves: tuple[Curve, ...]) -> alt.Chart:
    """Share of the money against share of the calls, one line an order."""
    points = pd.DataFrame(
        [
            {"calls": percent_of / 100, "money": reached, "order": _(LABELS[curve.name])}
            for curve in curves
            for percent_of, reached in enumerate(curve.reached)
        ]
    )
    names = [_(LABELS[name]) for name in LABELS]
    return (
        alt.Chart(points)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("calls", title=_("Share of the calls"), axis=alt.Axis(format="%")),
            y=alt.Y("money", title=_("Share of the money"), axis=alt.Axis(format="%")),
            color=alt.Color(
                "order",
                title=None,
                scale=alt.Scale(domain=names, range=[COLOURS[name] for name in LABELS]),
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


def shares(curves: tuple[Curve, ...]) -> pd.DataFrame:
    """The figures a supervisor quotes: the first 10, 20 and 30 % of the calls."""
    by_name = {curve.name: curve for curve in curves}
    rows = {_(LABELS[name]): [percent(by_name[name].at(share)) for share in SHARES] for name in LABELS}
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=[_("First {share} of the calls", share=percent(share)) for share in SHARES]
    )


def show(report: OrderReport) -> None:
    first = report.on - timedelta(weeks=report.mornings - 1)
    told = ngettext("{n} past-due case judged", "{n} past-due cases judged", report.cases)
    period = day(report.on) if first == report.on else _("{first} to {last}", first=day(first), last=day(report.on))
    late = _(
        "{money} still unpaid {days} days later", money=money(report.late_money, report.currency), days=report.horizon
    )
    learned = _("odds learned from {n} closed debts", n=number(report.learned_from))
    frame.markup(f'<p class="cw-muted">{period} · {told} · {late} · {learned}</p>')
    whole, reachable = st.columns(2, gap="large")
    for place, title, meaning, curves in (
        (whole, _("All the late money"), _("What was still unpaid a fortnight later."), report.late),
        (
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
    with st.expander(_("How this is computed")):
        st.markdown(
            _(
                "On each morning the past-due cases are put in order with only what was known then: balances from the "
                "payments before it, history from what had been settled, odds learned from that history, answers from "
                "the calls made before. Then the money is counted along each order."
            )
        )


who = access.require(Permission.SEE_CHANGES)
frame.page_header(_("Order report"), who)
with db.reading() as session:
    portfolios = {each.id: each for each in visible_portfolios(session, who)}
if not portfolios:
    frame.empty_state(_("There are no portfolios yet."))
    st.stop()
left, right, _rest = st.columns([2, 2, 2])
chosen = left.selectbox(
    _("Portfolio"), list(portfolios), format_func=lambda each: portfolios[each].name, key="order-of"
)
weeks = right.segmented_control(
    _("Mornings judged, a week apart"), WEEKS, default=WEEKS[1], required=True, key="order-mornings"
)
try:
    with st.spinner(_("Going back in time…")):
        show(judged(portfolios[chosen].code, last_morning(portfolios[chosen]), weeks))
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
