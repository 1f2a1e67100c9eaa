"""Log-ins: tried, opened, seen, revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlmodel import Session, col

from models import LoginAttempt, User, UserSession
from workbench.actions import audit, presences
from workbench.queries.users import is_live
from workbench.rules.log_ins import BY_ADDRESS, BY_NAME, address_key, minutes_until, shut_until
from workbench.rules.refusals import Refused

SEEN_EVERY = timedelta(minutes=1)  # a row written per click would be the busiest table of all
KEPT = timedelta(days=30)  # attempts and dead sessions, for whoever looks into an incident


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a log-in holds: at most `whole`, and not after `idle` without a sign of life."""

    idle: timedelta
    whole: timedelta


def hash_of(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def begin_attempt(session: Session, *, email: str, address: str, at: datetime) -> int:
    """Counts a try to log in as failed before it is checked, so that a hundred at once are not a hundred tries.

    Returns the attempt's id, for `log_in`; refuses, with the minutes to wait, when too many have failed.
    """
    name_hash = hashlib.sha256(email.strip().casefold().encode()).digest()
    key = address_key(address)
    for lock in (name_hash.hex(), key):  # names before addresses everywhere: no two tries wait for each other
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    moments = (
        shut_until(_failures_of_name(session, name_hash, at), BY_NAME, at=at),
        shut_until(_failures_from(session, key, at), BY_ADDRESS, at=at),
    )
    if shut := max((moment for moment in moments if moment), default=None):
        raise Refused("Too many attempts. Try again in {minutes} min.", minutes=minutes_until(shut, at=at))
    attempt = LoginAttempt(name_hash=name_hash, address=key, at=at, succeeded=False)
    session.add(attempt)
    session.flush()
    assert attempt.id is not None
    return attempt.id


def log_in(
    session: Session,
    user_id: int,
    *,
    method: str,
    lifetime: Lifetime,
    at: datetime,
    password_hash: str | None = None,
    attempt_id: int | None = None,
) -> str:
    """Opens a session and returns its token, which exists in the person's cookie only.

    `password_hash` is what the password was checked against: if it has changed since, the check counts for nothing.
    """
    user = session.execute(select(User).where(col(User.id) == user_id).with_for_update(read=True)).scalar_one()
    if not user.active or (method == "password" and user.password_hash != password_hash):
        raise Refused("The e-mail or the password is not right.")
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user_id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + lifetime.whole,
            idle_minutes=round(lifetime.idle / timedelta(minutes=1)),
        )
    )
    session.execute(update(LoginAttempt).where(col(LoginAttempt.id) == attempt_id).values(succeeded=True))
    audit.log(session, "log_in", "app_user", user_id, by=user_id, at=at, method=method)
    session.flush()
    return token


def note_seen(session: Session, session_public_id: str, *, at: datetime) -> None:
    """Notes a sign of life of the person, at most once a minute, which puts the idle end off."""
    session.execute(
        update(UserSession)
        .where(
            col(UserSession.token_hash) == bytes.fromhex(session_public_id),
            col(UserSession.last_seen_at) < at - SEEN_EVERY,
        )
        .values(last_seen_at=at)
    )


def log_out(session: Session, session_public_id: str, *, at: datetime) -> None:
    """Ends one session; every page open with it stops at its next run."""
    statement = _revoking("log_out", at).where(col(UserSession.token_hash) == bytes.fromhex(session_public_id))
    user_id = session.execute(statement.returning(col(UserSession.user_id))).scalar()
    if user_id is not None:
        audit.log(session, "log_out", "app_user", user_id, by=user_id, at=at)
        if not session.execute(_live_of(user_id, at)).first():
            presences.leave(session, user_id, at=at)


def revoke_sessions(session: Session, user_id: int, *, because: str, by: int | None, at: datetime) -> int:
    """Ends every session of a person; returns how many there were."""
    statement = _revoking(because, at).where(col(UserSession.user_id) == user_id)
    ended = len(session.execute(statement.returning(col(UserSession.user_id))).all())
    if ended:
        audit.log(session, "revoke_sessions", "app_user", user_id, by=by, at=at, because=because, sessions=ended)
    presences.leave(session, user_id, at=at)
    return ended


def forget_old_log_ins(session: Session, *, at: datetime) -> None:
    """Deletes attempts and ended sessions that nobody will ask about any more."""
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.at) < at - KEPT))
    session.execute(delete(UserSession).where(col(UserSession.expires_at) < at - KEPT))


def _live_of(user_id: int, at: datetime) -> Select[Any]:
    return select(col(UserSession.user_id)).where(col(UserSession.user_id) == user_id, is_live(at)).limit(1)


def _revoking(because: str, at: datetime):  # type: ignore[no-untyped-def]  # noqa: ANN202  # SQLAlchemy's Update
    return (
        update(UserSession)
        .where(col(UserSession.revoked_at).is_(None))
        .values(revoked_at=at, revoked_because=because)
        .execution_options(synchronize_session=False)
    )


def _failures_of_name(session: Session, name_hash: bytes, at: datetime) -> Sequence[datetime]:
    """Since the name's last success, which only its owner can have: nobody else wipes the count."""
    success = (
        select(func.max(LoginAttempt.at))
        .where(col(LoginAttempt.name_hash) == name_hash, col(LoginAttempt.succeeded))
        .scalar_subquery()
    )
    query = select(col(LoginAttempt.at)).where(
        col(LoginAttempt.name_hash) == name_hash,
        col(LoginAttempt.at) > at - BY_NAME.window,
        ~col(LoginAttempt.succeeded),
        func.coalesce(col(LoginAttempt.at) > success, True),
    )
    return session.execute(query).scalars().all()


def _failures_from(session: Session, key: str, at: datetime) -> Sequence[datetime]:
    """A success of one's own account does not wipe these: it would buy any number of tries at other names."""
    query = select(col(LoginAttempt.at)).where(
        col(LoginAttempt.address) == key,
        col(LoginAttempt.at) > at - BY_ADDRESS.window,
        ~col(LoginAttempt.succeeded),
    )
    return session.execute(query).scalars().all()
