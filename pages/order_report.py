"""Order report: whose order of calls reached the late money first, what a day's calls reach, and the rules that change it."""

import json
from datetime import date, timedelta

import streamlit as st

from models import Portfolio, StrategyState
from workbench import db
from workbench.queries.order_facts import rules_of
from workbench.queries.order_report import Capacity, OrderReport, order_report
from workbench.queries.order_simulations import WEEK, calls_a_day
from workbench.queries.order_versions import Version, names_known, names_written, order_versions, rules_at
from workbench.queries.portfolios import portfolio_by_code
from workbench.rules.access import Permission, Viewer
from workbench.rules.order_rules import as_json
from workbench.rules.refusals import Refused
from workbench.rules.scoring import HORIZON
from workbench.rules.words import N_
from workbench.ui import (
    access,
    frame,
    i18n,
    order_curves,
    order_editor,
    order_simulated,
    order_versions_list,
    page_parts,
)
from workbench.ui.i18n import _

WEEKS = (1, 4, 8)
PARTS = {"report": N_("Report"), "rules": N_("Rules"), "versions": N_("Versions")}


@st.cache_data(ttl=600, show_spinner=False, max_entries=200)
def judged(code: str, on: date | None, mornings: int, calls: int, rules: tuple[tuple[str, str], ...]) -> OrderReport:
    """One report, kept a while: the past does not change. Asked only for portfolios that the visitor may see."""
    capacity = Capacity(calls, {name: rules_of(written) for name, written in rules})
    with db.reading() as session:
        return order_report(session, portfolio_by_code(session, code), on=on, mornings=mornings, capacity=capacity)


@st.cache_data(ttl=600, show_spinner=False, max_entries=200)
def book_names(_who: Viewer, portfolio_id: int) -> dict[str, dict[str, str]]:
    """The names that stand in a book; asked only by who may edit its rules."""
    with db.reading() as session:
        return names_written(session, _who, portfolio_id)


def names(who: Viewer, portfolio_id: int) -> dict[str, dict[str, str]]:
    """Those of the book, kept a while, and the teams and segments there are now."""
    with db.reading() as session:
        return book_names(who, portfolio_id) | names_known(session, who, portfolio_id)


def last_morning(portfolio: Portfolio) -> date | None:
    """The last morning whose fortnight is over."""
    return portfolio.business_date - timedelta(days=HORIZON) if portfolio.business_date else None


def sets(portfolio: Portfolio, versions: list[Version]) -> tuple[tuple[str, str], ...]:
    """The sets of rules that are judged: the draft, what is in force, and what was a week ago."""
    by_state = {each.state: json.dumps(each.rules) for each in versions if each.state != StrategyState.RETIRED}
    with db.reading() as session:
        assert portfolio.id is not None
        last_week = json.dumps(as_json(rules_at(session, portfolio.id, access.now() - WEEK)))
    named = {"draft": by_state.get(StrategyState.DRAFT), "rules": by_state.get(StrategyState.PUBLISHED, "[]")}
    return tuple((name, written) for name, written in (named | {"last_week": last_week}).items() if written)


def report_of(portfolio: Portfolio, versions: list[Version], weeks: int, calls: int) -> OrderReport:
    with st.spinner(_("Going back in time…")):
        return judged(portfolio.code, last_morning(portfolio), weeks, calls, sets(portfolio, versions))


def rules_part(who: Viewer, portfolio: Portfolio, versions: list[Version], weeks: int, calls: int) -> None:
    """The editor, and beside it what a day's calls reach."""
    beside = st.container()
    if who.may(Permission.EDIT_ORDER):
        editor, beside = st.columns([5, 6], gap="large")
        with editor:
            assert portfolio.id is not None
            order_editor.show(portfolio, versions, names(who, portfolio.id), calls=calls)
    else:
        order_versions_list.in_force(portfolio, versions)
    with beside:
        found = st.session_state.get(f"order-simulation-{portfolio.id}")
        if found and found.key == order_editor.draft_key(versions) and who.may(Permission.EDIT_ORDER):
            order_simulated.show(who, portfolio, found)
        order_simulated.at_capacity(report_of(portfolio, versions, weeks, calls), calls)


who = access.require(Permission.SEE_CHANGES)
frame.page_header(_("Order report"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
left, middle, right, last = st.columns([2, 2, 1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="order-of")
weeks = middle.segmented_control(
    _("Mornings judged, a week apart"), WEEKS, default=WEEKS[1], required=True, key="order-mornings"
)
with db.reading() as session:
    found = order_versions(session, who, chosen.id)
    usual = calls_a_day(session, chosen)
calls = right.number_input(
    _("Calls a day"),
    1,
    value=usual,
    help=_("What people called in a day of the last four weeks."),
    key=f"calls-{chosen.id}",
)
with last:
    part = page_parts.chosen_part(PARTS, key="order-part")
try:
    if part == "versions":
        order_versions_list.show(chosen, found)
    elif part == "rules":
        rules_part(who, chosen, found, weeks, calls)
    else:
        report = report_of(chosen, found, weeks, calls)
        order_simulated.at_capacity(report, calls)
        order_curves.show(report)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))
