"""Nights as the morning reads them: which ran, what they changed, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import ChangeKind
from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Night:
    """One finished night of one portfolio."""

    run_id: int
    portfolio_id: int
    portfolio: str
    currency: str
    time_zone: str
    business_date: date
    finished_at: datetime
    cases: int
    violations: int
    messages: int
    tasks: int
    held: dict[str, int]  # steps that something held back, by its code (`rules.held.Code`)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases one night changed in one way for one reason (a code of `rules.reasons.CHANGES`)."""

    kind: ChangeKind
    reason: str
    cases: int


@dataclass(frozen=True, slots=True)
class Change:
    """One case that a night changed; before and after are the figures or words of that kind of change."""

    case_id: int
    reference: str
    name: str
    past_due: Decimal
    kind: ChangeKind
    before: str | None
    after: str | None
    reason: str


def recent_nights(session: Session, who: Viewer, *, limit: int = 60) -> list[Night]:
    """The latest finished nights of the portfolios a person may see, the newest first."""
    who.require(Permission.SEE_CHANGES)
    rows = session.execute(_NIGHTS, {"visible": list(who.portfolio_ids), "limit": limit}).mappings()
    return [Night(**row) for row in rows]


def change_tallies(session: Session, who: Viewer, night: Night) -> list[Tally]:
    """What one night changed, counted by kind and reason, the most first."""
    who.require(Permission.SEE_CHANGES)
    who.require_portfolio(night.portfolio_id)
    rows = session.execute(_TALLIES, {"run": night.run_id})
    return [Tally(ChangeKind(row.kind), row.reason, row.cases) for row in rows]


def changes_of(
    session: Session, who: Viewer, night: Night, kind: ChangeKind, *, reason: str | None = None, limit: int = 200
) -> list[Change]:
    """The cases behind one tally, the largest debt first; `reason` none is every reason."""
    who.require(Permission.SEE_CHANGES)
    who.require_portfolio(night.portfolio_id)
    values = {"run": night.run_id, "kind": kind.value, "reason": reason, "limit": limit}
    rows = session.execute(_CHANGES, values).mappings()
    return [Change(**dict(row) | {"kind": ChangeKind(row["kind"])}) for row in rows]


_NIGHTS = text("""
    SELECT r.id AS run_id, p.id AS portfolio_id, p.name AS portfolio, p.currency, p.time_zone, r.business_date,
           r.finished_at, r.cases_total AS cases, jsonb_array_length(r.violations) AS violations,
           coalesce(CAST(r.counts #>> '{messages, messages}' AS int), 0) AS messages,
           coalesce(CAST(r.counts #>> '{messages, tasks}' AS int), 0) AS tasks,
           coalesce(r.counts #> '{messages, held}', '{}') AS held
    FROM nightly_run r JOIN portfolio p ON p.id = r.portfolio_id
    WHERE r.state = 'done' AND p.id = ANY(:visible)
    ORDER BY r.business_date DESC, p.name LIMIT :limit
""")
_TALLIES = text("""
    SELECT kind, reason, count(*) AS cases FROM nightly_change WHERE run_id = :run
    GROUP BY kind, reason ORDER BY kind, cases DESC
""")
_CHANGES = text("""
    SELECT n.case_id, d.reference, d.name, s.past_due, n.kind, n.before, n.after, n.reason
    FROM nightly_change n
    JOIN collection_case c ON c.id = n.case_id
    JOIN debtor d ON d.id = c.debtor_id
    JOIN case_standing s ON s.case_id = n.case_id
    WHERE n.run_id = :run AND n.kind = :kind AND (CAST(:reason AS text) IS NULL OR n.reason = :reason)
    ORDER BY s.past_due DESC, n.case_id LIMIT :limit
""")
