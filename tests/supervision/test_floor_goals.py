"""Today's goals on the floor: a day's own, or its part of a week's, a month's or a quarter's."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import Period, Target, Team
from tests.cast import NOW, TODAY, Cast
from workbench.actions.targets import Wish, end_target, set_target
from workbench.queries.floor_goals import floor_goals
from workbench.queries.targets import goals_mark
from workbench.rules.goals import DayGoal
from workbench.rules.refusals import Refused

SATURDAY, REVOLUTION = NOW + timedelta(days=3), NOW - timedelta(days=2)  # Monday the 16th, a holiday in Mexico


def wish(
    session: Session, cast: Cast, period: Period, amount: int, *, kpi: str = "attempts", team: bool = False
) -> Target:
    whom = {"team_id": next(iter(cast.ana.team_ids))} if team else {"user_id": cast.ana.user_id}
    goal = Wish(kpi, period, Decimal(amount), **whom)
    return set_target(session, cast.sofia, goal, from_on=TODAY - timedelta(days=90), at=NOW)


def of_ana(session: Session, cast: Cast, at=NOW) -> DayGoal | None:
    return floor_goals(session, cast.sofia, at=at).people.get((cast.ana.user_id, "attempts"))


@pytest.mark.parametrize(
    ("period", "goal", "part", "days"),
    [
        (Period.DAY, 50, 50, 1),
        (Period.WEEK, 100, 25, 4),  # Monday is the Revolution's
        (Period.MONTH, 1000, 50, 20),
        (Period.MONTH, 1001, 51, 20),
        (Period.QUARTER, 6400, 100, 64),
    ],
)
def test_a_longer_goal_has_a_part_for_each_of_its_working_days(
    session: Session, cast: Cast, period: Period, goal: int, part: int, days: int
) -> None:
    wish(session, cast, period, goal)
    assert of_ana(session, cast) == DayGoal(Decimal(part), period, Decimal(goal), days)


def test_a_day_off_has_no_part_but_a_goal_of_the_day_stands(session: Session, cast: Cast) -> None:
    wish(session, cast, Period.WEEK, 100)
    assert of_ana(session, cast, at=REVOLUTION) is None
    wish(session, cast, Period.DAY, 30)
    assert of_ana(session, cast, at=REVOLUTION) == DayGoal(Decimal(30), Period.DAY, Decimal(30))


def test_the_shorter_goal_goes_first(session: Session, cast: Cast) -> None:
    for period, amount in ((Period.MONTH, 1000), (Period.QUARTER, 2000), (Period.WEEK, 200)):
        wish(session, cast, period, amount)
    found = of_ana(session, cast)
    assert found
    assert (found.period, found.amount) == (Period.WEEK, 50)


def test_a_teams_goal_is_the_teams(session: Session, cast: Cast) -> None:
    wish(session, cast, Period.MONTH, 4000, team=True)
    found = floor_goals(session, cast.sofia, at=NOW)
    name = session.get_one(Team, next(iter(cast.ana.team_ids))).name
    assert found.people == {}
    assert found.teams == {(name, "attempts"): DayGoal(Decimal(200), Period.MONTH, Decimal(4000), 20)}


def test_shares_have_no_part(session: Session, cast: Cast) -> None:
    wish(session, cast, Period.MONTH, 1, kpi="contact_rate")
    assert floor_goals(session, cast.sofia, at=NOW).people == {}


def test_every_change_of_a_goal_leaves_another_mark(session: Session, cast: Cast) -> None:
    marks = [goals_mark(session)]
    made = wish(session, cast, Period.WEEK, 100)
    marks.append(goals_mark(session))
    wish(session, cast, Period.WEEK, 120)
    marks.append(goals_mark(session))
    end_target(session, cast.sofia, made.id or 0, on=TODAY, at=NOW)
    marks.append(goals_mark(session))
    assert len(set(marks)) == len(marks)


@pytest.mark.parametrize("name", ["ana", "alma"])
def test_the_floors_goals_are_the_supervisors(session: Session, cast: Cast, name: str) -> None:
    with pytest.raises(Refused, match="Your role"):
        floor_goals(session, getattr(cast, name), at=NOW)
