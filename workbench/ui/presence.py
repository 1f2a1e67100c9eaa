"""The agent's break: one key to begin it, and the next debtor or the same key to end it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models import PresenceState
from workbench import db
from workbench.actions import presences, worklist
from workbench.queries.presences import Present, my_presence
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _, clock

KEY = "Alt+B"
AWAY = {
    PresenceState.BREAK: N_("Break"),
    PresenceState.MEETING: N_("Meeting"),
    PresenceState.TRAINING: N_("Training"),
}
SINCE = {
    PresenceState.BREAK: N_("On a break since {time}: taking the next debtor ends it."),
    PresenceState.MEETING: N_("In a meeting since {time}: taking the next debtor ends it."),
    PresenceState.TRAINING: N_("In training since {time}: taking the next debtor ends it."),
}


def show(who: Viewer, zone: str) -> None:
    """On an empty desk: what one is at work for, and the ways to change it."""
    with db.reading() as session:
        now = my_presence(session, who)
    if now and now.state is not PresenceState.AVAILABLE:
        _away(now, zone)
        return
    with st.container(horizontal=True, key="presence"):
        for state, label in AWAY.items():
            key = KEY if state is PresenceState.BREAK else None
            st.button(_(label), key=f"presence-{state}", shortcut=key, on_click=_change, args=(state,))


def break_button(place: DeltaGenerator, item_id: int) -> None:
    """With a debtor in hand: gives them back, the draft kept, and begins the break, in one go."""
    place.button(
        _("Break"),
        shortcut=KEY,
        width="stretch",
        key=f"break-{item_id}",
        help=_("Gives the debtor back, the note kept, and counts as a break until the next one is taken."),
        on_click=_change,
        args=(PresenceState.BREAK, item_id),
    )


def _away(now: Present, zone: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="presence"):
        frame.markup(f'<p class="cw-away">{_(SINCE[now.state], time=clock(now.since, zone))}</p>')
        st.button(
            _("Back to work"), key="presence-back", shortcut=KEY, on_click=_change, args=(PresenceState.AVAILABLE,)
        )


def _change(state: PresenceState, item_id: int | None = None) -> None:
    who = access.require(Permission.WORK_QUEUE)
    try:
        with db.transaction() as session:
            if item_id is not None:
                worklist.release(session, who, item_id, at=access.now())
            presences.change_presence(session, who, state, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
