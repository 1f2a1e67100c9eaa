"""A portfolio's book on its past mornings: its ageing, how balances rolled from one morning to a later one, who owes most.

Read from what the nights kept, so that what is paid, reversed or dealt afterwards changes nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from workbench import db
from workbench.rules.access import Permission, Viewer
from workbench.rules.roll_rates import RollRow, roll_rows

# how a case stood on the morning of a day, in a query whose history row is `h`
STOOD = "h.from_on <= {day} AND (h.until_on > {day} OR h.until_on IS NULL)"
TOP = (1, 5, 10, 20)  # shares of the debtors, in per cent, whose part of the balance is told


@dataclass(frozen=True, slots=True)
class Aged:
    """What of the book lay in one ageing bucket and stage on a morning; `bucket` is a place in the portfolio's."""

    on: date
    bucket: int
    stage: Stage
    cases: int
    balance: Decimal
    past_due: Decimal


@dataclass(frozen=True, slots=True)
class RolledCase:
    """A case behind a cell of the roll matrix: its balance and days past due then and later, and its part of the cell."""

    case_id: int
    reference: str
    name: str | None
    had: Decimal
    days_before: int
    has: Decimal
    days_after: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Concentration:
    """How unequally a balance is owed: `gini` 0 = all owe the same, near 1 = one owes it all.

    `held[p]` is the part of the balance that the largest p per cent of the debtors owe, for p = 0..100.
    """

    on: date
    debtors: int
    balance: Decimal
    gini: float | None
    largest_ten: Decimal
    held: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Largest:
    """One of the debtors who owed most on a morning."""

    case_id: int
    reference: str
    name: str | None
    balance: Decimal
    past_due: Decimal
    days_past_due: int


def require_book(who: Viewer | None, portfolio_id: int) -> None:
    """Refuses whoever may not read this portfolio's boards; `who` none is the operator."""
    if who is not None:
        who.require(Permission.SEE_BOARDS)
        who.require_portfolio(portfolio_id)


def mornings(session: Session, who: Viewer | None, portfolio_id: int) -> list[date]:
    """The mornings of a portfolio that were kept, in order."""
    require_book(who, portfolio_id)
    return list(session.execute(_MORNINGS, {"portfolio": portfolio_id}).scalars())


def ageing_on(session: Session, who: Viewer | None, portfolio_id: int, on: date) -> list[Aged]:
    """The book by ageing bucket and stage on the morning of `on`, the youngest debt first."""
    return ageing_over(session, who, portfolio_id, [on])


def ageing_over(session: Session, who: Viewer | None, portfolio_id: int, days: Sequence[date]) -> list[Aged]:
    """The same on several mornings, in order."""
    require_book(who, portfolio_id)
    rows = session.execute(_AGEING, {"portfolio": portfolio_id, "days": list(days)}, execution_options=db.AFRESH)
    return [Aged(row.on_date, row.bucket, Stage(row.stage), row.cases, row.balance, row.past_due) for row in rows]


def roll_matrix(
    session: Session, who: Viewer | None, portfolio_id: int, from_on: date, to_on: date, *, buckets: int
) -> list[RollRow]:
    """Where the balance of each ageing bucket on the morning of `from_on` lay on that of `to_on`.

    `buckets` is how many there are, the current one included. Debt that came in between is in no row.
    """
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "from": from_on, "to": to_on}
    found = session.execute(_ROLLED, values, execution_options=db.AFRESH).all()
    return roll_rows([(row.had, row.has, row.cases, row.balance, row.stayed) for row in found], buckets)


def rolled_cases(
    session: Session,
    who: Viewer | None,
    portfolio_id: int,
    from_on: date,
    to_on: date,
    *,
    had: int,
    has: int | None,
    most: int = 500,
) -> list[RolledCase]:
    """The cases behind a cell, the largest part first: from bucket `had` to bucket `has`, or (none) paid off."""
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "from": from_on, "to": to_on, "had": had, "has": has, "most": most}
    return [
        RolledCase(row.case_id, row.reference, _name(who, row.name), row.balance, row.days_before, row.balance_after,
                   row.days_after, row.amount)
        for row in session.execute(_CELL, values, execution_options=db.AFRESH)
    ]  # fmt: skip


def concentration(session: Session, who: Viewer | None, portfolio_id: int, on: date) -> Concentration:
    """How the balance of the morning of `on` is spread over the debtors who owe any."""
    require_book(who, portfolio_id)
    rows = session.execute(_CONCENTRATION, {"portfolio": portfolio_id, "on": on}, execution_options=db.AFRESH).all()
    debtors, balance = sum(row.debtors for row in rows), sum((row.balance for row in rows), Decimal(0))
    if not balance:
        return Concentration(on, 0, Decimal(0), None, Decimal(0), (0.0,) * 101)
    by_place = {int(row.place): row.balance for row in rows}
    held, so_far = [0.0], Decimal(0)
    for place in range(1, 101):  # fewer than a hundred debtors leave places without one
        so_far += by_place.get(place, Decimal(0))
        held.append(float(so_far / balance))
    gini = sum(row.leaned for row in rows) / (debtors * float(balance))
    return Concentration(on, debtors, balance, gini, sum((row.ten for row in rows), Decimal(0)), tuple(held))


