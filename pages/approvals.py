"""Approvals: what agents ask beyond their authority, with the limits and the case beside it; decided in one click."""

import streamlit as st

from workbench import db
from workbench.queries.approvals import history, inbox
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import access, approval_cards, approval_decisions, frame, page_parts
from workbench.ui.i18n import _, ngettext

PARTS = {"waiting": N_("To decide"), "history": N_("Decided")}


def waiting(who: Viewer, portfolio_id: int | None) -> None:
    """What waits, what expires first at the top."""
    at, refused = access.now(), st.session_state.get("refused-request")
    with db.reading() as session:
        requests = inbox(session, who, at=at, portfolio_id=portfolio_id)
    if not any(each.id == refused for each in requests):
        frame.show_refused()  # what it is about has gone meanwhile
    if not requests:
        frame.empty_state(
            _("Nothing waits for a decision"),
            _("What an agent asks beyond their limits appears here, with the case beside it, until it expires."),
        )
        return
    st.caption(ngettext("{n} request waits for a decision", "{n} requests wait for a decision", len(requests)))
    for each in requests:
        with st.container(border=True, key=f"request-{each.id}"):
            approval_cards.waiting(each, at=at)
            approval_decisions.buttons(who, each)


def decided(who: Viewer, portfolio_id: int | None) -> None:
    """What became of earlier requests."""
    at = access.now()
    frame.show_refused()
    with db.reading() as session:
        requests = history(session, who, at=at, portfolio_id=portfolio_id)
    if requests:
        approval_cards.told(requests)
    else:
        frame.empty_state(_("Nothing has been decided yet"))


who = access.require(Permission.APPROVE_NEGOTIATIONS)
frame.page_header(_("Approvals"), who)
approval_decisions.told()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = left.selectbox(
    _("Portfolio"),
    [None, *portfolios],
    format_func=lambda each: portfolios[each].name if each else _("All portfolios"),
    key="approvals-of",
)
with right:
    part = page_parts.chosen_part(PARTS, key="approvals-part")
(waiting if part == "waiting" else decided)(who, chosen)
