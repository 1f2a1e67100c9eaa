"""The lists of claims: what waits for a review, what is open or decided, and every pause that lives."""

from html import escape

import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.pauses import end_pause
from workbench.actions.reviews import finish_review
from workbench.queries.disputes import Claim, ToReview, disputes, to_review
from workbench.queries.pauses import Paused, pauses
from workbench.rules.access import Permission, Viewer
from workbench.rules.disputes import RESOLUTIONS
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, table_files
from workbench.ui.dispute_words import claim_head, deadline, head, pause_name, span, what, why_in_review
from workbench.ui.i18n import _, day, money, ngettext
from workbench.ui.page_parts import one_page

LISTED = 25
CLAIM = "claim"


def review(who: Viewer, portfolio: Portfolio) -> None:
    """The cases that wait for somebody, the overdue first; what has no claim goes back to the calls with a note."""
    assert portfolio.id is not None
    with db.reading() as session:
        found = to_review(session, who, portfolio.id, at=access.now())
    if not found:
        frame.empty_state(
            _("Nothing waits for a review"),
            _("Claims, payments to verify and cases nobody can reach appear here until somebody has looked at them."),
        )
        return
    st.caption(ngettext("{n} case waits for a review", "{n} cases wait for a review", len(found)))
    for each in one_page(found, most=LISTED, key=f"review-page-{portfolio.id}"):
        with st.container(border=True, key=f"review-{each.case_id}"):
            _in_review(each)


def _in_review(each: ToReview) -> None:
    since = _("since {date}", date=day(each.since.date())) if each.since else ""
    facts = [escape(each.reference), escape(why_in_review(each)), since, deadline(each)]
    frame.markup(head(each.debtor, facts, money(each.balance, each.currency)))
    if each.last_note and not each.claim_id:
        st.caption(each.last_note)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if each.claim_id:
            st.button(
                _("Look at the claim"),
                key=f"look-{each.case_id}",
                on_click=choose,
                args=(each.claim_id,),
            )
        else:
            st.text_input(_("What was found"), key=f"found-{each.case_id}")
            st.button(_("Back to the calls"), key=f"back-{each.case_id}", on_click=_finish, args=(each.case_id,))
        st.link_button(_("Case"), f"/search?case={each.case_id}")


def choose(claim_id: int | None) -> None:
    """Opens one claim in full, or closes it."""
    if claim_id is None:
        st.query_params.pop(CLAIM, None)
    else:
        st.query_params[CLAIM] = str(claim_id)


def _finish(case_id: int) -> None:
    who = access.require(Permission.RESOLVE_DISPUTES)
    try:
        with db.transaction() as session:
            finish_review(session, who, case_id, note=st.session_state[f"found-{case_id}"], at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        frame.say_done(_("The case is back with the calls."))


def open_claims(who: Viewer, portfolio: Portfolio) -> None:
    """The claims that are undecided, by their deadline; below them what became of the others."""
    assert portfolio.id is not None
    at = access.now()
    with db.reading() as session:
        undecided = disputes(session, who, portfolio.id, at=at)
        decided = disputes(session, who, portfolio.id, at=at, undecided=False, most=50)
    if not undecided:
        frame.empty_state(
            _("No claim is open"), _("A claim is opened from a debtor's case, or by what a call came to.")
        )
    for each in one_page(undecided, most=LISTED, key=f"claims-page-{portfolio.id}"):
        with st.container(border=True, key=f"open-{each.id}"):
            frame.markup(claim_head(each) + f'<p class="cw-note">{escape(each.note)}</p>')
            st.button(_("Look at the claim"), key=f"claim-{each.id}", on_click=choose, args=(each.id,))
    if decided:
        with st.expander(_("Decided")):
            rows = [_decided(each) for each in decided]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
            personal = [_("Debtor"), _("About"), _("Why")]
            table_files.beside("decided-claims", rows, portfolio_ids=[portfolio.id], personal=personal)


def _decided(each: Claim) -> dict[str, str]:
    assert each.resolution is not None
    assert each.resolved_on is not None
    return {
        _("Debtor"): each.debtor,
        _("About"): what(each),
        _("Opened"): f"{day(each.opened_on)} · {each.opened_by_name}",
        _("Decided"): f"{day(each.resolved_on)} · {each.resolved_by or ''}",
        _("Decision"): _(RESOLUTIONS[each.resolution]),
        _("Written down"): money(each.written_down, each.currency) if each.written_down else "",
        _("Why"): each.resolution_note,
    }


def all_pauses(who: Viewer, portfolio: Portfolio) -> None:
    """Every pause that lives; a supervisor ends those that no claim keeps."""
    assert portfolio.id is not None
    with db.reading() as session:
        found = pauses(session, who, portfolio.id, at=access.now())
    if not found:
        frame.empty_state(_("Nothing is paused"))
        return
    st.caption(ngettext("{n} pause", "{n} pauses", len(found)))
    for each in one_page(found, most=LISTED, key=f"pauses-page-{portfolio.id}"):
        with st.container(border=True, key=f"paused-{each.id}"):
            _paused(who, each)


def _paused(who: Viewer, each: Paused) -> None:
    facts = [escape(each.reference), escape(pause_name(each)), span(each), escape(each.by or "")]
    frame.markup(head(each.debtor, facts, "") + f'<p class="cw-note">{escape(each.reason)}</p>')
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if each.dispute_id:
            st.button(_("Look at the claim"), key=f"of-{each.id}", on_click=choose, args=(each.dispute_id,))
        elif who.may(Permission.PAUSE_CASES):
            st.text_input(_("Why it ends"), key=f"why-{each.id}")
            st.button(_("End the pause"), key=f"end-{each.id}", on_click=_end, args=(each.id,))
        st.link_button(_("Case"), f"/search?case={each.case_id}")


def _end(pause_id: int) -> None:
    who = access.require(Permission.PAUSE_CASES)
    try:
        with db.transaction() as session:
            end_pause(session, who, pause_id, reason=st.session_state[f"why-{pause_id}"], at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        frame.say_done(_("The pause has ended; the case is back."))
