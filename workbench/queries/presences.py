"""What somebody is at work for now."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models import Presence, PresenceState
from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Present:
    """A state, and since when."""

    state: PresenceState
    since: datetime


def my_presence(session: Session, who: Viewer) -> Present | None:
    """The viewer's own state; none when they are not at work."""
    who.require(Permission.WORK_QUEUE)
    query = select(Presence.state, Presence.started_at).where(
        col(Presence.user_id) == who.user_id, col(Presence.ended_at).is_(None)
    )
    row = session.exec(query).first()
    return Present(PresenceState(row[0]), row[1]) if row else None
