"""“Already paid”: the look-ups that wait for a payment, and what came of each."""

from html import escape

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.verifications import dismiss_verification
from workbench.queries.verifications import Verification, verifications
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _, day, money, ngettext
from workbench.ui.page_parts import one_page

LISTED = 25


def show(who: Viewer, portfolio: Portfolio) -> None:
    """Who says so, what they said, until when nobody calls; a payment answers by itself, a person may say it is not so."""
    assert portfolio.id is not None
    with db.reading() as session:
        found = verifications(session, who, portfolio.id, at=access.now())
    if not found:
        frame.empty_state(
            _("Nobody waits for a payment to be found"),
            _("Who says that it is paid waits here for three business days; the payment ends the wait by itself."),
        )
        return
    st.caption(
        ngettext(
            "{n} debtor says that it is paid. A payment that comes in ends the wait by itself.",
            "{n} debtors say that it is paid. A payment that comes in ends the wait by itself.",
            len(found),
        )
    )
    for each in one_page(found, most=LISTED, key=f"verify-page-{portfolio.id}"):
        with st.container(border=True, key=f"verify-{each.id}"):
            _line(each, portfolio.currency)
            _answers(each)


def _line(each: Verification, currency: str) -> None:
    until = _("until {date}", date=day(each.until_on)) if each.until_on else _("until somebody ends it")
    wait = f'<span class="cw-warn">{_("nobody found it; collection went on")}</span>' if each.lapsed else until
    last = ""
    if each.last_payment and each.last_payment_on:
        last = _(
            "Last payment: {amount}, {date}", amount=money(each.last_payment, currency), date=day(each.last_payment_on)
        )
    facts = [escape(each.reference), escape(each.account or ""), _("since {date}", date=day(each.from_on)), wait, last]
    told = " · ".join(fact for fact in facts if fact)
    frame.markup(
        f'<div class="cw-who"><span><b>{escape(each.debtor)}</b><br><span class="cw-muted">{told}</span></span>'
        f'<span class="cw-owed"><b>{money(each.balance, currency)}</b></span></div>'
        f'<p class="cw-note">{escape(each.said)}</p>'
    )


def _answers(each: Verification) -> None:
    reason, missing, enter, see = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
    reason.text_input(
        _("Where it was looked for"),
        key=f"verify-reason-{each.id}",
        placeholder=_("For example: not in today's bank file"),
    )
    missing.button(
        _("Not found: go on"), key=f"verify-missing-{each.id}", width="stretch", on_click=_missing, args=(each.id,)
    )
    enter.button(
        _("Enter the payment"), key=f"verify-enter-{each.id}", width="stretch", on_click=_enter, args=(each.case_id,)
    )
    see.link_button(_("Statement"), f"/statement?case={each.case_id}", width="stretch")


def _missing(pause_id: int) -> None:
    who = access.require(Permission.RECORD_PAYMENTS)
    try:
        with db.transaction() as session:
            reason = st.session_state[f"verify-reason-{pause_id}"]
            dismiss_verification(session, who, pause_id, reason=reason, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        frame.say_done(_("Noted: collection goes on."))


def _enter(case_id: int) -> None:
    st.query_params["case"] = str(case_id)
    st.session_state["payments-part"] = "enter"