def largest_debtors(
    session: Session, who: Viewer | None, portfolio_id: int, on: date, *, most: int = 20
) -> list[Largest]:
    """Who owed most on the morning of `on`."""
    require_book(who, portfolio_id)
    rows = session.execute(_LARGEST, {"portfolio": portfolio_id, "on": on, "most": most})
    return [
        Largest(row.case_id, row.reference, _name(who, row.name), row.balance, row.past_due, row.days) for row in rows
    ]


def _name(who: Viewer | None, name: str) -> str | None:
    """A debtor's name, for those who may see one."""
    return name if who is None or who.may(Permission.SEE_PERSONAL_DATA) else None


_MORNINGS = text("SELECT DISTINCT on_date FROM book_day WHERE portfolio_id = :portfolio ORDER BY on_date")
_AGEING = text("""
    SELECT on_date, bucket, stage, sum(cases)::bigint AS cases, sum(balance) AS balance, sum(past_due) AS past_due
    FROM book_day WHERE portfolio_id = :portfolio AND on_date = ANY(CAST(:days AS date[]))
    GROUP BY on_date, bucket, stage ORDER BY on_date, bucket, stage
""")
_BEFORE_AND_AFTER = f"""
    WITH later AS (
        SELECT h.case_id, h.bucket, h.balance, h.counted_from FROM case_history h
        WHERE h.portfolio_id = :portfolio AND {STOOD.format(day="CAST(:to AS date)")}
    ), both_ends AS (
        SELECT h.case_id, h.bucket AS had, h.balance, h.counted_from, later.bucket AS has,
            later.balance AS balance_after, later.counted_from AS counted_after, least(h.balance, later.balance) AS stayed
        FROM case_history h JOIN later ON later.case_id = h.case_id
        WHERE h.portfolio_id = :portfolio AND h.balance > 0 AND {STOOD.format(day="CAST(:from AS date)")}
    )
"""
_ROLLED = text(f"""{_BEFORE_AND_AFTER}
    SELECT had, has, count(*) FILTER (WHERE stayed > 0) AS cases, sum(balance) AS balance, sum(stayed) AS stayed
    FROM both_ends GROUP BY had, has
""")
_CELL = text(f"""{_BEFORE_AND_AFTER}, cell AS (
        SELECT *, CASE WHEN CAST(:has AS int) IS NULL THEN balance - stayed ELSE stayed END AS amount FROM both_ends
        WHERE had = :had AND (CAST(:has AS int) IS NULL OR has = :has))
    SELECT cell.case_id, d.reference, d.name, cell.balance, cell.balance_after, cell.amount,
        coalesce(CAST(:from AS date) - cell.counted_from, 0) AS days_before,
        coalesce(CAST(:to AS date) - cell.counted_after, 0) AS days_after
    FROM cell JOIN collection_case c ON c.id = cell.case_id JOIN debtor d ON d.id = c.debtor_id
    WHERE cell.amount > 0 ORDER BY cell.amount DESC, cell.case_id LIMIT :most
""")
# in whole cents: a million of them are sorted and summed in half the time of decimals
_CONCENTRATION = text(f"""
    WITH owed AS MATERIALIZED (
        SELECT CAST(h.balance * 100 AS bigint) AS cents FROM case_history h
        WHERE h.portfolio_id = :portfolio AND h.balance > 0 AND {STOOD.format(day="CAST(:on AS date)")}
    ), placed AS (SELECT cents, row_number() OVER (ORDER BY cents DESC) AS place FROM owed
    ), everybody AS (SELECT count(*) AS debtors FROM owed)
    SELECT (place * 100 + debtors - 1) / debtors AS place, count(*) AS debtors, sum(cents) * 0.01 AS balance,
        sum(CAST(debtors + 1 - 2 * place AS double precision) * cents) / 100 AS leaned,
        coalesce(sum(cents) FILTER (WHERE place <= 10), 0) * 0.01 AS ten
    FROM placed, everybody GROUP BY 1
""")
_LARGEST = text(f"""
    SELECT h.case_id, d.reference, d.name, h.balance, h.past_due,
        coalesce(CAST(:on AS date) - h.counted_from, 0) AS days
    FROM case_history h JOIN collection_case c ON c.id = h.case_id JOIN debtor d ON d.id = c.debtor_id
    WHERE h.portfolio_id = :portfolio AND h.balance > 0 AND {STOOD.format(day="CAST(:on AS date)")}
    ORDER BY h.balance DESC, h.case_id LIMIT :most
""")
