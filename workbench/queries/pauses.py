"""What pauses there are: the one that bars every contact with a debtor, and all of a portfolio for the page."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from models import PauseKind
from workbench.rules.access import Permission, Viewer
from workbench.rules.pauses import BARS_CONTACT


@dataclass(frozen=True, slots=True)
class Bar:
    """A live pause of the whole case in which nobody contacts its debtor."""

    kind: PauseKind
    from_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause as a person reads it; `account` none = the whole case, `until_on` none = until somebody ends it."""

    id: int
    case_id: int
    debtor: str
    reference: str
    account: str | None
    kind: PauseKind
    from_on: date
    until_on: date | None
    reason: str
    by: str | None
    ended_on: date | None
    ended_because: str | None
    dispute_id: int | None


def bar_of(session: Session, case_id: int, *, at: datetime) -> Bar | None:
    """What bars every contact on this case at this moment, the first of several; none = nothing does."""
    asked = {"case": case_id, "at": at, "kinds": [kind.value for kind in BARS_CONTACT]}
    row = session.execute(_BAR, asked).first()
    return Bar(PauseKind(row.kind), row.from_on, row.created_at) if row else None


def pauses(
    session: Session, who: Viewer, portfolio_id: int, *, at: datetime, case_id: int | None = None, most: int = 200
) -> list[Paused]:
    """The portfolio's live pauses, of one case also those that are over; the latest first."""
    who.require(Permission.OPEN_DISPUTES)
    who.require_portfolio(portfolio_id)
    asked = {"portfolio": portfolio_id, "case": case_id, "at": at, "most": most}
    return [
        Paused(
            row.id,
            row.case_id,
            row.debtor,
            row.reference,
            row.account,
            PauseKind(row.kind),
            row.from_on,
            row.until_on,
            row.reason,
            row.by,
            row.ended_on,
            row.ended_because,
            row.dispute_id,
        )
        for row in session.execute(_PAUSES, asked)
    ]


_BAR = text("""
    SELECT q.kind, q.from_on, q.created_at FROM pause q JOIN portfolio p ON p.id = q.portfolio_id
    CROSS JOIN LATERAL (SELECT (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today) now
    WHERE q.case_id = :case AND q.account_id IS NULL AND q.kind = ANY(:kinds) AND q.ended_at IS NULL
      AND q.from_on <= now.today AND coalesce(q.until_on >= now.today, true)
    ORDER BY q.from_on, q.id LIMIT 1
""")
_PAUSES = text("""
    SELECT q.id, q.case_id, d.name AS debtor, d.reference, a.number AS account, q.kind, q.from_on, q.until_on, q.reason,
        u.name AS by, (q.ended_at AT TIME ZONE p.time_zone)::date AS ended_on, q.ended_because,
        (SELECT id FROM dispute x WHERE x.pause_id = q.id ORDER BY x.resolution IS NOT NULL, x.id DESC LIMIT 1) AS dispute_id
    FROM pause q JOIN portfolio p ON p.id = q.portfolio_id
    JOIN collection_case c ON c.id = q.case_id JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN account a ON a.id = q.account_id LEFT JOIN app_user u ON u.id = q.by_id
    WHERE q.portfolio_id = :portfolio AND (CAST(:case AS bigint) IS NULL AND q.ended_at IS NULL
        AND coalesce(q.until_on >= (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date, true) OR q.case_id = :case)
    ORDER BY q.from_on DESC, q.id DESC LIMIT :most
""")
