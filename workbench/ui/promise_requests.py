"""Asking for a promise that goes beyond one's limits, where it is typed."""

from uuid import uuid4

import streamlit as st

from models import ApprovalKind
from workbench import db
from workbench.actions import approvals
from workbench.rules.access import Permission
from workbench.rules.approvals import as_kept
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _


def ask(case_id: int, terms: PromiseTerms) -> None:
    """The request with its reason: a form, so that the words and the click travel together."""
    st.session_state.setdefault(_key(case_id), uuid4())
    with st.form(f"ask-promise-{case_id}", border=False):
        st.text_input(_("Why it should be approved"), key=_reason(case_id), max_chars=500)
        st.form_submit_button(_("Ask for approval"), width="stretch", on_click=_ask, args=(case_id, terms))


def _ask(case_id: int, terms: PromiseTerms) -> None:
    who, state = access.require(Permission.WORK_QUEUE), st.session_state
    key, reason, kind = state.get(_key(case_id)), state.get(_reason(case_id)) or "", ApprovalKind.PROMISE
    if key is None:
        return  # the second click of two
    try:
        with db.transaction() as session:
            asked, at = as_kept(kind, terms), access.now()
            approvals.request_approval(session, who, case_id, kind, asked, reason=reason, key=key, at=at)
    except Refused as refused:
        frame.say_refused(refused)
        return
    del state[_key(case_id)]
    state[_reason(case_id)] = ""


def _key(case_id: int) -> str:
    return f"promise-request-{case_id}"


def _reason(case_id: int) -> str:
    return f"promise-reason-{case_id}"
