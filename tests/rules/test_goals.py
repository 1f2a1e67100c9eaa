"""Goals: working days passed, what ought to be there by now, and which goals there can be."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from workbench.rules.goals import Workweek, accrues, check_goal, on_course, pace, share_passed
from workbench.rules.kpis import KPIS
from workbench.rules.refusals import Refused

MEXICO = Workweek("MX", None, time(8), time(20))
SATURDAYS = Workweek("MX", None, time(8), time(20), saturdays=True)
MONDAY, SUNDAY = date(2026, 11, 9), date(2026, 11, 15)


def at(day: int, hour: int) -> datetime:
    """A moment of November on the wall's clock."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "now", "weeks", "passed"),
    [
        pytest.param(MONDAY, SUNDAY, at(9, 7), [MEXICO], 0.0, id="before the week opens"),
        pytest.param(MONDAY, SUNDAY, at(10, 14), [MEXICO], 0.3, id="a day and a half of five"),
        pytest.param(MONDAY, SUNDAY, at(13, 20), [MEXICO], 1.0, id="friday evening"),
        pytest.param(MONDAY, SUNDAY, at(13, 20), [SATURDAYS], 5 / 6, id="saturday is still to come"),
        pytest.param(MONDAY, SUNDAY, at(13, 20), [MEXICO, SATURDAYS], 5 / 6, id="one of them works"),
        pytest.param(MONDAY, MONDAY, at(9, 14), [MEXICO], 0.5, id="half a day of one"),
        pytest.param(SUNDAY, SUNDAY, at(15, 14), [MEXICO], 0.5, id="a day without work counts as one"),
        # the third Monday of November is a holiday in Mexico: 20 November, moved
        pytest.param(date(2026, 11, 16), date(2026, 11, 22), at(18, 8), [MEXICO], 0.25, id="holiday"),
        pytest.param(MONDAY, SUNDAY, at(10, 14), [], 1.0 * 2 / 7, id="no portfolio: calendar days"),
    ],
)
def test_the_share_of_working_days_that_has_passed(
    first: date, last: date, now: datetime, weeks: list[Workweek], passed: float
) -> None:
    assert share_passed(first, last, now, weeks) == pytest.approx(passed)


def test_what_accrues_is_divided_by_the_share_that_passed_and_a_share_is_not() -> None:
    many = pace(30, Decimal(100), 0.25, accrues=True)
    assert (many.due, many.leads_to, many.share) == (25.0, 120.0, 0.3)
    assert on_course(KPIS["attempts"], many)
    rate = pace(0.3, Decimal("0.4"), 0.25, accrues=False)
    assert (rate.due, rate.leads_to) == (0.4, 0.3)
    assert not on_course(KPIS["rpc_rate"], rate)


def test_at_the_first_minute_a_pace_leads_to_what_is_there() -> None:
    assert pace(0, Decimal(10), 0.0, accrues=True).leads_to == 0


def test_where_less_is_better_staying_below_is_on_course() -> None:
    assert on_course(KPIS["cost_to_collect"], pace(0.1, Decimal("0.2"), 0.5, accrues=False))


@pytest.mark.parametrize(
    ("name", "grows"),
    [("attempts", True), ("promised", True), ("rpc_rate", False), ("aht", False), ("promise_to_cash", False), ("balance", False)],
)  # fmt: skip
def test_what_grows_with_the_days(name: str, *, grows: bool) -> None:
    assert accrues(KPIS[name]) is grows


@pytest.mark.parametrize(
    ("name", "amount", "for_portfolio"),
    [("luck", "5", True), ("attempts", "0", False), ("kept_rate", "1.2", False), ("delinquency_rate", "0.2", False)],
)
def test_goals_that_nobody_could_reach_are_refused(name: str, amount: str, *, for_portfolio: bool) -> None:
    with pytest.raises(Refused):
        check_goal(name, Decimal(amount), for_portfolio=for_portfolio)


def test_a_portfolio_may_have_a_goal_for_its_book() -> None:
    check_goal("delinquency_rate", Decimal("0.2"), for_portfolio=True)
