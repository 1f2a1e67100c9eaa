"""Promises as a page shows them: the open ones, what falls due and may come in, and what was lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import PromiseState, Role
from workbench.queries.claims import case_place
from workbench.rules.access import Permission, Viewer
from workbench.rules.promises import kept_chance

PAGE = 100
MOST = 10_000  # rows of one file
WEEK = 7
LOST_DAYS = 30  # for so long a lost promise stays on the page
LEARN_DAYS = 365


class View(StrEnum):
    """Which promises: all open ones, due today (or in their days of grace), due this week, lost of late."""

    ACTIVE = "active"
    TODAY = "today"
    WEEK = "week"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which promises of a portfolio; `follower` none = anybody's."""

    portfolio_id: int
    view: View
    follower: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A promise in one row.

    `next_due` is the day of the first part that is not met, `missing` what is still to come on it, `at_risk` what of
    a lost one is still owed; `level` is how many promises on the case were not kept.
    """

    id: int
    case_id: int
    name: str
    reference: str
    state: PromiseState
    amount: Decimal
    paid: Decimal
    paid_late: Decimal
    parts: int
    taken_on: date
    due_on: date
    next_due: date
    missing: Decimal
    closed_on: date | None
    level: int
    at_risk: Decimal
    balance: Decimal
    follower_id: int | None
    follower: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """What falls due on a day: how many promises, what is still missing on them, and how much of it may come in."""

    on: date
    promises: int
    missing: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Counts:
    """How many promises each view has and their money: open ones' missing, lost ones' at risk."""

    active: int
    active_missing: Decimal
    today: int
    today_missing: Decimal
    week: int
    week_missing: Decimal
    broken: int
    at_risk: Decimal


@dataclass(frozen=True, slots=True)
class Kept:
    """What the portfolio's own promises of the last year say about keeping them."""

    kept: int
    ended: int

    @property
    def chance(self) -> float:
        """The chance that one of now is kept."""
        return kept_chance(self.kept, self.ended)


def own_only(who: Viewer) -> int | None:
    """Whose promises somebody sees: an agent their own, others everybody's."""
    return who.user_id if who.role is Role.AGENT else None


def promises(session: Session, who: Viewer, wanted: Wanted, *, at: datetime, most: int = PAGE) -> list[Line]:
    """The promises of a view, the most urgent first; an agent is shown only those they follow up."""
    asked = _asked(session, who, wanted, at)
    rows = session.execute(_LINES[wanted.view], asked | {"most": most}).mappings()
    return [Line(**{**row, "state": PromiseState(row["state"])}) for row in rows]


def counts(session: Session, who: Viewer, portfolio_id: int, *, follower: int | None = None, at: datetime) -> Counts:
    """How many there are in each view, and how much money."""
    asked = _asked(session, who, Wanted(portfolio_id, View.ACTIVE, follower), at)
    return Counts(**session.execute(_COUNTS, asked).mappings().one())


def due_days(
    session: Session, who: Viewer, portfolio_id: int, *, follower: int | None = None, at: datetime
) -> tuple[Day, ...]:
    """The seven days from today on: what falls due on each, and what of it may come in.

    What fell due before and is within its days of grace is expected today.
    """
    asked = _asked(session, who, Wanted(portfolio_id, View.WEEK, follower), at)
    chance = Decimal(str(kept_share(session, who, portfolio_id, at=at).chance))
    found = {row.on_day: row for row in session.execute(_DAYS, asked)}
    days = (asked["on"] + timedelta(days=n) for n in range(WEEK))
    return tuple(_day(on, found.get(on), chance) for on in days)


def _day(on: date, row: Any, chance: Decimal) -> Day:
    if row is None:
        return Day(on, 0, Decimal(0), Decimal(0))
    return Day(on, row.promises, row.missing, (row.missing * chance).quantize(Decimal("0.01")))


def kept_share(session: Session, who: Viewer, portfolio_id: int, *, at: datetime) -> Kept:
    """How many of the portfolio's promises of the last year were kept, of those that were kept or lost."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    since = at.date() - timedelta(days=LEARN_DAYS)
    row = session.execute(_KEPT, {"portfolio": portfolio_id, "since": since}).one()
    return Kept(row.kept, row.ended)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may follow promises up."""

    id: int
    name: str


