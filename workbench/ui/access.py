"""Who looks at the page: asked first by every page, callback and fragment, because each of them runs without the others."""

import time
from datetime import datetime
from typing import NoReturn

import streamlit as st

from models import Role
from workbench import clock, db
from workbench.actions import presences
from workbench.actions.sessions import note_seen
from workbench.queries.sessions import viewer_of
from workbench.rules.access import Permission, Viewer
from workbench.ui import i18n
from workbench.ui.i18n import _

# one script run asks several times; a revoked log-in is noticed at the next run after this
TRUSTED_SECONDS = 0.5
SEEN_SECONDS = 60

TO_THE_DOOR = (
    "<script>location.assign('/session/login?next='+encodeURIComponent(location.pathname+location.search))</script>"
)


def now() -> datetime:
    """The moment of this click: the only clock of the screens."""
    return clock.now()


def visitor() -> Viewer:
    """Who is logged in, as the database knows them now; anybody else is sent to the log-in and the run ends here."""
    asked_at, known = st.session_state.get("visitor", (0.0, None))
    who: Viewer | None = known
    if who is None or time.monotonic() - asked_at > TRUSTED_SECONDS:
        with db.reading() as session:
            who = viewer_of(session, session_id(), at=now())
        st.session_state["visitor"] = (time.monotonic(), who)
    if who is None:
        _bounce()
    i18n.use(who.language)
    return who


def require(permission: Permission) -> Viewer:
    """The visitor, if their role allows what is about to happen; otherwise nothing more is run."""
    who = visitor()
    if not who.may(permission):
        st.error(_("Your role does not allow this."))
        st.stop()
    return who


def session_id() -> str | None:
    """The public id of the log-in this page was opened with, vouched for by the access gate."""
    vouched = st.user.to_dict().get("session_id")
    return str(vouched) if vouched else None


def note_presence(who: Viewer) -> None:
    """Puts the idle end of the log-in off: the person has done something, a self-refreshing fragment has not.

    An agent is at work from the first page on; a supervisor from the desk on (`desk.open_desk`).
    """
    public_id, last = session_id(), st.session_state.get("seen_at", 0.0)
    if public_id is None or time.monotonic() - last < SEEN_SECONDS:
        return
    with db.transaction() as session:
        note_seen(session, public_id, at=now())
        if who.role is Role.AGENT:
            presences.arrive(session, who, at=now())
        elif who.may(Permission.WORK_QUEUE):
            presences.note_seen(session, who, at=now())
    st.session_state["seen_at"] = time.monotonic()


def _bounce() -> NoReturn:
    st.html(TO_THE_DOOR, unsafe_allow_javascript=True)
    st.stop()
