"""The floor now: who of one's teams does what, since when, and their day so far.

Three statements for any number of people: the portfolios, the queues (`floor_queues`), the people. Figures are made of
the catalogue's own sources and conditions, so that the floor and the boards cannot tell different stories.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, TextClause, text
from sqlmodel import Session

from models import PresenceState, Queue, Role
from workbench.queries.contact_rules import PLACE_COLUMNS, place_of
from workbench.queries.floor_queues import Queues, floor_queues
from workbench.queries.kpi_parts import PARTS
from workbench.queries.kpi_sources import source_sql
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Place
from workbench.rules.floors import Doing, Light, Seen, doing, light
from workbench.rules.kpis import Source

COUNTED = ("attempts", "contacts", "right_parties", "promises")  # of the catalogue, in the order they are shown


@dataclass(frozen=True, slots=True)
class Book:
    """A portfolio as the floor needs it."""

    portfolio_id: int
    name: str
    currency: str
    zone: str
    place: Place


@dataclass(frozen=True, slots=True)
class Held:
    """The debtor in somebody's hands."""

    item_id: int
    case_id: int
    portfolio_id: int
    debtor: str
    queue: Queue
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One of one's teams: what they do, since when, and their day so far in the portfolios that the viewer may see.

    `held` is none when they hold nothing, or a debtor of a portfolio that is not the viewer's; `counts` are the figures
    of `COUNTED`, `promised` amounts by currency.
    """

    user_id: int
    name: str
    role: Role
    team: str
    doing: Doing
    since: datetime | None
    light: Light
    held: Held | None
    counts: tuple[int, ...]
    promised: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Floor:
    """The people by team and name, and what waits for them."""

    at: datetime
    people: tuple[Person, ...]
    queues: Queues
    books: tuple[Book, ...]


def floor(session: Session, who: Viewer, *, at: datetime) -> Floor:
    """The floor as this supervisor or manager may see it: their teams' people, their portfolios' queues."""
    books = floor_books(session, who)
    return Floor(at, floor_people(session, who, books, at=at), floor_queues(session, who, _places(books), at=at), books)


def floor_books(session: Session, who: Viewer) -> tuple[Book, ...]:
    """The viewer's portfolios by name."""
    who.require(Permission.SEE_BOARDS)
    rows = session.execute(_BOOKS, {"visible": list(who.portfolio_ids)})
    return tuple(Book(row.portfolio_id, row.name, row.currency, row.portfolio_zone, place_of(row)) for row in rows)


def queues_of(session: Session, who: Viewer, books: Sequence[Book], *, at: datetime) -> Queues:
    """What waits in the viewer's portfolios."""
    return floor_queues(session, who, _places(books), at=at)


def floor_people(session: Session, who: Viewer, books: Sequence[Book], *, at: datetime) -> tuple[Person, ...]:
    """The viewer's teams' agents, and their supervisors while these work; one statement."""
    who.require(Permission.SEE_BOARDS)
    mine = [book for book in books if book.portfolio_id in who.portfolio_ids]
    clocks: dict[str, list[int]] = {} if mine else {"UTC": []}
    for book in mine:
        clocks.setdefault(book.zone, []).append(book.portfolio_id)
    asked: dict[str, Any] = {"teams": list(who.team_ids), "visible": [book.portfolio_id for book in mine]}
    asked |= {"at": at, "recently": at - timedelta(hours=18)}
    for n, (zone, ids) in enumerate(sorted(clocks.items())):
        asked |= _today(n, zone, ids, at)
    currencies = {str(book.portfolio_id): book.currency for book in mine}
    return tuple(_person(row, currencies, at) for row in session.execute(_people(len(clocks)), asked))


def _places(books: Sequence[Book]) -> dict[int, Place]:
    return {book.portfolio_id: book.place for book in books}


def _today(n: int, zone: str, ids: list[int], at: datetime) -> dict[str, Any]:
    """What the catalogue's sources bind for the clock `n`, of its day until now."""
    today = at.astimezone(ZoneInfo(zone)).date()
    start = datetime.combine(today, time(), ZoneInfo(zone))
    end = datetime.combine(today + timedelta(days=1), time(), ZoneInfo(zone))
    return {f"ids_{n}": ids, f"zone_{n}": zone, f"start_{n}": start, f"end_{n}": end, f"today_{n}": today}


def _person(row: Row[Any], currencies: dict[str, str], at: datetime) -> Person:
    state = PresenceState(row.state) if row.state else None
    what, since = doing(Seen(row.holds, row.claimed_at, state, row.present_since, row.last_work_at))
    held = None
    if row.item_id is not None:
        held = Held(row.item_id, row.case_id, row.portfolio_id, row.debtor, Queue(row.queue), row.lease_until)
    promised: dict[str, Decimal] = defaultdict(Decimal)
    for portfolio_id, amount in (row.promised or {}).items():
        promised[currencies[portfolio_id]] += Decimal(str(amount))
    shade = light(what, since, at, amber_minutes=row.amber_minutes, red_minutes=row.red_minutes)
    counts = tuple(int(getattr(row, name) or 0) for name in COUNTED)
    return Person(row.id, row.name, Role(row.role), row.team, what, since, shade, held, counts, dict(promised))