def followers(session: Session, who: Viewer, portfolio_id: int) -> Sequence[Person]:
    """The agents and supervisors who work a portfolio, by name: whom promises may be given to."""
    who.require(Permission.MANAGE_PROMISES)
    who.require_portfolio(portfolio_id)
    return [Person(row.id, row.name) for row in session.execute(_FOLLOWERS, {"portfolio": portfolio_id})]


def level(session: Session, who: Viewer, case_id: int, *, account_id: int | None = None) -> int:
    """How many promises on a debt were not kept, be it in part; no account is the whole case with all its accounts."""
    case_place(session, who, case_id)
    values = {"case": case_id, "account": account_id}
    return int(session.execute(_LEVEL, values).scalar_one())


def _asked(session: Session, who: Viewer, wanted: Wanted, at: datetime) -> dict[str, Any]:
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(wanted.portfolio_id)
    book = session.execute(_BOOK, {"portfolio": wanted.portfolio_id}).one()
    on = at.astimezone(ZoneInfo(book.time_zone)).date()
    return {
        "portfolio": wanted.portfolio_id,
        "follower": own_only(who) or wanted.follower,
        "on": on,
        "grace": book.grace_days,
        "tolerance": book.promise_tolerance,
        "until": on + timedelta(days=WEEK - 1),
        "since": on - timedelta(days=LOST_DAYS),
    }


_BOOK = text("SELECT time_zone, grace_days, promise_tolerance FROM portfolio WHERE id = :portfolio")
_MINE = "(CAST(:follower AS bigint) IS NULL OR coalesce(p.followed_by, p.taken_by) = :follower)"
_OPEN = f"p.portfolio_id = :portfolio AND p.state = 'open' AND {_MINE}"
_LOST = f"""p.portfolio_id = :portfolio AND p.state IN ('broken', 'partially_kept') AND {_MINE}
    AND p.closed_on > CAST(:since AS date)"""
# of each promise: how many parts, the day of the first one not met, and what is missing until that one is met in full
_STEP = """CROSS JOIN LATERAL (
        SELECT count(*) AS parts, min(part.due_on) FILTER (WHERE part.until * :tolerance > p.paid) AS next_due,
            min(part.until) FILTER (WHERE part.until * :tolerance > p.paid) - p.paid AS missing
        FROM (SELECT due_on, sum(amount) OVER (ORDER BY due_on) AS until FROM promise_part WHERE promise_id = p.id
            UNION ALL SELECT p.due_on, p.amount WHERE NOT EXISTS (SELECT FROM promise_part WHERE promise_id = p.id)) part
    ) step"""
_AT_RISK = "least(p.amount - p.paid - p.paid_late, coalesce(s.balance, 0))"
_LINE = f"""
    SELECT p.id, p.case_id, d.name, d.reference, p.state, p.amount, p.paid, p.paid_late, step.parts, p.taken_on, p.due_on,
        coalesce(step.next_due, p.due_on) AS next_due, greatest(coalesce(step.missing, 0), 0) AS missing, p.closed_on,
        (SELECT count(*) FROM promise o WHERE o.case_id = p.case_id AND o.state IN ('broken', 'partially_kept')) AS level,
        CASE WHEN p.state IN ('broken', 'partially_kept') THEN {_AT_RISK} ELSE 0 END AS at_risk,
        coalesce(s.balance, 0) AS balance, u.id AS follower_id, u.name AS follower
    FROM promise p JOIN collection_case c ON c.id = p.case_id JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN case_standing s ON s.case_id = p.case_id LEFT JOIN app_user u ON u.id = coalesce(p.followed_by, p.taken_by)
    {_STEP}
"""
# The same of all open promises at once: few have parts, and those are added up together and not promise by promise.
_STEPS = f"""open AS MATERIALIZED (
        SELECT p.id, p.amount, p.paid, p.due_on, p.amount * :tolerance > p.paid AS unmet FROM promise p WHERE {_OPEN}
    ), part AS MATERIALIZED (
        SELECT open.id, open.paid, t.due_on, t.amount, sum(t.amount) OVER (PARTITION BY t.promise_id ORDER BY t.due_on) AS until
        FROM promise_part t JOIN open ON open.id = t.promise_id
    ), parted AS (
        SELECT id, min(due_on) FILTER (WHERE until * :tolerance > paid) AS next_due,
            min(until) FILTER (WHERE until * :tolerance > paid) - max(paid) AS missing FROM part GROUP BY id
    ), step AS (
        SELECT open.id, open.amount, open.paid, open.due_on, parted.id IS NULL AS whole,
            CASE WHEN parted.id IS NOT NULL THEN parted.next_due WHEN open.unmet THEN open.due_on END AS next_due,
            CASE WHEN parted.id IS NOT NULL THEN coalesce(parted.missing, 0) WHEN open.unmet THEN open.amount - open.paid
                ELSE 0 END AS missing
        FROM open LEFT JOIN parted ON parted.id = open.id
    )"""
