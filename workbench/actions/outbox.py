"""The outbox: what is planned is queued when it is due, and what a lost worker left behind is found again.

Redis holds a wake-up list of ids and nothing else: a message is in the state that its row says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from models.messages import MessageState as State
from workbench.actions import audit
from workbench.actions.message_moves import Move, move
from workbench.actions.message_sending import SENDING_LEASE, begin, finish
from workbench.db import driver, enqueue
from workbench.jobs import Job
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import Code, held
from workbench.rules.message_states import WAITING, key_again
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

__all__ = [
    "JOB_SIZE",
    "QUEUED_LEASE",
    "SENDING_LEASE",
    "Swept",
    "begin",
    "cancel",
    "dispatch",
    "finish",
    "put_off",
    "release",
    "resolve",
    "sweep",
]

JOB_SIZE = 200  # a job's fork opens connections of its own; what it has no time for it gives back
# When the wake-up list is lost, so long nobody looks at what was on it; a job that comes late still sends it.
QUEUED_LEASE = timedelta(minutes=3)
PUT_OFF = timedelta(minutes=15)  # a message that cannot even be judged: others go first, until somebody mends it


@dataclass(frozen=True, slots=True)
class Swept:
    """What lost workers had left: planned again, or nobody knows whether it left; and what has waited too long."""

    planned: int
    unconfirmed: int
    expired: int


def dispatch(session: Session, *, at: datetime, limit: int = 5000) -> int:
    """Queues the planned messages that are due, the longest waiting first, in jobs of 200 ids; says how many.

    At most `limit` are queued at a time, those of earlier calls counted: a backlog waits in the table, not in Redis.
    """
    session.flush()
    asked = {"at": at, "until": at + QUEUED_LEASE, "limit": limit}
    ids = [row[0] for row in driver(session).execute(_DISPATCH, asked)]
    for start in range(0, len(ids), JOB_SIZE):
        enqueue(session, Job.SEND, message_ids=ids[start : start + JOB_SIZE])
    return len(ids)


def release(session: Session, message_ids: Sequence[int], *, at: datetime, not_before: datetime | None = None) -> int:
    """Gives back queued messages that a worker did not come to, for later where the provider was too busy.

    What has begun stays where it is.
    """
    to = Move(State.PLANNED, at, "release", not_before=not_before)
    return len(move(session, message_ids, to, old=[State.QUEUED]))


def put_off(session: Session, message_id: int, *, error: str, at: datetime) -> bool:
    """Plans a queued message for later that broke while it was judged; `error` says where, without personal data.

    It waits no longer than until it expires: then the sweep cancels it.
    """
    to = Move(State.PLANNED, at, "send", not_before=at + PUT_OFF, error=error, details={"reason": error})
    return bool(move(session, [message_id], to, old=[State.QUEUED]))


def sweep(session: Session, *, at: datetime) -> Swept:
    """Finds what lost workers left: a queued message is planned again, one that was being sent is unconfirmed.

    Nobody sends an unconfirmed one again by itself: it may have left. A receipt or a person says so. What was due and
    has expired meanwhile is cancelled.
    """
    raw = driver(session)
    session.flush()
    lost = {
        state: [row[0] for row in raw.execute(_LOST, {"state": state.value, "at": at})]
        for state in (State.QUEUED, State.SENDING)
    }
    planned = move(session, lost[State.QUEUED], Move(State.PLANNED, at, "sweep"), old=[State.QUEUED])
    unknown = Move(State.UNCONFIRMED, at, "sweep", error=N_("the worker was lost while it was sending"))
    unconfirmed = move(session, lost[State.SENDING], unknown, old=[State.SENDING])
    late = [row[0] for row in raw.execute(_EXPIRED, {"at": at})]
    expired = move(session, late, Move(State.CANCELLED, at, "sweep", held=held(Code.EXPIRED)), old=[State.PLANNED])
    return Swept(len(planned), len(unconfirmed), len(expired))


def cancel(session: Session, who: Viewer, message_ids: Sequence[int], *, reason: str, at: datetime) -> int:
    """Takes messages back before they leave; those that have left or ended, or that the person may not see, stay."""
    who.require(Permission.CANCEL_MESSAGES)
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    session.flush()
    asked = {"ids": list(message_ids), "visible": list(who.portfolio_ids)}
    mine = [row[0] for row in driver(session).execute(_VISIBLE, asked)]
    why = held(Code.BY_PERSON, reason=reason.strip())
    gone = move(session, mine, Move(State.CANCELLED, at, "person", by=who.user_id, held=why), old=WAITING)
    if gone:
        audit.log(session, "cancel_messages", "message", None, by=who.user_id, at=at, ids=gone, reason=reason.strip())
    return len(gone)


def resolve(
    session: Session, who: Viewer, message_id: int, *, left: bool, again: bool = False, at: datetime
) -> int | None:
    """A person says what became of an unconfirmed message: it left, or it did not and is perhaps tried `again`.

    The second try is a message of its own, with a key of its own; its id is returned.
    """
    who.require(Permission.RESOLVE_MESSAGES)
    session.flush()
    row = driver(session).execute(_ONE, {"id": message_id}).fetchone()
    portfolio_id, key, state, begun_at = row or (0, "", "", None)
    who.require_portfolio(portfolio_id)
    if left and again:
        raise Refused("What has left is not sent again.")
    if state != State.UNCONFIRMED:
        raise Refused("Somebody or something has told meanwhile what became of this message.")
    if left:
        to = Move(State.SENT, at, "person", by=who.user_id, sent_at=begun_at)
    else:
        to = Move(State.FAILED, at, "person", by=who.user_id, held=held(Code.PROVIDER))
    move(session, [message_id], to, old=[State.UNCONFIRMED])
    made = _try_again(session, message_id, key, at) if again else None
    details = {"left": left, "again": made}
    audit.log(session, "resolve_message", "message", message_id, by=who.user_id, at=at, **details)
    return made


def _try_again(session: Session, message_id: int, key: str, at: datetime) -> int:
    values = {"id": message_id, "key": key_again(key), "at": at}
    made = driver(session).execute(_AGAIN, values).fetchone()
    if made is None:
        raise Refused("This message cannot be tried again: its time has passed.")
    return int(made[0])


_DISPATCH = """
WITH due AS (
    SELECT id FROM message WHERE state = 'planned' AND not_before <= %(at)s ORDER BY not_before, id
    LIMIT greatest(0, %(limit)s - (SELECT count(*) FROM message WHERE lease_until IS NOT NULL AND state = 'queued'))
    FOR UPDATE SKIP LOCKED
), queued AS (
    UPDATE message m SET state = 'queued', lease_until = %(until)s FROM due WHERE m.id = due.id RETURNING m.id, m.channel
), noted AS (
    INSERT INTO message_event (message_id, state, at, source, details) SELECT id, 'queued', %(at)s, 'plan', '{}' FROM queued
    ON CONFLICT DO NOTHING
)
SELECT id FROM queued ORDER BY channel, id"""
_LOST = """
    SELECT id FROM message WHERE lease_until <= %(at)s AND state = %(state)s ORDER BY id FOR UPDATE SKIP LOCKED"""
_EXPIRED = """
    SELECT id FROM message WHERE state = 'planned' AND not_before <= %(at)s AND expires_at <= %(at)s
    ORDER BY id FOR UPDATE SKIP LOCKED"""
_ONE = """
    SELECT portfolio_id, key, state,
        (SELECT max(at) FROM message_event WHERE message_id = message.id AND state = 'sending') AS begun_at
    FROM message WHERE id = %(id)s FOR UPDATE"""
_VISIBLE = "SELECT id FROM message WHERE id = ANY(%(ids)s) AND portfolio_id = ANY(%(visible)s) ORDER BY id FOR UPDATE"
_AGAIN = """
    INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt,
        on_date, promise_id, payment_id, agreement_id, document_id, author_id, channel, fallbacks, contact_point_id,
        template_code, chosen, state, not_before, expires_at, tries, planned_at, subject, body, language)
    SELECT %(key)s, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt + 1,
        on_date, promise_id, payment_id, agreement_id, document_id, author_id, channel, fallbacks, contact_point_id,
        template_code, chosen || jsonb_build_object('again_of', id), 'planned', %(at)s, expires_at, 0, %(at)s,
        CASE WHEN cause = 'reply' THEN subject END, CASE WHEN cause = 'reply' THEN body END,
        CASE WHEN cause = 'reply' THEN language END
    FROM message WHERE id = %(id)s AND expires_at > %(at)s
    ON CONFLICT (key) DO NOTHING RETURNING id"""
