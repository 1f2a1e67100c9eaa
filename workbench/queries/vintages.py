"""Vintages: the cases placed in one month, and how much of what was placed had been paid by each month after."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from sqlalchemy import text
from sqlmodel import Session

from workbench import db
from workbench.queries.book_history import require_book
from workbench.rules.access import Viewer

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Vintage:
    """The cases placed in a month: how many, for how much, and what had come in by the end of month k after it.

    `paid[0]` is the month of placement itself; the last one is the month of the day asked about, which may still run.
    """

    month: date
    cases: int
    placed: Decimal
    paid: tuple[Decimal, ...]

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The same as parts of what was placed."""
        return tuple(float(each / self.placed) if self.placed else None for each in self.paid)


@dataclass(frozen=True, slots=True)
class PlacedCase:
    """A case of a vintage: the day it was placed, for how much, and what has come in since."""

    case_id: int
    reference: str
    opened_on: date
    placed: Decimal
    paid: Decimal


def vintages(
    session: Session, who: Viewer | None, portfolio_id: int, on: date, *, months: int = MONTHS
) -> list[Vintage]:
    """The vintages of the last `months` months up to the morning of `on`, the oldest first.

    Placed is what a case owed on its first morning and what had lowered its debt between its placement and then. Paid are
    payments received since its placement and before `on`, without reversed ones.
    """
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "on": on, "first": _months_before(on, months - 1)}
    placed = session.execute(_PLACED, values, execution_options=db.AFRESH).all()
    paid: dict[date, dict[date, Decimal]] = {}
    for row in session.execute(_PAID, values, execution_options=db.AFRESH):
        paid.setdefault(row.month, {})[row.paid_in] = row.paid
    return [
        Vintage(row.month, row.cases, row.placed, _so_far(row.month, on, paid.get(row.month, {}))) for row in placed
    ]


def placed_cases(
    session: Session, who: Viewer | None, portfolio_id: int, on: date, month: date, *, most: int = 500
) -> list[PlacedCase]:
    """The cases behind one vintage, the largest first."""
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "on": on, "first": month, "month": month, "most": most}
    return [
        PlacedCase(row.case_id, row.reference, row.opened_on, row.placed, row.paid)
        for row in session.execute(_CASES, values)
    ]


def _months_before(on: date, months: int) -> date:
    """The first day of the month so many months before."""
    years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _so_far(month: date, on: date, paid: dict[date, Decimal]) -> tuple[Decimal, ...]:
    """What had come in by the end of each month from `month` to that of `on`."""
    age = on.year * 12 + on.month - month.year * 12 - month.month
    each = (paid.get(_months_before(month, -k), Decimal(0)) for k in range(age + 1))
    return tuple(accumulate(each))


# the cases of these months, each with its first morning
_BEGUN = """
    SELECT c.id AS case_id, c.debtor_id, c.opened_on, CAST(date_trunc('month', c.opened_on) AS date) AS month, f.balance,
        f.from_on, p.time_zone
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
    JOIN LATERAL (SELECT balance, from_on FROM case_history WHERE case_id = c.id ORDER BY from_on LIMIT 1) f ON true
    WHERE c.portfolio_id = :portfolio AND c.opened_on >= :first AND c.opened_on <= :on
"""
# What was paid after the first morning, or entered after it with an earlier date, did not lower what was placed.
_LOWERED = """y.case_id = v.case_id AND y.paid_on >= v.opened_on AND y.paid_on < v.from_on
    AND (y.recorded_at AT TIME ZONE v.time_zone)::date <= v.from_on AND (y.reversed_on IS NULL OR y.reversed_on >= v.from_on)"""
_RECEIVED = """y.case_id = v.case_id AND y.kind = 'payment' AND y.paid_on >= v.opened_on AND y.paid_on < :on
        AND (y.reversed_on IS NULL OR y.reversed_on >= :on)"""
# payments are looked through once, not case by case
_PLACED = text(f"""
    WITH vintage AS MATERIALIZED ({_BEGUN}), lowered AS (
        SELECT v.month, sum(y.amount) AS amount FROM vintage v JOIN payment y ON {_LOWERED}
        WHERE y.portfolio_id = :portfolio GROUP BY v.month)
    SELECT v.month, count(*) AS cases, sum(v.balance) + coalesce(max(l.amount), 0) AS placed
    FROM vintage v LEFT JOIN lowered l ON l.month = v.month GROUP BY v.month ORDER BY v.month
""")
_PAID = text(f"""
    WITH vintage AS (
        SELECT id AS case_id, opened_on, CAST(date_trunc('month', opened_on) AS date) AS month FROM collection_case
        WHERE portfolio_id = :portfolio AND opened_on >= :first AND opened_on <= :on)
    SELECT v.month, CAST(date_trunc('month', y.paid_on) AS date) AS paid_in, sum(y.amount) AS paid
    FROM vintage v JOIN payment y ON {_RECEIVED} GROUP BY 1, 2
""")
_CASES = text(f"""
    SELECT v.case_id, d.reference, v.opened_on, v.balance + coalesce(b.lowered, 0) AS placed, coalesce(r.paid, 0) AS paid
    FROM ({_BEGUN}) v JOIN debtor d ON d.id = v.debtor_id
    LEFT JOIN LATERAL (SELECT sum(amount) AS lowered FROM payment y WHERE {_LOWERED}) b ON true
    LEFT JOIN LATERAL (SELECT sum(amount) AS paid FROM payment y WHERE {_RECEIVED}) r ON true
    WHERE v.month = :month ORDER BY placed DESC, v.case_id LIMIT :most
""")
