"""What providers tell us: kept once as it came, stops obeyed at once, the rest worked off by a job.

An event is worked off in one transaction with its row locked: a worker that is killed leaves it as it was, and the
sweep sends it again. The lease only keeps the sweep from sending it twice in a row.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Channel
from workbench.actions.receipts import receive_receipt
from workbench.actions.replies_in import obey_stop, take_reply
from workbench.channels.letters import Receipt, Reply
from workbench.channels.payloads import storable
from workbench.db import enqueue
from workbench.jobs import Job
from workbench.rules.intents import stops

JOB_SIZE = 50
LEASE = timedelta(minutes=2)  # until the sweep looks at an event whose job was sent
KNOWN_WITHIN = timedelta(days=1)  # a receipt may come before its message's id is saved, not a day before
GIVEN_UP = timedelta(days=2)  # an event on which every worker fails
NO_MESSAGE = "no message of ours"


def receive(
    session: Session, channel: Channel, provider: str, events: Sequence[Receipt | Reply], raw: Any, *, at: datetime
) -> list[int]:
    """Keeps each event once, however often it is told, and obeys its stop word; returns the ids of the new ones.

    `raw` is what came (JSON, or an e-mail as text): kept with the first new event of it.
    """
    fresh = _unknown_ones(session, provider, events)
    payloads = [_stored(event) for event in fresh]
    if payloads:
        payloads[0]["raw"] = storable(raw)
    values = {
        "channel": channel.value,
        "provider": provider,
        "at": at,
        "until": at + LEASE,
        "keys": [event.event_key for event in fresh],
        "payloads": [json.dumps(payload) for payload in payloads],
    }
    kept: dict[str, int] = {row.event_key: row.id for row in session.execute(_KEEP, values)} if fresh else {}
    for event in fresh:
        if isinstance(event, Reply) and event.event_key in kept and stops(event.text):
            obey_stop(session, channel, provider, event, event_id=kept[event.event_key], at=at)
    ids = sorted(kept.values())
    _send(session, ids)
    return ids


def work_off(session: Session, event_id: int, *, at: datetime) -> None:
    """Does what an event asks for; one that is done, or in another worker's hands, is left alone."""
    event = session.execute(_TAKE, {"id": event_id}).first()
    if event is None:
        return
    told = _told(event)
    if isinstance(told, Reply):
        error = take_reply(session, Channel(event.channel), event.provider, told, event_id=event_id, at=at)
    elif receive_receipt(session, told, event.provider, at=at):
        error = None
    elif at - event.received_at < KNOWN_WITHIN:
        return  # the sweep brings it again
    else:
        error = NO_MESSAGE
    session.execute(_DONE, {"id": event_id, "at": at, "error": error})


def sweep_inbound(session: Session, *, at: datetime, limit: int = 5000) -> int:
    """Sends the events again whose job was lost or could do nothing yet, ever more seldom; returns how many."""
    session.execute(_GIVE_UP, {"at": at, "before": at - GIVEN_UP})
    ids = sorted(row.id for row in session.execute(_LEFT_BEHIND, {"at": at, "limit": limit}))
    _send(session, ids)
    return len(ids)


def _send(session: Session, ids: list[int]) -> None:
    for start in range(0, len(ids), JOB_SIZE):
        enqueue(session, Job.INBOUND, event_ids=ids[start : start + JOB_SIZE])


def _unknown_ones(session: Session, provider: str, events: Sequence[Receipt | Reply]) -> list[Receipt | Reply]:
    """The events not kept yet, each once, in one order for all, so that two tellings never wait for each other."""
    by_key = {event.event_key: event for event in events}
    known = set(session.execute(_KNOWN, {"provider": provider, "keys": list(by_key)}).scalars())
    return [by_key[key] for key in sorted(by_key) if key not in known]


def _stored(event: Receipt | Reply) -> dict[str, Any]:
    fields = asdict(event) | {"at": event.at.isoformat()}
    return {"kind": type(event).__name__.lower(), "told": storable(fields)}


def _told(event: Row[Any]) -> Receipt | Reply:
    fields = dict(event.payload["told"]) | {"at": datetime.fromisoformat(event.payload["told"]["at"])}
    if event.payload["kind"] == "receipt":
        return Receipt(**fields)
    return Reply(**fields | {"attachments": tuple(fields["attachments"])})


_KNOWN = text("SELECT event_key FROM inbound_event WHERE provider = :provider AND event_key = ANY(:keys)")
_KEEP = text("""
    INSERT INTO inbound_event (channel, provider, event_key, received_at, payload, attempts, lease_until)
    SELECT :channel, :provider, new.key, :at, new.payload::jsonb, 0, :until
    FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS text[])) AS new (key, payload)
    ON CONFLICT (provider, event_key) DO NOTHING RETURNING id, event_key
""")
_TAKE = text("""
    SELECT channel, provider, received_at, payload FROM inbound_event
    WHERE id = :id AND worked_at IS NULL FOR UPDATE SKIP LOCKED
""")
_DONE = text("UPDATE inbound_event SET worked_at = :at, lease_until = NULL, error = :error WHERE id = :id")
_GIVE_UP = text("""
    UPDATE inbound_event SET worked_at = :at, lease_until = NULL, error = 'gave up'
    WHERE worked_at IS NULL AND received_at < :before AND lease_until <= :at
""")
_LEFT_BEHIND = text("""
    WITH left_behind AS (
        SELECT id FROM inbound_event WHERE worked_at IS NULL AND coalesce(lease_until <= :at, true)
        ORDER BY received_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE inbound_event e SET attempts = e.attempts + 1,
        lease_until = CAST(:at AS timestamptz) + least(interval '1 hour', interval '1 minute' * 2 ^ least(e.attempts, 6))
    FROM left_behind WHERE e.id = left_behind.id RETURNING e.id
""")
