"""What runs by itself: the timetable, nights, imports, failures, and the state of the workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.workshops import Workshop, every_workshop
from workbench.rules.access import Permission, Viewer

SILENT_AFTER = timedelta(seconds=90)  # who renews every 20 s and has not for so long is not there any more


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock that a portfolio's timetable goes by, and since when."""

    portfolio_id: int | None
    time_zone: str
    since: datetime


EVERYWHERE = Clock(None, "UTC", datetime.min.replace(tzinfo=UTC))


def clocks(session: Session) -> list[Clock]:
    """Every portfolio's clock."""
    rows = session.execute(text("SELECT id, time_zone, created_at FROM portfolio ORDER BY id"))
    return [Clock(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of the timetable with its next run and how the last one ended; moments in UTC."""

    name: str
    portfolio: str | None
    time_zone: str
    next_at: datetime | None
    last_at: datetime | None
    last_state: str | None


TIMETABLE = """
SELECT run.name, portfolio.code, coalesce(portfolio.time_zone, 'UTC'),
       min(run.due_at) FILTER (WHERE run.due_at > :at AND run.state = 'due'),
       max(run.due_at) FILTER (WHERE run.due_at <= :at),
       (array_agg(run.state ORDER BY run.due_at DESC) FILTER (WHERE run.due_at <= :at))[1]
FROM scheduled_run run LEFT JOIN portfolio ON portfolio.id = run.portfolio_id
WHERE run.portfolio_id IS NULL OR run.portfolio_id = ANY(:portfolios)
GROUP BY run.name, portfolio.code, portfolio.time_zone
ORDER BY portfolio.code NULLS LAST, run.name
"""


def timetable(session: Session, who: Viewer, *, at: datetime) -> list[Planned]:
    """The timetable of this person's portfolios, and of everything that belongs to none."""
    return [Planned(*row) for row in _rows(session, who, TIMETABLE, at=at)]


@dataclass(frozen=True, slots=True)
class Progress:
    """A night or an import: how far it is; `silent` when nobody has been working on it for a while."""

    portfolio: str
    what: str
    on: date
    state: str
    done: int
    total: int
    started_at: datetime | None
    finished_at: datetime | None
    silent: bool
    error: str | None

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else float(self.state == "done")


NIGHTS = """
SELECT portfolio.code, portfolio.name, run.business_date, run.state, run.cases_done, run.cases_total, run.started_at,
       run.finished_at, run.state = 'running' AND run.heartbeat_at < :silent_before, run.error
FROM nightly_run run JOIN portfolio ON portfolio.id = run.portfolio_id
WHERE run.portfolio_id = ANY(:portfolios)
ORDER BY run.state = 'running' DESC, run.started_at DESC LIMIT 30
"""

IMPORTS = """
SELECT portfolio.code, run.file_name, run.business_date, run.state, run.rows_done, run.rows_total,
       coalesce(run.started_at, run.created_at), run.finished_at,
       run.state = 'running' AND run.heartbeat_at < :silent_before, run.error
FROM import_run run JOIN portfolio ON portfolio.id = run.portfolio_id
WHERE run.portfolio_id = ANY(:portfolios)
ORDER BY run.state = 'running' DESC, run.created_at DESC LIMIT 30
"""


def nights(session: Session, who: Viewer, *, at: datetime) -> list[Progress]:
    """The last thirty nights of this person's portfolios, running ones first."""
    return [Progress(*row) for row in _rows(session, who, NIGHTS, silent_before=at - SILENT_AFTER)]


def imports(session: Session, who: Viewer, *, at: datetime) -> list[Progress]:
    """The last thirty imports of this person's portfolios, running ones first."""
    return [Progress(*row) for row in _rows(session, who, IMPORTS, silent_before=at - SILENT_AFTER)]


@dataclass(frozen=True, slots=True)
class Failure:
    """A run or an import that ended badly; `tries_again` when nobody has to do anything yet."""

    kind: str  # the row's table
    id: int
    name: str
    portfolio: str | None
    time_zone: str
    due_at: datetime
    attempts: int
    error: str
    tries_again: bool
    may_retry: bool


FAILURES = """
SELECT 'scheduled_run', run.id, run.name, portfolio.code, coalesce(portfolio.time_zone, 'UTC'), run.due_at,
       run.attempts, coalesce(run.error, ''),
       run.state = 'due',
       run.state = 'failed' AND NOT EXISTS (
           SELECT FROM scheduled_run later
           WHERE later.name = run.name AND later.portfolio_id IS NOT DISTINCT FROM run.portfolio_id
             AND later.due_at > run.due_at AND later.due_at <= :at)
FROM scheduled_run run LEFT JOIN portfolio ON portfolio.id = run.portfolio_id
WHERE (run.portfolio_id IS NULL OR run.portfolio_id = ANY(:portfolios)) AND run.due_at > :since
  AND (run.state = 'failed' OR run.state = 'due' AND run.error IS NOT NULL)
UNION ALL
SELECT 'import_run', run.id, run.file_name, portfolio.code, portfolio.time_zone, run.created_at,
       run.attempts, coalesce(run.error, ''),
       false, run.content IS NOT NULL
FROM import_run run JOIN portfolio ON portfolio.id = run.portfolio_id
WHERE run.portfolio_id = ANY(:portfolios) AND run.state = 'failed' AND run.created_at > :since
ORDER BY 6 DESC LIMIT 50
"""


def failures(session: Session, who: Viewer, *, at: datetime) -> list[Failure]:
    """What failed in the last two weeks in this person's portfolios, latest first."""
    return [Failure(*row) for row in _rows(session, who, FAILURES, at=at, since=at - timedelta(days=14))]


def workshops(who: Viewer) -> list[Workshop]:
    """The state of every queue and its workers; nothing when Redis is away."""
    who.require(Permission.SEE_OPERATIONS)
    return every_workshop()


def _rows(session: Session, who: Viewer, statement: str, **values: object) -> Sequence[Any]:
    who.require(Permission.SEE_OPERATIONS)
    return session.execute(text(statement), values | {"portfolios": list(who.portfolio_ids)}).all()
