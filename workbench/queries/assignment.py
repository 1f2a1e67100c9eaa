"""Whose work it is: counts by portfolio, queue, stage, bucket and owner, read either way round, and the cases behind them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Queue, Stage
from workbench import db
from workbench.rules.access import Permission, Viewer

NOBODY = 0  # in place of an owner's id: everybody's work
OTHERS = -1  # somebody of other teams, who has no name here
MOST = 300  # cases a screen shows; the rest is counted
# a case lies in the queues in which it has open work, as bits of one number
QUEUES: tuple[Queue, ...] = tuple(Queue)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases: of these portfolios, and where something is chosen, in these queues, stages, buckets and hands.

    `owners` are users' ids, NOBODY and OTHERS; empty is everybody's. `idle` = only those with no open
    work; `case_ids` = only these.
    """

    portfolio_ids: tuple[int, ...]
    queues: frozenset[Queue] = frozenset()
    stages: frozenset[Stage] = frozenset()
    buckets: frozenset[int] = frozenset()
    owners: frozenset[int] = frozenset()
    idle: bool = False
    case_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases with balance that stand and lie alike: how many, how much (in the portfolio's currency), how many in hand now.

    `queues` = those with open work on them, none for a case that waits for nothing; `expected` = the sum of scores.
    """

    portfolio_id: int
    queues: frozenset[Queue]
    stage: Stage
    bucket: int
    owner: int
    cases: int
    balance: Decimal
    expected: float
    in_hand: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who owns cases and shares a team with who looks; `active` = still works here."""

    user_id: int
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Work:
    """All the work that somebody may deal out, in cells, and the names of those whose it is."""

    cells: tuple[Cell, ...]
    holders: dict[int, Holder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case: who owes, how late, how much, whose it is, who has it in hand right now.

    `in_hand` is empty for somebody of other teams; `promised` = the day of the first open promise.
    """

    case_id: int
    portfolio_id: int
    debtor: str
    reference: str
    stage: Stage
    bucket: int
    days: int
    balance: Decimal
    currency: str
    expected: float
    queues: frozenset[Queue]
    owner: int
    in_hand: str | None
    promised: date | None


@dataclass(frozen=True, slots=True)
class CaseList:
    """The first cases of what was asked for, the most expected money first, and how many there are."""

    total: int
    lines: tuple[CaseLine, ...]


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team that portfolios may go to; what it works is told of one's own teams only."""

    team_id: int
    name: str
    mine: bool
    portfolio_ids: frozenset[int]


def work(session: Session, who: Viewer, portfolio_ids: Iterable[int]) -> Work:
    """Every case with balance of these portfolios, counted where it lies and by whose it is."""
    asked = _asked(who, portfolio_ids)
    cells = tuple(_cell(row) for row in session.execute(_CELLS, asked, execution_options=db.AFRESH).mappings())
    owners = sorted({cell.owner for cell in cells if cell.owner > NOBODY})
    rows = session.execute(_HOLDERS, {"owners": owners}).mappings()
    return Work(cells, {row["user_id"]: Holder(**row) for row in rows})


def cases(session: Session, who: Viewer, wanted: Wanted, *, at: datetime, most: int = MOST) -> CaseList:
    """The cases behind a count; `at` is the moment on whose day they are so many days late."""
    asked = _asked(who, wanted.portfolio_ids) | {
        "at": at,
        "most": most,
        "queues": sum(1 << QUEUES.index(each) for each in wanted.queues) or None,
        "stages": sorted(each.value for each in wanted.stages) or None,
        "buckets": sorted(wanted.buckets) or None,
        "owners": sorted(wanted.owners) or None,
        "idle": wanted.idle,
        "ids": list(wanted.case_ids) or None,
    }
    rows = session.execute(_CASES, asked).mappings().all()
    return CaseList(rows[0]["total"] if rows else 0, tuple(_line(row) for row in rows))


def teams(session: Session, who: Viewer) -> list[TeamLine]:
    """Every team by name, for whoever may move portfolios between them."""
    who.require(Permission.MOVE_PORTFOLIOS)
    rows = session.execute(_TEAMS, {"teams": list(who.team_ids)})
    return [TeamLine(row.id, row.name, row.mine, frozenset(row.portfolios)) for row in rows]


def _asked(who: Viewer, portfolio_ids: Iterable[int]) -> dict[str, Any]:
    who.require(Permission.ASSIGN_WORK)
    portfolios = sorted(set(portfolio_ids))
    for each in portfolios:
        who.require_portfolio(each)
    return {"portfolios": portfolios, "teams": list(who.team_ids)}


def _cell(row: Any) -> Cell:
    return Cell(**{**row, "queues": _queues(row["queues"]), "stage": Stage(row["stage"])})


def _line(row: Any) -> CaseLine:
    told = {name: value for name, value in row.items() if name != "total"}
    return CaseLine(**{**told, "queues": _queues(row["queues"]), "stage": Stage(row["stage"])})


def _queues(bits: int) -> frozenset[Queue]:
    return frozenset(each for place, each in enumerate(QUEUES) if bits >> place & 1)


# an owner of other teams is counted, never named
_MATES = "SELECT m.user_id FROM team_member m WHERE m.team_id = ANY(:teams)"
_OWNED = f"""
    CASE WHEN c.owner_id IS NULL THEN {NOBODY} WHEN c.owner_id = ANY(ARRAY({_MATES})) THEN c.owner_id ELSE {OTHERS} END
"""
_BITS = " ".join(f"WHEN '{each.value}' THEN {1 << place}" for place, each in enumerate(QUEUES))
_OPEN = f"""
    SELECT w.case_id, bit_or(CASE w.queue {_BITS} END) AS queues, bool_or(w.state = 'claimed') AS in_hand
    FROM work_item w WHERE w.portfolio_id = ANY(:portfolios) AND w.state <> 'closed' GROUP BY w.case_id
"""
_IN_QUEUE = "w.portfolio_id = ANY(:portfolios) AND w.state <> 'closed' AND w.queue"
_BESIDE = "\n".join(
    f"LEFT JOIN work_item q{place} ON q{place}.case_id = c.id AND {_IN_QUEUE.replace('w.', f'q{place}.')} = '{each.value}'"
    for place, each in enumerate(QUEUES)
)
_LIES = " + ".join(f"CASE WHEN q{place}.case_id IS NULL THEN 0 ELSE {1 << place} END" for place in range(len(QUEUES)))
_HELD = " OR ".join(f"q{place}.state = 'claimed'" for place in range(len(QUEUES)))
# Caption: one pass over the book; a million cases are some thousand cells. A case has one item a queue, so that each queue
# is joined by itself, where counting a case's items would group them all; who is a mate is asked once a cell.
_CELLS = text(f"""
    SELECT c.portfolio_id, c.queues, c.stage, c.bucket, {_OWNED} AS owner, sum(c.cases)::bigint AS cases,
        sum(c.balance) AS balance, sum(c.expected) AS expected, sum(c.in_hand)::bigint AS in_hand
    FROM (
        SELECT c.portfolio_id, {_LIES} AS queues, s.stage, s.bucket, c.owner_id, count(*) AS cases,
            sum(s.balance) AS balance, sum(s.score) AS expected, count(*) FILTER (WHERE {_HELD}) AS in_hand
        FROM collection_case c
        JOIN case_standing s ON s.case_id = c.id AND s.portfolio_id = ANY(:portfolios) AND s.balance > 0
        {_BESIDE}
        WHERE c.portfolio_id = ANY(:portfolios)
        GROUP BY 1, 2, 3, 4, 5) c
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
""")
_HOLDERS = text("SELECT id AS user_id, name, active FROM app_user WHERE id = ANY(:owners) ORDER BY name, id")
_CASES = text(f"""
    WITH found AS (
        SELECT c.id AS case_id, c.portfolio_id, c.debtor_id, s.stage, s.bucket, s.counted_from, s.balance,
            s.score AS expected, coalesce(o.queues, 0) AS queues, {_OWNED} AS owner, count(*) OVER () AS total
        FROM collection_case c
        JOIN case_standing s ON s.case_id = c.id AND s.portfolio_id = c.portfolio_id AND s.balance > 0
        LEFT JOIN ({_OPEN}) o ON o.case_id = c.id
        WHERE c.portfolio_id = ANY(:portfolios)
          AND (CAST(:queues AS int) IS NULL OR coalesce(o.queues, 0) & :queues > 0)
          AND (CAST(:ids AS bigint[]) IS NULL OR c.id = ANY(:ids))
          AND (NOT :idle OR o.case_id IS NULL)
          AND (CAST(:stages AS text[]) IS NULL OR s.stage = ANY(:stages))
          AND (CAST(:buckets AS int[]) IS NULL OR s.bucket = ANY(:buckets))
          AND (CAST(:owners AS bigint[]) IS NULL OR {_OWNED} = ANY(:owners))
        ORDER BY s.score DESC, c.id LIMIT :most
    )
    SELECT f.total, f.case_id, f.portfolio_id, d.name AS debtor, d.reference, f.stage, f.bucket,
        greatest(coalesce((CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date - f.counted_from, 0), 0) AS days,
        f.balance, p.currency, f.expected, f.queues, f.owner,
        (SELECT CASE WHEN u.id = ANY(ARRAY({_MATES})) THEN u.name ELSE '' END
         FROM work_item w JOIN app_user u ON u.id = w.claimed_by
         WHERE w.case_id = f.case_id AND w.state = 'claimed' LIMIT 1) AS in_hand,
        (SELECT min(m.due_on) FROM promise m WHERE m.case_id = f.case_id AND m.state = 'open') AS promised
    FROM found f JOIN portfolio p ON p.id = f.portfolio_id JOIN debtor d ON d.id = f.debtor_id
    ORDER BY f.expected DESC, f.case_id
""")
_TEAMS = text("""
    SELECT t.id, t.name, t.id = ANY(:teams) AS mine,
        ARRAY(SELECT p.portfolio_id FROM team_portfolio p WHERE p.team_id = t.id AND t.id = ANY(:teams)) AS portfolios
    FROM team t ORDER BY t.name, t.id
""")
