"""Portfolios: the books of debt, what they hold, and how a new one is opened."""

from typing import Any

import streamlit as st

from workbench import db
from workbench.actions.portfolios import NewPortfolio, create_portfolio
from workbench.queries.portfolios import Book, books, visible_portfolios
from workbench.queries.teams import own_teams
from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.ui import access, contact_policy, frame, number_columns, table_files
from workbench.ui.i18n import _, day, money

COUNTRIES = {  # the country's currency and the zone most of it lives in: a start, each can be changed in the form
    "AR": ("ARS", "America/Argentina/Buenos_Aires"),
    "BO": ("BOB", "America/La_Paz"),
    "BR": ("BRL", "America/Sao_Paulo"),
    "CL": ("CLP", "America/Santiago"),
    "CO": ("COP", "America/Bogota"),
    "CR": ("CRC", "America/Costa_Rica"),
    "DO": ("DOP", "America/Santo_Domingo"),
    "EC": ("USD", "America/Guayaquil"),
    "ES": ("EUR", "Europe/Madrid"),
    "GT": ("GTQ", "America/Guatemala"),
    "HN": ("HNL", "America/Tegucigalpa"),
    "MX": ("MXN", "America/Mexico_City"),
    "NI": ("NIO", "America/Managua"),
    "PA": ("USD", "America/Panama"),
    "PE": ("PEN", "America/Lima"),
    "PY": ("PYG", "America/Asuncion"),
    "SV": ("USD", "America/El_Salvador"),
    "US": ("USD", "America/New_York"),
    "UY": ("UYU", "America/Montevideo"),
}


def listed(shown: list[Book]) -> list[dict[str, Any]]:
    """One row a portfolio, written as the reader writes numbers; amounts of two currencies never meet in a sum."""
    return [
        {
            _("Code"): book.code,
            _("Portfolio"): book.name,
            _("Creditor"): book.creditor,
            _("Teams"): ", ".join(book.teams),
            _("Cases"): book.cases,
            _("Balance"): money(book.balance, book.currency),
            _("Past due"): money(book.past_due, book.currency),
            _("Last night"): day(book.business_date) if book.business_date else _("never"),
            _("Time zone"): book.time_zone,
        }
        for book in shown
    ]


def open_portfolio() -> None:
    """Saves the form; a refusal keeps what was typed."""
    state = st.session_state
    try:
        who = access.require(Permission.IMPORT)
        new = NewPortfolio(
            code=state["new-code"].strip().upper(),
            name=state["new-name"].strip(),
            creditor_code=state["new-creditor"].strip().upper(),
            creditor_name=state["new-creditor-name"].strip(),
            country=state["new-country"],
            currency=state["new-currency"].strip().upper(),
            time_zone=state["new-zone"].strip(),
            team_codes=tuple(state["new-teams"]),
        )
        with db.transaction() as session:
            create_portfolio(session, new, by=who, at=access.now())
        frame.say_done(_("Portfolio {code} is open. Import its first file.", code=new.code))
    except Refused as refused:
        frame.say_refused(refused)


def suggest() -> None:
    """Fills in the usual currency and zone of the country just chosen."""
    st.session_state["new-currency"], st.session_state["new-zone"] = COUNTRIES[st.session_state["new-country"]]


def new_portfolio_form(teams: dict[str, str]) -> None:
    """The fields a portfolio cannot do without; its limits start at the shipped defaults."""
    st.session_state.setdefault("new-country", "MX")
    st.session_state.setdefault("new-currency", "MXN")
    st.session_state.setdefault("new-zone", "America/Mexico_City")
    left, middle, right = st.columns(3)
    left.text_input(_("Code"), key="new-code", placeholder="MX-TARJETAS", max_chars=24)
    left.text_input(_("Portfolio"), key="new-name")
    middle.text_input(_("Creditor's code"), key="new-creditor")
    middle.text_input(_("Creditor"), key="new-creditor-name")
    right.selectbox(_("Country"), list(COUNTRIES), key="new-country", on_change=suggest)
    right.multiselect(_("Teams"), list(teams), format_func=teams.get, key="new-teams")
    left.text_input(_("Currency"), key="new-currency", max_chars=3)
    middle.text_input(_("Time zone"), key="new-zone")
    st.button(_("Open portfolio"), type="primary", key="open", on_click=open_portfolio)


who = access.require(Permission.IMPORT)
frame.page_header(_("Portfolios"), who)
frame.show_refused()
frame.show_done()
with db.reading() as session:
    shown, teams = books(session, who), own_teams(session, who)
    portfolios = visible_portfolios(session, who)
if shown:
    lines = listed(shown)
    right: dict[Any, Any] = dict.fromkeys((_("Balance"), _("Past due")), st.column_config.TextColumn(alignment="right"))
    number_columns.draw(lines, number_columns.counts(_("Cases")), config=right, key="books")
    table_files.beside("portfolios", lines, portfolio_ids=sorted(who.portfolio_ids))
else:
    frame.empty_state(_("There are no portfolios yet."), _("Open one below, then import its file."))
with st.expander(_("New portfolio"), expanded=not shown):
    new_portfolio_form(teams)
if portfolios:
    with st.expander(_("Contact policy")):
        contact_policy.show(portfolios)
