"""“Already paid”: who says so, what they said, and until when somebody may look it up in peace."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer

LAPSED_DAYS = 30  # a look-up that nobody answered stays in the list for so long
MOST = 500


@dataclass(frozen=True, slots=True)
class Verification:
    """One look-up; `until_on` is its last day, and after it collection has gone on (`lapsed`)."""

    id: int
    case_id: int
    debtor: str
    reference: str
    account: str | None
    said: str
    from_on: date
    until_on: date | None
    balance: Decimal
    last_payment_on: date | None
    last_payment: Decimal | None
    lapsed: bool


def verifications(session: Session, who: Viewer, portfolio_id: int, *, at: datetime) -> list[Verification]:
    """The look-ups nobody has answered yet, those that end first before the others, those that lapsed last."""
    who.require(Permission.RECORD_PAYMENTS)
    who.require_portfolio(portfolio_id)
    asked = {"portfolio": portfolio_id, "at": at, "back": LAPSED_DAYS, "most": MOST}
    return [Verification(*row) for row in session.execute(_VERIFICATIONS, asked)]


_VERIFICATIONS = text("""
    SELECT v.id, v.case_id, d.name, d.reference, a.number, v.reason, v.from_on, v.until_on, coalesce(s.balance, 0),
        last.paid_on, last.amount, coalesce(v.until_on < day.today, false) AS lapsed
    FROM pause v JOIN portfolio p ON p.id = v.portfolio_id
    CROSS JOIN LATERAL (SELECT (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today) day
    JOIN collection_case c ON c.id = v.case_id JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN account a ON a.id = v.account_id LEFT JOIN case_standing s ON s.case_id = v.case_id
    LEFT JOIN LATERAL (
        SELECT m.paid_on, m.amount FROM payment m
        WHERE m.case_id = v.case_id AND m.kind = 'payment' AND m.reversed_on IS NULL
        ORDER BY m.paid_on DESC, m.id DESC LIMIT 1) last ON true
    WHERE v.portfolio_id = :portfolio AND v.kind = 'verification' AND v.ended_at IS NULL
      AND coalesce(v.until_on >= day.today - CAST(:back AS int), true)
    ORDER BY lapsed, v.until_on NULLS LAST, v.id LIMIT :most
""")
