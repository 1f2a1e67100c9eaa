"""The number that messages give debtors to call."""

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.templates import set_contact_phone
from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _


def show(portfolio: Portfolio) -> None:
    """One field; empty = texts leave out what they say of it."""
    assert portfolio.id is not None
    with st.form(f"contact-phone-{portfolio.id}", border=False):
        field, save = st.columns([3, 1], vertical_alignment="bottom")
        field.text_input(
            _("Number that debtors may call, as in {{ contact_phone }}"),
            value=portfolio.contact_phone or "",
            max_chars=40,
            key=_key(portfolio.id),
        )
        save.form_submit_button(_("Save number"), on_click=_save, args=(portfolio.id,))


def _save(portfolio_id: int) -> None:
    try:
        who = access.require(Permission.EDIT_TEMPLATES)
        with db.transaction() as session:
            set_contact_phone(session, who, portfolio_id, st.session_state[_key(portfolio_id)], at=access.now())
        frame.say_done(_("The number is saved."))
    except Refused as refused:
        frame.say_refused(refused)


def _key(portfolio_id: int) -> str:
    return f"contact-phone-of-{portfolio_id}"
