"""What open promises and agreements let one expect, week by week, and how far the same forecast was off before."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import ForecastSource
from workbench.queries.book_history import require_book
from workbench.rules.access import Viewer
from workbench.rules.receipt_forecasts import Miss, between, missed

WEEKS = 6  # shown ahead
JUDGED = 12  # past weeks that show the error
ENOUGH = 3  # forecasts below which an error says nothing
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """A week to come: what falls due, what of it used to come in, by source; and between what that has been before.

    `monday` begins it; the first one counts from the morning of the forecast.
    """

    monday: date
    due: dict[ForecastSource, Decimal]
    expected: dict[ForecastSource, Decimal]
    items: int
    range: tuple[Decimal, Decimal] | None

    @property
    def total(self) -> Decimal:
        """What is expected from all sources."""
        return sum(self.expected.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Past:
    """A week that is over: what the forecast of its Monday (or up to six days before) expected, and what came."""

    monday: date
    made_on: date
    expected: Decimal
    came: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a morning, with its error: `misses[k]` of forecasts made k weeks ahead."""

    made_on: date
    weeks: tuple[Week, ...]
    past: tuple[Past, ...]
    misses: tuple[Miss, ...]


def forecast(
    session: Session, who: Viewer | None, portfolio_id: int, on: date, *, weeks: int = WEEKS, judged: int = JUDGED
) -> Forecast | None:
    """The last forecast made until the morning of `on`; none when no night has made one.

    What came in for a forecast of a week: the payments received in that week, from the morning it was made, by the
    debtors of whom it expected something in that week, without reversed ones; whatever else they paid counts too.
    """
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "on": on, "weeks": weeks, "judged": judged}
    rows = session.execute(_WEEKS, values).all()
    made_on = session.execute(_MADE_ON, values).scalar_one()
    if made_on is None:
        return None
    pairs: dict[int, list[Past]] = defaultdict(list)
    for row in session.execute(_PAST, values | {"made": made_on}):
        pairs[row.ahead].append(Past(row.monday, row.made_on, row.expected, row.came))
    misses = tuple(missed([(each.expected, each.came) for each in pairs[ahead]]) for ahead in range(weeks))
    monday = made_on - timedelta(days=made_on.weekday())
    shown = tuple(_week(monday + ahead * WEEK, rows, misses[ahead]) for ahead in range(weeks))
    return Forecast(made_on, shown, tuple(pairs[0]), misses)


def _week(monday: date, rows: object, miss: Miss) -> Week:
    mine = [row for row in rows if row.monday == monday]  # type: ignore[attr-defined]
    due = {ForecastSource(row.source): row.due for row in mine}
    expected = {ForecastSource(row.source): row.expected for row in mine}
    total = sum(expected.values(), Decimal(0))
    told = between(total, miss.share) if miss.forecasts >= ENOUGH else None
    return Week(monday, due, expected, sum(row.items for row in mine), told)


_LAST = "(SELECT max(made_on) FROM receipt_forecast WHERE portfolio_id = :portfolio AND made_on <= :on)"
_MADE_ON = text(f"SELECT {_LAST}")
_WEEKS = text(f"""
    SELECT CAST(date_trunc('week', for_on) AS date) AS monday, source, sum(due) AS due, sum(expected) AS expected,
        sum(items)::bigint AS items
    FROM receipt_forecast WHERE portfolio_id = :portfolio AND made_on = {_LAST}
    GROUP BY 1, 2
""")
# What was open on a past morning is told by the days on which it was taken and closed. What is lost, is lost by the
# night; what is paid, withdrawn or replaced on a day was open that morning.
_OPEN = """{taken} < made.made_on AND ({closed} IS NULL OR {closed} > made.made_on
        OR {closed} = made.made_on AND {state} NOT IN ('broken', 'partially_kept'))"""
_PROMISED = _OPEN.format(taken="p.taken_on", closed="p.closed_on", state="p.state")
_AGREED = _OPEN.format(taken="a.signed_on", closed="a.closed_on", state="a.state")
_IN_WEEK = "greatest({due}, made.made_on) BETWEEN made.first AND made.last"
_PAST = text(f"""
    WITH morning AS (
        SELECT DISTINCT made_on FROM receipt_forecast WHERE portfolio_id = :portfolio AND made_on <= :made
    ), week AS (
        SELECT CAST(date_trunc('week', CAST(:made AS timestamp)) AS date) - 7 * n AS monday
        FROM generate_series(1, CAST(:judged AS int)) n
    ), made AS MATERIALIZED (
        SELECT week.monday, ahead, f.made_on, greatest(week.monday, f.made_on) AS first, week.monday + 6 AS last
        FROM week CROSS JOIN generate_series(0, CAST(:weeks AS int) - 1) ahead
        JOIN LATERAL (SELECT max(made_on) AS made_on FROM morning
                      WHERE made_on BETWEEN week.monday - 7 * ahead - 6 AND week.monday - 7 * ahead) f
            ON f.made_on IS NOT NULL
    ), counted AS MATERIALIZED (
        SELECT p.case_id, p.taken_on, p.closed_on, p.state, coalesce(t.due_on, p.due_on) AS due_on, b.grace_days
        FROM promise p JOIN portfolio b ON b.id = p.portfolio_id LEFT JOIN promise_part t ON t.promise_id = p.id
        WHERE p.portfolio_id = :portfolio AND p.due_on >= (SELECT min(made_on) FROM made) - 60
    ), owing AS (
        SELECT made.monday, made.ahead, p.case_id FROM made JOIN counted p
            ON {_IN_WEEK.format(due="p.due_on")} AND {_PROMISED} AND p.due_on + p.grace_days >= made.made_on
        UNION
        SELECT made.monday, made.ahead, a.case_id FROM made JOIN agreement a ON a.portfolio_id = :portfolio AND {_AGREED}
        JOIN installment i ON i.agreement_id = a.id AND {_IN_WEEK.format(due="i.due_on")}
            AND (i.paid_on IS NULL OR i.paid_on >= made.made_on)
    ), came AS (
        SELECT o.monday, o.ahead, sum(y.amount) AS came FROM owing o
        JOIN made USING (monday, ahead)
        JOIN payment y ON y.case_id = o.case_id AND y.paid_on BETWEEN made.first AND made.last
            AND y.kind = 'payment' AND y.reversed_on IS NULL
        GROUP BY o.monday, o.ahead
    )
    SELECT made.monday, made.ahead, made.made_on, coalesce(came.came, 0) AS came, coalesce((
        SELECT sum(expected) FROM receipt_forecast r WHERE r.portfolio_id = :portfolio AND r.made_on = made.made_on
            AND r.for_on BETWEEN made.monday AND made.last), 0) AS expected
    FROM made LEFT JOIN came USING (monday, ahead)
    ORDER BY made.ahead, made.monday
""")
