"""Who is at work and what for: spans of time, one open at a time, that end when the person changes, leaves or is lost.

Written when something changes and once a minute while the person does things; no claim and no outcome pays for it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import PresenceState
from workbench.actions import audit
from workbench.queries.claims import current_claim
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

# Unseen for longer, they are not there any more. Who is at the desk clicks every few minutes; who went to lunch does not.
LONGEST_UNSEEN = {
    PresenceState.AVAILABLE: timedelta(minutes=10),
    PresenceState.BREAK: timedelta(hours=2),
    PresenceState.MEETING: timedelta(hours=4),
    PresenceState.TRAINING: timedelta(hours=8),
}


def note_seen(session: Session, who: Viewer, *, at: datetime) -> bool:
    """Notes that somebody at work still is; False when they were not at work, and nothing is noted."""
    return session.execute(_SEEN, _asked(who.user_id, at)).first() is not None


def arrive(session: Session, who: Viewer, *, at: datetime) -> None:
    """Begins somebody's time at work, available; who is at work already is only seen, also on a break."""
    who.require(Permission.WORK_QUEUE)
    if note_seen(session, who, at=at):
        return
    _end_lost_of(session, who.user_id, at)
    _open(session, who, PresenceState.AVAILABLE, at=at)


def change_presence(session: Session, who: Viewer, state: PresenceState, *, at: datetime) -> None:
    """Ends the state that somebody is in and begins another; the same again changes nothing.

    Refused while they hold a debtor, for nobody works one from a meeting: the page gives the debtor back first.
    """
    who.require(Permission.WORK_QUEUE)
    if state is not PresenceState.AVAILABLE and current_claim(session, who):
        raise Refused("Give the debtor back first; the draft is kept.")
    _end_lost_of(session, who.user_id, at)
    asked = {"me": who.user_id, "state": state.value, "at": at}
    if session.execute(_CHANGE, asked).first() or not session.execute(_AT_WORK, asked).first():
        _open(session, who, state, at=at)


def back_to_work(session: Session, who: Viewer, *, at: datetime) -> None:
    """Ends a break or a meeting because a debtor was taken."""
    change_presence(session, who, PresenceState.AVAILABLE, at=at)


def leave(session: Session, user_id: int, *, at: datetime) -> None:
    """Ends somebody's time at work because they logged out of everywhere; nothing when they were not at work."""
    _end_lost_of(session, user_id, at)
    if presence_id := session.execute(_LEAVE, {"me": user_id, "at": at}).scalar():
        audit.log(session, "leave", "presence", presence_id, by=user_id, at=at)


def end_lost(session: Session, *, at: datetime) -> int:
    """Ends, when they were last seen, the presences of people who are not seen any more; says how many.

    Whoever holds a debtor on a lease that runs is at work: a call may last longer than a click lasts.
    """
    lost = session.execute(_END_LOST, _asked(None, at)).scalars().all()
    if lost:
        audit.log(session, "end_lost", "presence", None, by=None, at=at, presences=len(lost))
    return len(lost)


def _open(session: Session, who: Viewer, state: PresenceState, *, at: datetime) -> None:
    asked = {"me": who.user_id, "state": state.value, "at": at}
    if presence_id := session.execute(_OPEN, asked).scalar():  # none: another window was faster
        audit.log(session, "change_presence", "presence", presence_id, by=who.user_id, at=at, state=state.value)


def _end_lost_of(session: Session, user_id: int, at: datetime) -> None:
    session.execute(_END_LOST, _asked(user_id, at))


def _asked(user_id: int | None, at: datetime) -> dict[str, Any]:
    longest = {state.value: at - unseen for state, unseen in LONGEST_UNSEEN.items()}
    return {"me": user_id, "at": at, **longest}


_UNSEEN_SINCE = (
    "CASE p.state " + " ".join(f"WHEN '{each}' THEN CAST(:{each} AS timestamptz)" for each in PresenceState) + " END"
)
_WORKS = "EXISTS (SELECT FROM work_item w WHERE w.claimed_by = p.user_id AND w.lease_until > :at)"
_SEEN = text(f"""
    UPDATE presence p SET seen_at = greatest(p.seen_at, :at)
    WHERE p.user_id = :me AND p.ended_at IS NULL AND (p.seen_at >= {_UNSEEN_SINCE} OR {_WORKS}) RETURNING p.id
""")
_END_LOST = text(f"""
    UPDATE presence p SET ended_at = p.seen_at, ended_because = 'lost'
    WHERE p.ended_at IS NULL AND (CAST(:me AS bigint) IS NULL OR p.user_id = :me)
      AND p.seen_at < {_UNSEEN_SINCE} AND NOT {_WORKS} RETURNING p.id
""")
_CHANGE = text("""
    UPDATE presence SET ended_at = greatest(started_at, :at), ended_because = 'changed', seen_at = greatest(seen_at, :at)
    WHERE user_id = :me AND ended_at IS NULL AND state <> :state RETURNING id
""")
_AT_WORK = text("SELECT id FROM presence WHERE user_id = :me AND ended_at IS NULL")
_LEAVE = text("""
    UPDATE presence SET ended_at = greatest(started_at, :at), ended_because = 'left', seen_at = greatest(seen_at, :at)
    WHERE user_id = :me AND ended_at IS NULL RETURNING id
""")
_OPEN = text("""
    INSERT INTO presence (user_id, state, started_at, seen_at) VALUES (:me, :state, :at, :at)
    ON CONFLICT DO NOTHING RETURNING id
""")
