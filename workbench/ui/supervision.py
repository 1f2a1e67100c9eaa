"""What a supervisor or manager does on a case about the law: answer for a blocked call, note the debtor's own facts."""

from datetime import time
from html import escape
from typing import Any

import streamlit as st

from models import Channel
from workbench import db
from workbench.actions import blocked_forms, contact_facts
from workbench.queries.blocked_calls import BlockedCall, blocked_calls
from workbench.queries.cases import CaseCard
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS, FACTS
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, dispute_form, frame
from workbench.ui.compliance_words import cited
from workbench.ui.i18n import _, when

YES_OR_NO = ("opted_out", "debtor_served_in_collection_suit", "insolvency_started", "court_suspension")
# any other name than a clause of the contract counts as apart from it and later
INSTRUMENTS = {
    "later_request": N_("Apart from the contract and later"),
    "clause_in_contract": N_("A clause of the contract"),
}
WINDOW, INSTRUMENT, AUTHORISED = "consumer_requested_window", "request_instrument", "authorised_channels"


def show(who: Viewer, card: CaseCard) -> None:
    """Under the case, for those whose role allows it: a claim to open, a transfer, blocked calls, the debtor's facts."""
    dispute_form.show(who, card)
    if who.may(Permission.ASSIGN_WORK):
        frame.markup(f'<a href="/assignment?part=deal&case={card.case_id}">{_("Transfer to somebody else")}</a>')
    if who.may(Permission.CALL_OUTSIDE_HOURS):
        with db.reading() as session:
            waiting = blocked_calls(session, who, card.case_id)
        for each in waiting:
            _answer_for(each, card)
    if who.may(Permission.SET_CONTACT_FACTS):
        _facts(card)


def _answer_for(call: BlockedCall, card: CaseCard) -> None:
    """One blocked call with what was typed; saved with a reason it counts like any other, and stays marked."""
    with st.container(border=True, key=f"blocked-{call.id}"):
        told = _(
            "Blocked call of {name}, {when}", name=escape(call.by or _("the system")), when=when(call.at, card.zone)
        )
        frame.markup(
            f'<p><b class="cw-bad">{told}</b> · {escape(cited(call.rule, call.law))}</p>'
            f'<p><b>{escape(call.outcome)}</b> <span class="cw-note cw-muted">{escape(call.note)}</span></p>'
        )
        reason, save = st.columns([3, 1], vertical_alignment="bottom")
        reason.text_input(_("Reason for a call that is not lawful"), key=f"answer-{call.id}")
        save.button(
            _("Save with this reason"), key=f"save-blocked-{call.id}", width="stretch", on_click=_save, args=(call.id,)
        )


def _save(blocked_id: int) -> None:
    who = access.require(Permission.CALL_OUTSIDE_HOURS)
    try:
        with db.transaction() as session:
            blocked_forms.save_blocked(
                session, who, blocked_id, reason=st.session_state[f"answer-{blocked_id}"], at=access.now()
            )
    except Refused as refused:
        frame.say_refused(refused)


def _facts(card: CaseCard) -> None:
    known = card.known.facts
    window = known.get(WINDOW) or (None, None)
    with (
        st.expander(_("What the debtor asked for, and what a court decided"), expanded=False),
        st.form(f"facts-{card.debtor_id}", border=False),
    ):
        opens, closes, instrument = st.columns([1, 1, 2])
        key = _keys(card.debtor_id)
        opens.time_input(_("Asked for hours from"), value=_clock(window[0]), key=key("opens"))
        closes.time_input(_("to"), value=_clock(window[1]), key=key("closes"))
        instrument.selectbox(
            _("Asked for in"),
            list(INSTRUMENTS),
            format_func=lambda name: _(INSTRUMENTS[name]),
            index=_place(known.get(INSTRUMENT)),
            key=key(INSTRUMENT),
        )
        for column, name in zip(st.columns(len(YES_OR_NO)), YES_OR_NO, strict=True):
            column.checkbox(_(FACTS[name]), value=bool(known.get(name)), key=key(name))
        st.multiselect(
            _("Channels the debtor authorised (none chosen = not known)"),
            [channel.value for channel in Channel],
            format_func=lambda name: _(CHANNELS[Channel(name)]),
            default=known.get(AUTHORISED) or [],
            key=key(AUTHORISED),
        )
        st.form_submit_button(_("Save what is known"), on_click=_set, args=(card.debtor_id,))


def _set(debtor_id: int) -> None:
    who = access.require(Permission.SET_CONTACT_FACTS)
    try:
        with db.transaction() as session:
            contact_facts.set_facts(session, who, debtor_id, _given(debtor_id), at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def _given(debtor_id: int) -> dict[str, Any]:
    """The form as facts; what is empty is taken away."""
    key = _keys(debtor_id)
    given: dict[str, Any] = {name: st.session_state[key(name)] or None for name in YES_OR_NO}
    opens, closes = st.session_state[key("opens")], st.session_state[key("closes")]
    if (opens is None) != (closes is None) or (opens and closes and opens >= closes):
        raise Refused("Hours asked for need a beginning and a later end, or neither.")
    given[WINDOW] = [f"{opens:%H:%M}", f"{closes:%H:%M}"] if opens else None
    given[INSTRUMENT] = st.session_state[key(INSTRUMENT)] if opens else None
    given[AUTHORISED] = st.session_state[key(AUTHORISED)] or None
    return given


def _keys(debtor_id: int) -> Any:
    return lambda name: f"fact-{name}-{debtor_id}"


def _place(instrument: str | None) -> int:
    return list(INSTRUMENTS).index(instrument) if instrument in INSTRUMENTS else 0


def _clock(written: str | None) -> time | None:
    return time.fromisoformat(written) if written else None
