"""What a supervisor tells an agent about one contact; the agent reads it, and may answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from workbench.actions import audit
from workbench.queries.teammates import require_teammate
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

LONGEST = 2000  # characters


def comment(
    session: Session, who: Viewer, interaction_id: int, said: str, *, praise: bool = False, at: datetime
) -> int:
    """Leaves a note on a teammate's contact for its agent; returns the note's id.

    Refused on one's own contacts, on messages that nobody sent, outside one's teams, and without words.
    """
    who.require(Permission.COACH)
    found = session.execute(_CONTACT, {"id": interaction_id, "visible": list(who.portfolio_ids)}).first()
    if found is None or found.user_id is None:
        raise Refused("There is nothing here that you may see.")
    if found.user_id == who.user_id:
        raise Refused("This is your own contact: a comment on it is somebody else's to make.")
    require_teammate(session, who, found.user_id)
    asked = {
        "interaction": interaction_id,
        "agent": found.user_id,
        "by": who.user_id,
        "said": _words(said),
        "praise": praise,
        "at": at,
    }
    note_id = int(session.execute(_ADD, asked).scalar_one())
    details = {"interaction_id": interaction_id, "agent": found.user_id, "praise": praise}
    audit.log(session, "coach", "coaching_note", note_id, by=who.user_id, at=at, **details)
    return note_id


def mark_seen(session: Session, who: Viewer, note_id: int, *, at: datetime) -> None:
    """Keeps that the agent has read their note; said again, it stays the first time."""
    _own(session, who, note_id)
    if session.execute(_SEEN, {"id": note_id, "at": at}).first():
        audit.log(session, "read_coaching", "coaching_note", note_id, by=who.user_id, at=at)


def answer(session: Session, who: Viewer, note_id: int, said: str, *, at: datetime) -> None:
    """The agent's answer, once; whoever answers has read it."""
    note = _own(session, who, note_id)
    if note.answered_at:
        raise Refused("This comment has been answered already.")
    session.execute(_ANSWER, {"id": note_id, "said": _words(said), "at": at})
    audit.log(session, "answer_coaching", "coaching_note", note_id, by=who.user_id, at=at)


def _words(said: str) -> str:
    said = said.strip()
    if not said:
        raise Refused("Write what you want to say.")
    if len(said) > LONGEST:
        raise Refused("That is too long: {n} characters fit.", n=LONGEST)
    return said


def _own(session: Session, who: Viewer, note_id: int) -> Row[Any]:
    found = session.execute(_NOTE, {"id": note_id, "me": who.user_id}).first()
    if found is None:
        raise Refused("There is nothing here that you may see.")
    return found


_CONTACT = text("SELECT user_id FROM interaction WHERE id = :id AND portfolio_id = ANY(:visible)")
_ADD = text("""
    INSERT INTO coaching_note (interaction_id, agent_id, by_id, comment, praise, made_at)
    VALUES (:interaction, :agent, :by, :said, :praise, :at) RETURNING id
""")
_NOTE = text("SELECT id, answered_at FROM coaching_note WHERE id = :id AND agent_id = :me FOR UPDATE")
_SEEN = text("UPDATE coaching_note SET seen_at = :at WHERE id = :id AND seen_at IS NULL RETURNING id")
_ANSWER = text("""
    UPDATE coaching_note SET answer = :said, answered_at = :at, seen_at = coalesce(seen_at, :at) WHERE id = :id
""")
