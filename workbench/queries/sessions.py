"""Log-ins: whether one still holds, and for whom.

A page asks `viewer_of` on every script run, in every fragment and in every callback: a socket that is already open
outlives the log-in it was opened with, and Streamlit runs fragments and callbacks without the entrypoint's checks.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from models import User, UserSession
from workbench.queries.users import is_live, seen_as, viewers
from workbench.rules.access import Viewer


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A log-in that holds: its public id is the token's SHA-256 in hexadecimal, of which the token cannot be made."""

    public_id: str
    user_id: int
    last_seen_at: datetime


def live_session(session: Session, token_hash: bytes, *, at: datetime) -> LiveSession | None:
    """The log-in of an active user with this token, unless it was revoked, is over, or idled too long."""
    query = (
        select(col(UserSession.user_id), col(UserSession.last_seen_at))
        .join(User, col(User.id) == UserSession.user_id)
        .where(col(UserSession.token_hash) == token_hash, is_live(at), col(User.active))
    )
    row = session.execute(query).first()
    return LiveSession(token_hash.hex(), row[0], row[1]) if row else None


def viewer_of(session: Session, session_public_id: str | None, *, at: datetime) -> Viewer | None:
    """Who looks at this page now, as the database knows them now; none sends the page to the log-in.

    `session_public_id` is `st.user.session_id`, which the access gate vouches for (none when nobody is logged in).
    """
    if not session_public_id:
        return None
    query = (
        viewers()
        .join(UserSession, col(UserSession.user_id) == User.id)
        .where(col(UserSession.token_hash) == bytes.fromhex(session_public_id), is_live(at))
    )
    row = session.execute(query).first()
    return seen_as(row) if row else None
