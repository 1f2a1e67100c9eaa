"""What waits on the floor: each queue and how long its work has waited, leases, callbacks, and the lawful time left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Queue
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Known, Place
from workbench.rules.floors import COMING_HOURS, LEASE_ENDING, WAITS, wait_bounds
from workbench.rules.law_regions import zone_and_region
from workbench.rules.lawful_hours import midnight, spans


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue of a portfolio: the ready ones by how long they wait (in the order of `Wait`), and the claims.

    `oldest` is since when the first of them waits.
    """

    portfolio_id: int
    queue: Queue
    by_wait: tuple[int, ...]
    oldest: datetime | None
    held: int
    ending: int

    @property
    def ready(self) -> int:
        return sum(self.by_wait)


@dataclass(frozen=True, slots=True)
class Lawful:
    """A place with ready work: the minutes of today in which its debtors may still be called, and until when or from when."""

    portfolio_id: int
    country: str
    zone: str
    ready: int
    minutes: int
    open: bool
    turns_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queues:
    """What waits in the viewer's portfolios; `callbacks` of the next hours, hour by hour."""

    waiting: tuple[Waiting, ...]
    overdue_callbacks: int
    callbacks: tuple[int, ...]
    approvals: int
    lawful: tuple[Lawful, ...]

    @property
    def held(self) -> int:
        return sum(each.held for each in self.waiting)

    @property
    def ending(self) -> int:
        return sum(each.ending for each in self.waiting)


def floor_queues(session: Session, who: Viewer, places: Mapping[int, Place], *, at: datetime) -> Queues:
    """The queues of the viewer's portfolios, whose places are at hand; one statement."""
    who.require(Permission.SEE_BOARDS)
    asked = {
        "visible": (mine := [each for each in places if each in who.portfolio_ids]),
        "bounds": [_ascending(wait_bounds(at, places[each].time_zone)) for each in mine],
        "at": at,
        "ending": at + LEASE_ENDING,
        "soon": at + timedelta(hours=COMING_HOURS),
    }
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_QUEUES, asked):
        found[row.what].append(row)
    callbacks = {int(row.hour): row.n for row in found["callback"]}
    promoted = sum(row.n for row in found["ready"] if row.band == 1)
    return Queues(
        waiting=_waiting(found),
        overdue_callbacks=promoted + sum(n for hour, n in callbacks.items() if hour < 0),
        callbacks=tuple(callbacks.get(hour, 0) for hour in range(COMING_HOURS)),
        approvals=sum(row.n for row in found["approval"]),
        lawful=_lawful(found["ready"], places, at),
    )


def _waiting(found: Mapping[str, list[Row[Any]]]) -> tuple[Waiting, ...]:
    oldest: dict[tuple[int, str], datetime] = {}
    counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * (len(WAITS) + 2))
    for row in found["wait"]:
        key = row.portfolio_id, row.queue
        counts[key][len(WAITS) - 1 - row.hour] += row.n
        oldest[key] = min(oldest.get(key, row.oldest), row.oldest)
    for row in found["held"]:
        counts[row.portfolio_id, row.queue][-2 if row.hour else -1] += row.n
    return tuple(
        Waiting(portfolio_id, Queue(queue), tuple(n[:-2]), oldest.get((portfolio_id, queue)), n[-1] + n[-2], n[-2])
        for (portfolio_id, queue), n in sorted(counts.items())
    )


def _ascending(bounds: Sequence[datetime]) -> str:
    """As an array's literal: arrays of arrays know no rows of their own."""
    return "{" + ",".join(each.isoformat() for each in reversed(bounds)) + "}"


def _lawful(ready: list[Row[Any]], places: Mapping[int, Place], at: datetime) -> tuple[Lawful, ...]:
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for row in ready:
        counts[row.portfolio_id, row.zone] += row.n
    found = [_left(places[portfolio_id], portfolio_id, zone, n, at) for (portfolio_id, zone), n in counts.items()]
    return tuple(sorted(found, key=lambda each: (-each.ready, each.portfolio_id, each.zone)))


def _left(place: Place, portfolio_id: int, name: str, ready: int, at: datetime) -> Lawful:
    known = Known(*zone_and_region(name))
    tonight = midnight(known.zone, at.astimezone(ZoneInfo(known.zone)).date() + timedelta(days=1))
    left = list(spans(lambda moment: place.judge(known, moment), at, tonight))
    minutes = sum(span.minutes for span in left if span.decision.allowed)
    now = left[0].decision
    return Lawful(
        portfolio_id,
        place.country,
        known.zone,
        ready,
        minutes,
        now.allowed,
        now.until if now.allowed else now.next_allowed,
    )


# Four kinds of rows in one trip. What is ready is counted over the two indexes that claims read, which hold all that is
# asked; each portfolio's hours and days are those of its own clock.
_QUEUES = text("""
WITH clock AS MATERIALIZED (
    SELECT portfolio_id, CAST(bounds AS timestamptz[]) AS bounds
    FROM unnest(CAST(:visible AS int8[]), CAST(:bounds AS text[])) AS t (portfolio_id, bounds)
), ready AS MATERIALIZED (
    SELECT portfolio_id, queue, zone, band, width_bucket(ready_at, bounds) AS place, count(*) AS n, min(ready_at) AS oldest
    FROM work_item JOIN clock USING (portfolio_id) WHERE state = 'ready' AND reserved_for IS NULL GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT portfolio_id, queue, zone, band, width_bucket(ready_at, bounds), count(*), min(ready_at)
    FROM work_item JOIN clock USING (portfolio_id) WHERE state = 'ready' AND reserved_for IS NOT NULL GROUP BY 1, 2, 3, 4, 5
)
SELECT 'ready' AS what, portfolio_id, queue, zone, band::int AS band, NULL::int AS hour, NULL::timestamptz AS oldest,
    sum(n)::bigint AS n
FROM ready GROUP BY portfolio_id, queue, zone, band
UNION ALL
SELECT 'wait', portfolio_id, queue, NULL, NULL, place, min(oldest), sum(n)::bigint FROM ready GROUP BY portfolio_id, queue, place
UNION ALL
SELECT 'held', portfolio_id, queue, NULL, NULL, (lease_until <= :ending)::int, NULL, count(*) FROM work_item
WHERE lease_until IS NOT NULL AND portfolio_id = ANY(:visible) GROUP BY 2, 3, 6
UNION ALL
SELECT 'callback', NULL, NULL, NULL, NULL, floor(extract(epoch FROM not_before - :at) / 3600)::int, NULL, count(*)
FROM work_item WHERE state = 'waiting' AND not_before < :soon AND band = 1 AND portfolio_id = ANY(:visible) GROUP BY 6
UNION ALL
SELECT 'approval', NULL, NULL, NULL, NULL, NULL, NULL, count(*) FROM approval a
WHERE a.state = 'pending' AND a.expires_at > :at AND a.portfolio_id = ANY(:visible)
""")
