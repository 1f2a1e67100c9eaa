"""What a watcher asks every few seconds, of the whole house: counts and ages, no names; each from an index of few rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits and how long the oldest has: messages that are due, or events that came in."""

    waiting: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Night:
    """The last night of a portfolio; `finished_at` is none while it runs."""

    portfolio: str
    state: str
    started_at: datetime
    finished_at: datetime | None


MESSAGES_TODAY = """
SELECT p.code, m.channel, m.state, count(*)
FROM portfolio p JOIN message m ON m.portfolio_id = p.id
  AND m.planned_at >= date_trunc('day', CAST(:at AS timestamptz) AT TIME ZONE p.time_zone) AT TIME ZONE p.time_zone
  AND m.planned_at <= :at
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def messages_today(session: Session, *, at: datetime) -> list[tuple[str, str, str, int]]:
    """Portfolio, channel, state and number of the messages planned since midnight in their portfolio's zone."""
    return [tuple(row) for row in _rows(session, MESSAGES_TODAY, at=at)]


DUE = """
SELECT count(*), coalesce(extract(epoch FROM :at - min(not_before)), 0)
FROM message WHERE state = 'planned' AND not_before <= :at
"""


def due_messages(session: Session, *, at: datetime) -> Backlog:
    """The messages that could have left by now and were not queued yet."""
    return _backlog(session, DUE, at)


IN_FLIGHT = "SELECT state, count(*) FROM message WHERE lease_until IS NOT NULL GROUP BY 1"


def in_flight(session: Session) -> dict[str, int]:
    """The messages a worker is to take or has taken, by state."""
    return {"queued": 0, "sending": 0} | dict(_rows(session, IN_FLIGHT))


UNCONFIRMED = """
SELECT p.code, (SELECT count(*) FROM message m WHERE m.portfolio_id = p.id AND m.state = 'unconfirmed')
FROM portfolio p ORDER BY 1
"""


def unconfirmed_messages(session: Session) -> dict[str, int]:
    """The messages of each portfolio of which nobody knows whether they left."""
    return dict(_rows(session, UNCONFIRMED))


INBOUND = """
SELECT count(*), coalesce(extract(epoch FROM :at - min(received_at)), 0) FROM inbound_event WHERE worked_at IS NULL
"""


def waiting_events(session: Session, *, at: datetime) -> Backlog:
    """What providers told us and nobody has worked off."""
    return _backlog(session, INBOUND, at)


OPT_OUTS = "SELECT channel, count(*) FROM opt_out WHERE since >= :at - interval '24 hours' GROUP BY 1 ORDER BY 1"


def opt_outs(session: Session, *, at: datetime) -> dict[str, int]:
    """The debtors who closed a channel within the last 24 hours."""
    return dict(_rows(session, OPT_OUTS, at=at))


NIGHTS = """
SELECT p.code, run.state, run.started_at, run.finished_at
FROM portfolio p CROSS JOIN LATERAL (
    SELECT state, started_at, finished_at FROM nightly_run WHERE portfolio_id = p.id ORDER BY business_date DESC LIMIT 1
) run ORDER BY 1
"""


def last_nights(session: Session) -> list[Night]:
    """The last night of every portfolio that has had one."""
    return [Night(*row) for row in _rows(session, NIGHTS)]


FAILED = """
SELECT name, count(*) FROM scheduled_run WHERE state = 'failed' AND due_at > :at - interval '14 days' GROUP BY 1
UNION ALL
SELECT 'import', count(*) FROM import_run WHERE state = 'failed' AND created_at > :at - interval '14 days' HAVING count(*) > 0
ORDER BY 1
"""


def failed_runs(session: Session, *, at: datetime) -> dict[str, int]:
    """What was given up within two weeks and nobody has retried, by entry of the timetable."""
    return dict(_rows(session, FAILED, at=at))


def _backlog(session: Session, statement: str, at: datetime) -> Backlog:
    [(waiting, seconds)] = _rows(session, statement, at=at)
    return Backlog(waiting, float(seconds))


def _rows(session: Session, statement: str, **values: object) -> Sequence[Any]:
    return session.execute(text(statement), values).all()
