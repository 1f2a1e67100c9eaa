"""How the outbox is, for who looks after it: what waits, since when, and why messages did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer

SINCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A portfolio's messages that are due and not queued (the oldest since when), under way, or of unknown fate."""

    portfolio: str
    time_zone: str
    due: int
    oldest: datetime | None
    under_way: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Messages of the last two days that did not arrive, by why: the provider's word, or else a code of `rules.held`."""

    portfolio: str
    channel: str
    state: str
    error: str | None
    held: str | None
    messages: int


BACKLOG = """
SELECT p.code, p.time_zone, coalesce(due.n, 0), due.oldest, coalesce(leased.n, 0),
    (SELECT count(*) FROM message m WHERE m.portfolio_id = p.id AND m.state = 'unconfirmed')
FROM portfolio p
LEFT JOIN (SELECT portfolio_id, count(*) AS n, min(not_before) AS oldest FROM message
    WHERE state = 'planned' AND not_before <= :at GROUP BY 1) due ON due.portfolio_id = p.id
LEFT JOIN (SELECT portfolio_id, count(*) AS n FROM message
    WHERE lease_until IS NOT NULL GROUP BY 1) leased ON leased.portfolio_id = p.id
WHERE p.id = ANY(:portfolios) ORDER BY p.code
"""


def backlog(session: Session, who: Viewer, *, at: datetime) -> list[Waiting]:
    """What waits in each of this person's portfolios."""
    return [Waiting(*row) for row in _rows(session, who, BACKLOG, at=at)]


FAILURES = """
SELECT p.code, m.channel, m.state, m.error, m.held->>'code', count(*)
FROM message m JOIN portfolio p ON p.id = m.portfolio_id
WHERE m.portfolio_id = ANY(:portfolios) AND m.planned_at > :since AND m.state IN ('failed', 'bounced', 'blocked')
GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 1, 2 LIMIT 50
"""


def failures(session: Session, who: Viewer, *, at: datetime) -> list[Failed]:
    """Why messages of the last two days did not arrive, the most frequent first."""
    return [Failed(*row) for row in _rows(session, who, FAILURES, since=at - SINCE)]


def _rows(session: Session, who: Viewer, statement: str, **values: object) -> Sequence[Any]:
    who.require(Permission.SEE_OPERATIONS)
    return session.execute(text(statement), values | {"portfolios": list(who.portfolio_ids)}).all()
