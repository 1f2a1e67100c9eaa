"""Goals and how far along one is: working days passed, what ought to be there by now, where it leads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal

from models.targets import Period
from workbench.rules.feasts import feasts
from workbench.rules.kpis import KPIS, Better, Family, Kpi, Unit
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.periods import period_of
from workbench.rules.refusals import Refused

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Workweek:
    """When people work: in which country, from when to when, on Saturdays and holidays or not."""

    country: str
    region: str | None
    opens: time
    closes: time
    saturdays: bool = False
    holidays: bool = False

    def works(self, on: date) -> bool:
        """Whether that day is a working day."""
        law = jurisdictions().get(self.country)
        if not self.holidays and on in feasts(law, self.country, region_of(law, self.region), on.year):
            return False
        return on.weekday() < SATURDAY or (self.saturdays and on.weekday() == SATURDAY)

    def passed_of(self, now: datetime) -> float:
        """The share of that day's hours that have passed at its local time `now`."""
        opens, closes = (datetime.combine(now.date(), clock) for clock in (self.opens, self.closes))
        return min(max((now.replace(tzinfo=None) - opens) / (closes - opens), 0.0), 1.0)


def working_days(first: date, last: date, weeks: Sequence[Workweek]) -> list[date]:
    """The days from `first` to `last` on which somebody works; all of them when nobody ever does."""
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    return [each for each in days if any(week.works(each) for week in weeks)] or days


@dataclass(frozen=True, slots=True)
class DayGoal:
    """What one day is to bring: a goal of the day, or the day's part of a longer one, `of`, over its working days."""

    amount: Decimal
    period: Period
    of: Decimal
    days: int = 1


def day_goal(goal: Decimal, period: Period, on: date, weeks: Iterable[Workweek]) -> DayGoal | None:
    """A goal that accrues, spread evenly over its period's working days and rounded up; none on a day off."""
    if period is Period.DAY:
        return DayGoal(goal, period, goal)
    working = working_days(*period_of(period, on), list(weeks))
    if on not in working:
        return None
    return DayGoal((goal / len(working)).to_integral_value(ROUND_CEILING), period, goal, len(working))


def share_passed(first: date, last: date, now: datetime, weeks: Iterable[Workweek]) -> float:
    """The share of the working days from `first` to `last` that have passed at the local time `now`.

    A day counts when any of the scope's portfolios works on it; today counts by its hours. A span without a
    working day counts by calendar days.
    """
    at_work = list(weeks)
    working = working_days(first, last, at_work)
    today = now.date()
    passed: float = sum(each < today for each in working)
    if today in working:
        passed += max((week.passed_of(now) for week in at_work), default=1.0)
    return passed / len(working)


@dataclass(frozen=True, slots=True)
class Pace:
    """How far along a goal is: `due` is what ought to be there by now, `leads_to` what the period would end with."""

    goal: Decimal
    value: float
    due: float
    leads_to: float
    passed: float  # share of the working days

    @property
    def share(self) -> float:
        """What is there ÷ the goal."""
        return self.value / float(self.goal)


def pace(value: float, goal: Decimal, passed: float, *, accrues: bool) -> Pace:
    """How far along a goal is; only what accrues (counts, money) is divided by the share of working days passed."""
    if not accrues:
        return Pace(goal, value, float(goal), value, passed)
    leads_to = value / passed if passed else value
    return Pace(goal, value, float(goal) * passed, leads_to, passed)


def check_goal(name: str, amount: Decimal, *, for_portfolio: bool) -> None:
    """Refuses a goal that no period could reach, or that is no person's to reach."""
    if name not in KPIS:
        raise Refused("There is no figure {name}.", name=name)
    if amount <= 0:
        raise Refused("A goal is more than nothing.")
    if KPIS[name].unit is Unit.SHARE and amount > 1:
        raise Refused("A goal of a share is at most 100 %.")
    if KPIS[name].family is Family.BOOK and not for_portfolio:
        raise Refused("A figure of the book is a goal of portfolios only.")


def accrues(kpi: Kpi) -> bool:
    """Whether the figure grows with the days: a count or a sum, neither a share nor what stood on one morning."""
    return not kpi.denominator and kpi.family is not Family.BOOK and kpi.unit is not Unit.DAYS


def on_course(kpi: Kpi, along: Pace) -> bool:
    """Whether the period, going on like this, ends with the goal reached."""
    goal = float(along.goal)
    return along.leads_to <= goal if kpi.better is Better.DOWN else along.leads_to >= goal
