"""Log-ins: whether one still holds, and for whom.

A page asks `viewer_of` on every script run, in every fragment and in every callback: a socket that is already open
outlives the log-in it was opened with, and Streamlit runs fragments and callbacks without the entrypoint's checks.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlmodel import Session, col

from models import Role, User, UserSession
from workbench.queries.users import is_live
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
    row = session.execute(_VIEWER, {"token": bytes.fromhex(session_public_id), "at": at}).first()
    if row is None:
        return None
    return Viewer(row.id, row.name, Role(row.role), row.language, frozenset(row.portfolios), frozenset(row.teams))


# asked by every run of every page: written out, because putting it together takes longer than asking it
_VIEWER = text("""
    SELECT u.id, u.name, u.role, u.language, ARRAY(
        SELECT p.portfolio_id FROM team_member m JOIN team_portfolio p ON p.team_id = m.team_id
        WHERE m.user_id = u.id) AS portfolios,
        ARRAY(SELECT m.team_id FROM team_member m WHERE m.user_id = u.id) AS teams
    FROM user_session s JOIN app_user u ON u.id = s.user_id
    WHERE s.token_hash = :token AND u.active AND s.revoked_at IS NULL AND s.expires_at > :at
      AND s.last_seen_at + make_interval(mins => s.idle_minutes) > :at
""")
