"""One message from one state to the next: the row, its event and its interaction move in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8
from sqlmodel import Session

from models.interactions import Channel
from models.messages import MessageState as State
from workbench.db import driver
from workbench.rules.message_states import ENDED, key_on, may_move

DISPOSITIONS = {
    State.SENT: "message.sent",
    State.DELIVERED: "message.delivered",
    State.READ: "message.read",
    State.FAILED: "message.failed",
    State.BOUNCED: "message.bounced",
    State.PLANNED: "message.failed",  # back from a try that did not leave: no attempt that counts
}


@dataclass(frozen=True, slots=True)
class Move:
    """Where a message goes and what is said of it; none = as it was. `details` hold no personal data."""

    state: State
    at: datetime
    source: str  # send, receipt, debtor, person, sweep
    by: int | None = None
    not_before: datetime | None = None
    sent_at: datetime | None = None
    held: dict[str, Any] | None = None
    error: str | None = None
    provider: str | None = None
    provider_id: str | None = None
    cost: Decimal | None = None
    details: dict[str, Any] = field(default_factory=dict)


def move(session: Session, message_ids: Sequence[int], to: Move, *, old: Collection[State]) -> list[int]:
    """Moves those of the messages that are in one of the `old` states; says which. The rules have to know each move."""
    assert all(may_move(each, to.state, told=to.source == "receipt") for each in old)
    values = {
        "ids": list(message_ids),
        "old": [state.value for state in old],
        "state": to.state.value,
        "ended": to.at if to.state in ENDED else None,
        "disposition": DISPOSITIONS.get(to.state),
        "at": to.at,
        "source": to.source,
        "by": to.by,
        "not_before": to.not_before,
        "sent_at": to.sent_at,
        "held": Jsonb(to.held) if to.held is not None else None,
        "error": to.error,
        "provider": to.provider,
        "provider_id": to.provider_id,
        "cost": to.cost,
        "details": Jsonb(to.details),
    }
    session.flush()
    return [row[0] for row in driver(session).execute(_MOVE, values)]


def note(session: Session, message_id: int, told: Move) -> None:
    """Writes down what was told of a message that it does not move; what arrived counts before the law all the same."""
    values = {
        "id": Int8(message_id),
        "state": told.state.value,
        "disposition": DISPOSITIONS.get(told.state),
        "at": told.at,
        "source": told.source,
        "by": told.by,
        "details": Jsonb(told.details),
        "provider": told.provider,
        "provider_id": told.provider_id,
        "cost": told.cost,
    }
    driver(session).execute(_NOTE, values)


def invalidate(session: Session, message_id: int) -> None:
    """Marks the number or address a message went to: no good for its channel; a dead e-mail address for anything."""
    driver(session).execute(_INVALIDATE, {"id": Int8(message_id)})


def fall_back(session: Session, message_id: int, *, at: datetime) -> int | None:
    """Plans the same message on its next channel, where it has one and there is still time; returns the new id."""
    raw = driver(session)
    row = raw.execute(_FALLBACKS, {"id": Int8(message_id), "at": at}).fetchone()
    if row is None:
        return None
    key, channel, (following, *rest) = row
    values = {"id": Int8(message_id), "at": at, "channel": Channel(following).value, "rest": Jsonb(rest)}
    values |= {"key": key_on(key, channel, following), "why": Jsonb({"fallback_of": message_id})}
    made = raw.execute(_FALL_BACK, values).fetchone()
    return made[0] if made else None


def cost_of(said: str | None) -> Decimal | None:
    """What a provider says a message cost, as an amount; none for anything that is no number."""
    try:
        cost = Decimal(said or "NaN")
    except InvalidOperation:
        return None
    return abs(cost) if cost.is_finite() else None  # Twilio's prices are what the account loses


# A reply that was answered stays answered, whatever a late receipt says of the message.
_MOVE = """
WITH moved AS (
    UPDATE message SET state = %(state)s, lease_until = NULL, ended_at = %(ended)s, held = %(held)s::jsonb,
        not_before = coalesce(%(not_before)s, not_before), sent_at = coalesce(sent_at, %(sent_at)s),
        error = coalesce(%(error)s, error), provider = coalesce(provider, %(provider)s),
        provider_id = coalesce(provider_id, %(provider_id)s), cost = coalesce(%(cost)s, cost)
    WHERE id = ANY(%(ids)s) AND state = ANY(%(old)s)
    RETURNING id, interaction_id
), told AS (
    UPDATE interaction i SET disposition_code = %(disposition)s FROM moved
    WHERE i.id = moved.interaction_id AND %(disposition)s::text IS NOT NULL AND i.disposition_code <> 'message.answered'
), noted AS (
    INSERT INTO message_event (message_id, state, at, source, by_id, details)
    SELECT id, %(state)s, %(at)s, %(source)s, %(by)s, %(details)s FROM moved ON CONFLICT DO NOTHING
)
SELECT id FROM moved"""
_NOTE = """
WITH known AS (
    UPDATE message SET provider = coalesce(provider, %(provider)s), cost = coalesce(cost, %(cost)s),
        provider_id = coalesce(provider_id, %(provider_id)s)
    WHERE id = %(id)s RETURNING interaction_id
), counted AS (
    UPDATE interaction i SET disposition_code = %(disposition)s FROM known
    WHERE i.id = known.interaction_id AND i.disposition_code = 'message.failed'
      AND %(state)s IN ('delivered', 'read')
)
INSERT INTO message_event (message_id, state, at, source, by_id, details)
VALUES (%(id)s, %(state)s, %(at)s, %(source)s, %(by)s, %(details)s) ON CONFLICT DO NOTHING"""
_INVALIDATE = """
    UPDATE contact_point p SET
        unreachable = CASE WHEN m.channel = ANY(p.unreachable) THEN p.unreachable ELSE p.unreachable || m.channel::text END,
        status = CASE WHEN p.kind = 'email' AND p.status = 'active' THEN 'invalid' ELSE p.status END,
        status_reason = CASE WHEN p.kind = 'email' AND p.status = 'active' THEN 'message.bounced' ELSE p.status_reason END
    FROM message m WHERE m.id = %(id)s AND p.id = m.contact_point_id"""
_FALLBACKS = """
    SELECT key, channel, fallbacks FROM message
    WHERE id = %(id)s AND jsonb_array_length(fallbacks) > 0 AND expires_at > %(at)s"""
_FALL_BACK = """
    INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt,
        on_date, promise_id, payment_id, agreement_id, document_id, channel, fallbacks, template_code, chosen, state,
        not_before, expires_at, tries, planned_at)
    SELECT %(key)s, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt,
        on_date, promise_id, payment_id, agreement_id, document_id, %(channel)s, %(rest)s, template_code,
        chosen || %(why)s, 'planned', %(at)s, expires_at, 0, %(at)s
    FROM message WHERE id = %(id)s
    ON CONFLICT (key) DO NOTHING RETURNING id"""
