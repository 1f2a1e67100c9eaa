"""What a supervisor does with a request: approve it in one click, reject it with a reason, or offer something else."""

import streamlit as st

from workbench import db
from workbench.actions import approvals
from workbench.queries.approvals import Request
from workbench.rules.access import Permission, Viewer
from workbench.rules.approvals import Decision
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, approval_counters, frame
from workbench.ui.i18n import _

DONE = {
    Decision.APPROVE: N_("Approved, and done."),
    Decision.REJECT: N_("Rejected; who asked reads why."),
    Decision.COUNTER: N_("The counter-offer waits for who asked."),
}


def buttons(who: Viewer, request: Request) -> None:
    """The three decisions, or why this person does not decide."""
    if request.asker_id == who.user_id:
        st.caption(_("You asked for this: somebody else decides."))
        return
    mine = request.decided_by(who)
    if st.session_state.get("refused-request") == request.id:
        frame.show_refused()  # beside its buttons: the top of the page may be out of sight
    with st.container(horizontal=True, key=f"decide-{request.id}"):
        if mine:
            st.button(
                _("Approve"),
                type="primary",
                key=f"approve-{request.id}",
                on_click=_decide,
                args=(request, Decision.APPROVE),
            )
        with (
            st.popover(_("Counter-offer"), key=f"counter-{request.id}"),
            st.form(f"counter-form-{request.id}", border=False),
        ):
            approval_counters.fields(request)
            st.text_input(_("Why"), key=f"counter-why-{request.id}")
            st.form_submit_button(_("Send counter-offer"), on_click=_decide, args=(request, Decision.COUNTER))
        if mine:
            with (
                st.popover(_("Reject"), key=f"reject-{request.id}"),
                st.form(f"reject-form-{request.id}", border=False),
            ):
                st.text_input(_("Why"), key=f"reject-why-{request.id}")
                st.form_submit_button(_("Reject"), on_click=_decide, args=(request, Decision.REJECT))
    if not mine:
        st.caption(_("It needs a manager's authority; a counter-offer within your own limits is yours to make."))


def _decide(request: Request, decision: Decision) -> None:
    who = access.require(Permission.APPROVE_NEGOTIATIONS)
    note = "" if decision is Decision.APPROVE else st.session_state[f"{decision}-why-{request.id}"] or ""
    try:
        counter = approval_counters.typed(request) if decision is Decision.COUNTER else None
        with db.transaction() as session:
            approvals.decide(session, who, request.id, decision, note=note, counter=counter, at=access.now())
    except Refused as refused:
        st.session_state["refused-request"] = request.id
        frame.say_refused(refused)
        return
    st.session_state["approval-done"] = _(DONE[decision])


def told() -> None:
    """Says once what was done."""
    if said := st.session_state.pop("approval-done", None):
        st.toast(said)
