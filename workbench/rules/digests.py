"""Digests: which board says what, which days an issue is about, and the words of one as it leaves by e-mail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.digests import Board
from models.targets import Period
from workbench.rules.access import Permission, Viewer
from workbench.rules.periods import period_of
from workbench.rules.timetable import business_date, last_due, next_due
from workbench.rules.words import N_

BOARDS = {
    Board.PERFORMANCE: N_("Team performance"),
    Board.HEALTH: N_("Portfolio health"),
    Board.NIGHT: N_("What changed last night"),
}
NEEDS = {
    Board.PERFORMANCE: Permission.SEE_BOARDS,
    Board.HEALTH: Permission.SEE_BOARDS,
    Board.NIGHT: Permission.SEE_CHANGES,
}
FIGURES: dict[Board, tuple[str, ...]] = {
    Board.PERFORMANCE: (
        "penetration", "intensity", "attempts", "contact_rate", "right_parties", "rpc_rate", "promises", "promised",
        "ptp_rate", "kept_rate", "recovery", "promise_to_cash", "aht", "cost_to_collect", "blocked_attempts",
    ),
    Board.HEALTH: (
        "cases", "balance", "past_due", "delinquency_rate", "delinquency_30", "delinquency_90", "average_days_past_due",
        "cure_rate", "cei", "dso", "best_possible_dso", "add", "recovery",
    ),
    Board.NIGHT: (),
}  # fmt: skip
# what the board's charts draw, as tables: over time, and by the people of the reader's teams
TREND: dict[Board, tuple[str, ...]] = {
    Board.PERFORMANCE: ("attempts", "right_parties", "promises", "promised", "recovery"),
    Board.HEALTH: ("balance", "past_due", "delinquency_rate", "average_days_past_due"),
}
BY_AGENT: dict[Board, tuple[str, ...]] = {
    Board.PERFORMANCE: ("attempts", "right_parties", "promises", "promised", "recovery"),
}
TREND_PERIODS = {Period.DAY: 7, Period.WEEK: 6, Period.MONTH: 6}
# a week's digest leaves on Monday, a month's on the first: each is about days that are over
_CRONS = {Period.DAY: "0 {hour} * * *", Period.WEEK: "0 {hour} * * 1", Period.MONTH: "0 {hour} 1 * *"}


@dataclass(frozen=True, slots=True)
class Line:
    """A figure with the same of the period before, and how it is reckoned."""

    label: str
    value: str
    before: str
    change: str
    formula: str


@dataclass(frozen=True, slots=True)
class Table:
    """A chart as a table; its first column is words, the others are figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """An issue in the reader's language: what it is about, its figures, its tables, and what to know of them."""

    language: str
    title: str
    about: tuple[tuple[str, str], ...]
    heads: tuple[str, str, str, str]  # of the figures' columns
    figures: tuple[Line, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    page: str  # "Page {n} of {m}"


def may_have(who: Viewer, board: Board, portfolio_id: int, team_id: int | None) -> bool:
    """Whether this person may see the board today."""
    of_team = team_id is None or (team_id in who.team_ids and board is Board.PERFORMANCE)
    return who.may(NEEDS[board]) and portfolio_id in who.portfolio_ids and of_team


def last_issue(every: Period, hour: int, zone: str, at: datetime) -> tuple[datetime, date]:
    """When the last issue was due, and the local day that it bears."""
    due_at = last_due(_CRONS[every].format(hour=hour), zone, at)
    return due_at, business_date(due_at, zone)


def next_issue(every: Period, hour: int, zone: str, at: datetime) -> tuple[datetime, date]:
    """The same of the issue that comes next."""
    due_at = next_due(_CRONS[every].format(hour=hour), zone, at)
    return due_at, business_date(due_at, zone)


def days_of(every: Period, on: date) -> tuple[date, date]:
    """The first and the last day that the issue of a day is about: the period that was over the day before."""
    return period_of(every, on - timedelta(days=1))


def trend_begins(every: Period, from_on: date) -> date:
    """The first day of the periods that a trend shows, its last one beginning on `from_on`."""
    first = from_on
    for _each in range(TREND_PERIODS[every] - 1):
        first, _last = period_of(every, first - timedelta(days=1))
    return first