_BOOKS = text(f"SELECT p.name, p.currency, {PLACE_COLUMNS} FROM portfolio p WHERE p.id = ANY(:visible) ORDER BY p.name")


@cache
def _people(clocks: int) -> TextClause:
    """The statement for portfolios on so many clocks; a person of two teams stands in the first one.

    Idle since: what they did last is looked up only for those who hold nothing, by one probe each; `given_back` is what
    a supervisor took out of their hands.
    """
    counts = ", ".join(f"{PARTS[name][0].made} AS {name}" for name in COUNTED)
    contacts = _rows(
        Source.CONTACTS,
        clocks,
        "ref, portfolio_id, user_id, case_id, outbound, counts_attempt, counts_contact, counts_rpc, counts_promise",
    )
    promises = _rows(Source.PROMISES, clocks, "portfolio_id, user_id, amount")
    return text(f"""
WITH member AS (
    SELECT DISTINCT ON (m.user_id) m.user_id, t.name AS team, t.amber_minutes, t.red_minutes
    FROM team_member m JOIN team t ON t.id = m.team_id WHERE m.team_id = ANY(:teams) ORDER BY m.user_id, t.id
), given_back AS MATERIALIZED (
    SELECT CAST(e.details ->> 'holder' AS bigint) AS user_id, max(e.at) AS at
    FROM member m JOIN app_user s ON s.id = m.user_id AND s.role <> 'agent'
    JOIN audit_entry e ON e.by_id = s.id AND e.deed IN ('skip', 'release') AND e.at >= :recently
    GROUP BY 1
), done AS MATERIALIZED (
    SELECT r.user_id, {counts} FROM ({contacts}) r GROUP BY r.user_id
), money AS MATERIALIZED (
    SELECT user_id, jsonb_object_agg(portfolio_id, amount) AS promised FROM (
        SELECT r.user_id, r.portfolio_id, {PARTS["promised"][0].made} AS amount FROM ({promises}) r
        WHERE r.user_id IS NOT NULL GROUP BY r.user_id, r.portfolio_id) by_portfolio
    GROUP BY user_id
)
SELECT u.id, u.name, u.role, m.team, m.amber_minutes, m.red_minutes, q.state, q.started_at AS present_since,
    w.id IS NOT NULL AS holds, w.claimed_at, CASE WHEN seen THEN w.id END AS item_id,
    CASE WHEN seen THEN w.case_id END AS case_id, CASE WHEN seen THEN w.portfolio_id END AS portfolio_id,
    CASE WHEN seen THEN w.queue END AS queue, CASE WHEN seen THEN w.lease_until END AS lease_until,
    CASE WHEN seen THEN d.name END AS debtor,
    CASE WHEN w.id IS NULL AND q.id IS NOT NULL THEN greatest(
        (SELECT i.ended_at FROM interaction i WHERE i.user_id = u.id AND i.started_at >= :recently
         ORDER BY i.started_at DESC LIMIT 1),
        (SELECT e.at FROM audit_entry e WHERE e.by_id = u.id AND e.deed IN ('skip', 'release') AND e.at >= :recently
         ORDER BY e.at DESC LIMIT 1), given_back.at) END AS last_work_at,
    {", ".join(f"done.{name}" for name in COUNTED)}, money.promised
FROM member m JOIN app_user u ON u.id = m.user_id AND u.active
LEFT JOIN presence q ON q.user_id = u.id AND q.ended_at IS NULL
LEFT JOIN work_item w ON w.claimed_by = u.id
CROSS JOIN LATERAL (SELECT w.portfolio_id = ANY(:visible)) AS visible (seen)
LEFT JOIN debtor d ON d.id = w.debtor_id
LEFT JOIN given_back ON given_back.user_id = u.id
LEFT JOIN done ON done.user_id = u.id
LEFT JOIN money ON money.user_id = u.id
WHERE u.role = 'agent' OR u.role = 'supervisor' AND (q.id IS NOT NULL OR w.id IS NOT NULL OR done.attempts > 0)
ORDER BY m.team, u.name, u.id
""")


def _rows(source: Source, clocks: int, columns: str) -> str:
    """A source's rows of today on every clock; the day of each is its own."""
    days = (
        source_sql(source, n, people=True).replace(":from_on", f":today_{n}").replace(":to_on", f":today_{n}")
        for n in range(clocks)
    )
    return " UNION ALL ".join(f"SELECT {columns} FROM ({each}) s" for each in days)
