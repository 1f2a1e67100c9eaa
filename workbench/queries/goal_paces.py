"""How far along the goals are: each one's figure of its period so far, against the working days that have passed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from models import Period, Portfolio
from workbench.queries.kpis import By, Figure, Scope, breakdown, figures
from workbench.queries.targets import Goal, targets_for
from workbench.rules.access import Permission, Viewer
from workbench.rules.goals import Pace, Workweek, accrues, pace, share_passed
from workbench.rules.kpis import kpi
from workbench.rules.periods import period_of


@dataclass(frozen=True, slots=True)
class GoalPace:
    """A goal and how far it has come; none where nothing was done that could be judged."""

    goal: Goal
    scope: Scope
    along: Pace | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The day it is where some portfolios are, and when people work there."""

    now: datetime  # on the wall's clock there
    weeks: tuple[Workweek, ...]

    @property
    def today(self) -> date:
        return self.now.date()

    def passed(self, from_on: date, to_on: date) -> float:
        """The share of the working days between two days that has passed."""
        return share_passed(from_on, to_on, self.now, self.weeks)


def calendar_of(session: Session, portfolio_ids: Iterable[int], *, at: datetime) -> Calendar:
    """When people work in these portfolios; the clock is the first one's."""
    query = select(Portfolio).where(col(Portfolio.id).in_(list(portfolio_ids))).order_by(col(Portfolio.id))
    return _calendar(session.scalars(query).all(), at)


def goal_paces(session: Session, who: Viewer, *, at: datetime) -> list[GoalPace]:
    """Every goal that the viewer may read and that holds today, with how far it has come."""
    query = select(Portfolio).where(col(Portfolio.id).in_(who.portfolio_ids)).order_by(col(Portfolio.id))
    books = {each.id: each for each in session.scalars(query)}
    goals = targets_for(session, who, on=_calendar(list(books.values()), at).today)
    groups: dict[tuple[str, Period, tuple[int, ...]], list[Goal]] = defaultdict(list)
    for goal in goals:
        if goal.portfolio_ids:
            groups[_kind(goal, who), goal.period, goal.portfolio_ids].append(goal)
    found: dict[int, GoalPace] = {}
    for (kind, period, ids), some in groups.items():
        here = _calendar([books[each] for each in ids], at)
        first, last = period_of(period, here.today)
        scope, passed = Scope(ids, first, here.today), here.passed(first, last)
        for goal, own, figure in _figures(session, who, kind, some, scope, at):
            found[goal.target_id] = GoalPace(goal, own, _along(goal, figure, passed))
    return [found[goal.target_id] for goal in goals if goal.target_id in found]


def _along(goal: Goal, figure: Figure | None, passed: float) -> Pace | None:
    of = kpi(goal.kpi)
    value = figure.value if figure else None
    mixed = of.in_money and goal.currency is None  # their portfolios got a second currency since it was set
    if mixed or (value is None and not accrues(of)):
        return None
    return pace(float(value or 0), goal.amount, passed, accrues=accrues(of))


def _kind(goal: Goal, who: Viewer) -> str:
    """People's figures are asked together by whoever may see them by name, one's own alone."""
    if goal.user_id is None:
        return f"team {goal.team_id}" if goal.team_id is not None else "portfolio"
    return "people" if who.may(Permission.SEE_BOARDS) else "own"


def _figures(
    session: Session, who: Viewer, kind: str, goals: Sequence[Goal], scope: Scope, at: datetime
) -> Iterable[tuple[Goal, Scope, Figure | None]]:
    names = list(dict.fromkeys(goal.kpi for goal in goals))
    if kind == "people":
        groups = {each.key: each.figures for each in breakdown(session, who, names, scope, By.AGENT, at=at).groups}
        for goal in goals:
            own = Scope(scope.portfolio_ids, scope.from_on, scope.to_on, user_id=goal.user_id)
            yield goal, own, groups.get(goal.user_id, {}).get(goal.kpi)
        return
    own = Scope(scope.portfolio_ids, scope.from_on, scope.to_on, goals[0].team_id, goals[0].user_id)
    made = figures(session, who, names, own, at=at)
    for goal in goals:
        yield goal, own, made[goal.kpi]


def _calendar(books: Sequence[Portfolio], at: datetime) -> Calendar:
    now = at.astimezone(ZoneInfo(books[0].time_zone)) if books else at
    return Calendar(now, tuple(_week(each) for each in books))


def _week(book: Portfolio) -> Workweek:
    return Workweek(
        book.country,
        book.region,
        book.weekday_opens,
        book.weekday_closes,
        saturdays=book.saturday_opens is not None,
        holidays=book.calls_on_holidays,
    )
