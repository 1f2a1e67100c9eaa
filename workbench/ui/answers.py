"""What became of one's own requests: a counter-offer is accepted or declined in one click, the rest is read."""

from collections.abc import Sequence

import streamlit as st

from models import ApprovalState
from workbench import db
from workbench.actions import approvals
from workbench.queries.approvals import Request, answers_for, requests_of_case
from workbench.queries.cases import CaseCard
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, approval_cards, frame
from workbench.ui.i18n import _, ngettext

STAND_OUT = (ApprovalState.COUNTERED, ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.EXPIRED)


def show(who: Viewer) -> None:
    """Before the next debtor is taken: counter-offers with their two buttons, other answers, and what still waits."""
    with db.reading() as session:
        found = answers_for(session, who, at=access.now())
    answered = [each for each in found if each.state in STAND_OUT]
    if answered:
        st.markdown(f"**{_('Answers to what you asked')}**")
        _draw(who, answered)
    waiting = [each for each in found if each.state is ApprovalState.PENDING]
    if waiting:
        title = ngettext("{n} request waits for a decision", "{n} requests wait for a decision", len(waiting))
        with st.expander(title, key="own-requests"):
            _draw(who, waiting)


def for_case(who: Viewer, card: CaseCard) -> None:
    """On the case: its requests that are open, and the last one that was answered."""
    with db.reading() as session:
        found = requests_of_case(session, who, card.case_id, at=access.now())
    open_ones = [each for each in found if each.stands]
    _draw(who, open_ones or found[:1])


def _draw(who: Viewer, requests: Sequence[Request]) -> None:
    for each in requests:
        with st.container(border=True, key=f"answer-{each.id}"):
            frame.markup(approval_cards.line(each, at=access.now()))
            if each.asker_id == who.user_id and each.stands:
                _buttons(each)


def _buttons(request: Request) -> None:
    with st.container(horizontal=True):
        if request.state is ApprovalState.PENDING:
            st.button(
                _("Take the request back"),
                key=f"withdraw-{request.id}",
                on_click=_answer,
                args=(request.id, "withdraw"),
            )
            return
        st.button(
            _("Accept and close"),
            type="primary",
            key=f"accept-{request.id}",
            on_click=_answer,
            args=(request.id, "accept"),
        )
        st.button(_("Decline"), key=f"decline-{request.id}", on_click=_answer, args=(request.id, "decline"))


_DEEDS = {
    "accept": approvals.accept_counter,
    "decline": approvals.decline_counter,
    "withdraw": approvals.withdraw_request,
}


def _answer(approval_id: int, deed: str) -> None:
    who = access.require(Permission.WORK_QUEUE)
    try:
        with db.transaction() as session:
            _DEEDS[deed](session, who, approval_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