# the rows of a page are chosen first: all that is said of them is asked for those alone
_SOON = f"""WITH {_STEPS}, chosen AS (
        SELECT id FROM step WHERE next_due <= {{last}} ORDER BY next_due, amount DESC, id LIMIT :most
    ) {_LINE} WHERE p.id IN (SELECT id FROM chosen) ORDER BY step.next_due, p.amount DESC, p.id"""
_LINES = {
    View.ACTIVE: text(f"{_LINE} WHERE {_OPEN} ORDER BY p.due_on, p.id LIMIT :most"),
    View.TODAY: text(_SOON.format(last=":on")),
    View.WEEK: text(_SOON.format(last=":until")),
    View.BROKEN: text(f"""
        WITH chosen AS (
            SELECT p.id FROM promise p LEFT JOIN case_standing s ON s.case_id = p.case_id
            WHERE {_LOST} AND {_AT_RISK} > 0 ORDER BY {_AT_RISK} DESC, p.id LIMIT :most
        ) {_LINE} WHERE p.id IN (SELECT id FROM chosen) ORDER BY at_risk DESC, p.id
    """),
}
_COUNTS = text(f"""
    WITH {_STEPS},
    lost AS (SELECT {_AT_RISK} AS at_risk FROM promise p LEFT JOIN case_standing s ON s.case_id = p.case_id WHERE {_LOST})
    SELECT count(*) AS active, coalesce(sum(missing), 0) AS active_missing,
        count(*) FILTER (WHERE next_due <= :on) AS today, coalesce(sum(missing) FILTER (WHERE next_due <= :on), 0) AS today_missing,
        count(*) FILTER (WHERE next_due <= :until) AS week,
        coalesce(sum(missing) FILTER (WHERE next_due <= :until), 0) AS week_missing,
        (SELECT count(*) FROM lost WHERE at_risk > 0) AS broken,
        (SELECT coalesce(sum(at_risk), 0) FROM lost WHERE at_risk > 0) AS at_risk
    FROM step
""")
_DAYS = text(f"""
    WITH {_STEPS}, due AS (
        SELECT id, due_on, amount, until, paid FROM part
        UNION ALL SELECT id, due_on, amount, amount, paid FROM step WHERE whole
    )
    SELECT greatest(due_on, CAST(:on AS date)) AS on_day, count(DISTINCT id) AS promises,
        sum(least(amount, until - paid)) AS missing
    FROM due WHERE due_on <= :until AND until > paid GROUP BY 1
""")
_KEPT = text("""
    SELECT count(*) FILTER (WHERE state = 'kept') AS kept, count(*) AS ended FROM promise
    WHERE portfolio_id = :portfolio AND state IN ('kept', 'partially_kept', 'broken') AND closed_on >= CAST(:since AS date)
""")
_FOLLOWERS = text("""
    SELECT DISTINCT u.id, u.name FROM app_user u JOIN team_member m ON m.user_id = u.id
    JOIN team_portfolio t ON t.team_id = m.team_id
    WHERE t.portfolio_id = :portfolio AND u.active AND u.role IN ('agent', 'supervisor') ORDER BY u.name, u.id
""")
_LEVEL = text("""
    SELECT count(*) FROM promise WHERE case_id = :case AND state IN ('broken', 'partially_kept') AND (CAST(:account AS bigint) IS NULL OR account_id = :account)
""")
