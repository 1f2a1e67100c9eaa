"""What a person may do to messages: cancel them, say what became of one nobody knows of, play the sandbox's provider."""

from collections.abc import Sequence
from html import escape
from uuid import uuid4

import streamlit as st

from models import MessageState
from workbench import db
from workbench.actions import outbox
from workbench.actions.sandbox import Play, play
from workbench.channels.sandbox.sending import PROVIDER as SANDBOX
from workbench.queries.outbox import Line, unconfirmed
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS
from workbench.rules.message_states import WAITING
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _, moment, ngettext
from workbench.ui.outbox_words import provider_said, step_of

PLAYS = {Play.DELIVERED: N_("Deliver"), Play.READ: N_("Read it"), Play.BOUNCED: N_("Bounce")}


def cancelling(who: Viewer, selected: Sequence[Line]) -> None:
    """Offers to take the selected messages back, as far as they have not left."""
    waiting = [each.id for each in selected if each.state in WAITING]
    if not waiting or not who.may(Permission.CANCEL_MESSAGES):
        return
    with st.form("outbox-cancel", border=True):
        reason, button = st.columns([4, 1.4], vertical_alignment="bottom")
        reason.text_input(_("Reason to cancel"), key="cancel-reason")
        told = ngettext("Cancel {n} message", "Cancel {n} messages", len(waiting))
        button.form_submit_button(told, width="stretch", on_click=_cancel, args=(waiting,))


def _cancel(message_ids: list[int]) -> None:
    who = access.require(Permission.CANCEL_MESSAGES)
    try:
        with db.transaction() as session:
            reason = st.session_state["cancel-reason"]
            gone = outbox.cancel(session, who, message_ids, reason=reason, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    if left := len(message_ids) - gone:
        st.session_state["refused"] = ngettext("{n} had left meanwhile.", "{n} had left meanwhile.", left)


def unknown(who: Viewer, portfolio_id: int) -> None:
    """The messages of which nobody knows whether they left, with the evidence and the three answers."""
    with db.reading() as session:
        lines = unconfirmed(session, who, portfolio_id)
    if not lines:
        return
    told = ngettext("{n} message may have left", "{n} messages may have left", len(lines))
    with st.expander(told, icon=":material/help:", expanded=True):
        st.caption(_("The connection ended before the provider had answered. A receipt settles it; so can you."))
        for line in lines:
            _answer(who, line)


def _answer(who: Viewer, line: Line) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"unconfirmed-{line.id}"):
        facts = " · ".join((line.reference, _(CHANNELS[line.channel]), step_of(line), moment(line.moment, line.zone)))
        evidence = f"<br><span class='cw-warn'>{escape(provider_said(line.error))}</span>" if line.error else ""
        frame.markup(f"<b>{escape(line.name or '•••')}</b> <span class='cw-muted'>{escape(facts)}</span>{evidence}")
        if not who.may(Permission.RESOLVE_MESSAGES):
            return
        for name, label, left, again in (
            ("left", _("It left"), True, False),
            ("lost", _("It did not leave"), False, False),
            ("again", _("It did not: send again"), False, True),
        ):
            st.button(label, key=f"{name}-{line.id}", on_click=_resolve, args=(line.id, left, again))


def _resolve(message_id: int, left: bool, again: bool) -> None:  # noqa: FBT001  # a callback's arguments come by place
    who = access.require(Permission.RESOLVE_MESSAGES)
    try:
        with db.transaction() as session:
            outbox.resolve(session, who, message_id, left=left, again=again, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def playing(who: Viewer, line: Line) -> None:
    """The sandbox's provider and debtor, for a message that the sandbox took."""
    if line.provider != SANDBOX or line.sent_at is None or not who.may(Permission.PLAY_SANDBOX):
        return
    number = st.session_state.setdefault(f"play-number-{line.id}", uuid4().hex)
    with st.container(border=True, key=f"play-{line.id}"):
        st.caption(_("The sandbox took it. Play what the provider or the debtor would tell:"))
        buttons = st.container(horizontal=True)
        for what, label in PLAYS.items():
            off = line.state in (MessageState.BOUNCED, MessageState.FAILED)
            buttons.button(
                _(label), key=f"{what}-{line.id}", disabled=off, on_click=_play, args=(line.id, what, number)
            )
        with st.form(f"play-reply-{line.id}", border=False):
            words, send = st.columns([4, 1.2], vertical_alignment="bottom")
            words.text_input(_("The debtor answers"), key=f"play-words-{line.id}")
            send.form_submit_button(
                _("Send answer"), width="stretch", on_click=_play, args=(line.id, Play.REPLY, number)
            )


def _play(message_id: int, what: Play, number: str) -> None:
    who = access.require(Permission.PLAY_SANDBOX)
    words = st.session_state.get(f"play-words-{message_id}") or "" if what is Play.REPLY else ""
    try:
        with db.transaction() as session:
            play(session, who, message_id, what, number=number, words=words, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    st.session_state.pop(f"play-number-{message_id}", None)
    st.session_state["outbox-told"] = _("Played: it is worked off like the provider's own, within seconds.")


def told() -> None:
    """Says once what was played."""
    if said := st.session_state.pop("outbox-told", None):
        st.toast(said)
