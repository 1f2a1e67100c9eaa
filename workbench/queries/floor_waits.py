"""The cases behind a number of the floor: what waits in a queue, the longest first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import Band, Queue
from workbench.queries.contact_rules import places
from workbench.rules.access import Permission, Viewer
from workbench.rules.floors import Wait, wait_bounds, wait_span

LISTED = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A number of the floor: a portfolio's queue, and how long it has waited (none = all that is ready)."""

    portfolio_id: int
    queue: Queue
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that waits to be taken; `kept_for` is a teammate's name, empty = another team's, none = anybody."""

    case_id: int
    debtor: str
    since: datetime
    band: Band
    past_due: Decimal
    score: float
    kept_for: str | None


@dataclass(frozen=True, slots=True)
class WaitingCases:
    """The first of them, how many there are, and the portfolio's zone and currency."""

    cases: tuple[WaitingCase, ...]
    total: int
    zone: str
    currency: str


def waiting_cases(session: Session, who: Viewer, asked: Asked, *, at: datetime, most: int = LISTED) -> WaitingCases:
    """What the floor counted, case by case; refused for portfolios of others."""
    who.require(Permission.SEE_BOARDS)
    who.require_portfolio(asked.portfolio_id)
    place = places(session, [asked.portfolio_id])[asked.portfolio_id]
    bounds = wait_bounds(at, place.time_zone)
    since, before = wait_span(asked.wait, bounds) if asked.wait else (None, None)
    values = {"portfolio": asked.portfolio_id, "queue": asked.queue.value, "since": since, "before": before}
    total, currency = session.execute(_COUNT, values).one()
    rows = session.execute(_CASES, values | {"most": most, "teams": list(who.team_ids)})
    cases = tuple(
        WaitingCase(row.case_id, row.debtor, row.ready_at, Band(row.band), row.past_due, row.score, row.kept_for)
        for row in rows
    )
    return WaitingCases(cases, total, place.time_zone, currency)


_WAITS = """w.portfolio_id = :portfolio AND w.queue = :queue AND w.state = 'ready'
    AND (CAST(:since AS timestamptz) IS NULL OR w.ready_at >= :since)
    AND (CAST(:before AS timestamptz) IS NULL OR w.ready_at < :before)"""
_COUNT = text(f"""
    SELECT (SELECT count(*) FROM work_item w WHERE {_WAITS}) AS total,
        (SELECT currency FROM portfolio WHERE id = :portfolio) AS currency
""")
# only what is listed is looked up further
_CASES = text(f"""
    SELECT w.case_id, d.name AS debtor, w.ready_at, w.band, coalesce(s.past_due, 0) AS past_due, w.score,
        CASE WHEN w.reserved_for IS NOT NULL THEN coalesce((
            SELECT u.name FROM app_user u WHERE u.id = w.reserved_for AND EXISTS (
                SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams))), '') END AS kept_for
    FROM (SELECT * FROM work_item w WHERE {_WAITS} ORDER BY w.ready_at, w.id LIMIT :most) w
    JOIN debtor d ON d.id = w.debtor_id LEFT JOIN case_standing s ON s.case_id = w.case_id
    ORDER BY w.ready_at, w.id
""")
