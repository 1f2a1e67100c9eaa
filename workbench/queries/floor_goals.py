"""What the floor's people and teams are to reach today: goals of the day, or the day's part of longer ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models import Period
from workbench.queries.floor import COUNTED
from workbench.queries.goal_paces import Calendar, calendar_of
from workbench.queries.targets import targets_for
from workbench.rules.access import Permission, Viewer
from workbench.rules.goals import DayGoal, day_goal

FIGURES = (*COUNTED, "promised")  # all of them accrue, so that a day has its part
_PERIODS = tuple(Period)


@dataclass(frozen=True, slots=True)
class FloorGoals:
    """Today's goals by person and figure, and by the team's name and figure."""

    people: Mapping[tuple[int, str], DayGoal]
    teams: Mapping[tuple[str, str], DayGoal]


def floor_goals(session: Session, who: Viewer, *, at: datetime) -> FloorGoals:
    """The goals that the viewer may read; a goal of the day goes before the part of a longer one, a week before a month."""
    who.require(Permission.SEE_BOARDS)
    calendars: dict[tuple[int, ...], Calendar] = {}
    people: dict[tuple[int, str], DayGoal] = {}
    teams: dict[tuple[str, str], DayGoal] = {}
    today = calendar_of(session, who.portfolio_ids, at=at).today
    goals = [each for each in targets_for(session, who, on=today) if each.kpi in FIGURES and each.portfolio_id is None]
    for goal in sorted(goals, key=lambda each: _PERIODS.index(each.period)):
        if goal.portfolio_ids not in calendars:
            calendars[goal.portfolio_ids] = calendar_of(session, goal.portfolio_ids, at=at)
        here = calendars[goal.portfolio_ids]
        if part := day_goal(goal.amount, goal.period, here.today, here.weeks):
            if goal.user_id is not None:
                people.setdefault((goal.user_id, goal.kpi), part)
            else:
                teams.setdefault((goal.name, goal.kpi), part)
    return FloorGoals(people, teams)
