"""Goals, policies and boards: whoever is of another team, or whose role does not grant it, is refused or reads nothing."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import AgentsSee, Period
from models.users import Role
from tests.cast import NOW, TODAY, Cast
from workbench.actions import figure_policies, targets, teams
from workbench.queries import goal_paces, team_policies
from workbench.queries import targets as goals
from workbench.queries.team_policies import FigurePolicy
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

MODULES = (
    "actions.targets", "actions.teams", "actions.figure_policies", "queries.targets", "queries.team_policies",
    "queries.goal_paces",
)  # fmt: skip
TABLES = ("target", "team", "portfolio", "audit_entry")


@dataclass(frozen=True)
class Things:
    """What of Mexico's there is to be read or changed."""

    book: int
    team: int
    ana: int
    goal: int


@pytest.fixture
def things(session: Session, cast: Cast) -> Things:
    wish = targets.Wish("attempts", Period.DAY, Decimal(40), user_id=cast.ana.user_id)
    made = targets.set_target(session, cast.sofia, wish, from_on=TODAY, at=NOW)
    for scope in ({"team_id": next(iter(cast.sofia.team_ids))}, {"portfolio_id": cast.mexico.id}):
        targets.set_target(
            session, cast.sofia, targets.Wish("attempts", Period.DAY, Decimal(99), **scope), from_on=TODAY, at=NOW
        )
    return Things(cast.mexico.id or 0, next(iter(cast.sofia.team_ids)), cast.ana.user_id, made.id or 0)


def wanting(**scope: int) -> targets.Wish:
    return targets.Wish("attempts", Period.WEEK, Decimal(5), **scope)


def set_goals(session: Session, who: Viewer, things: Things) -> None:
    """None of the three is set: each is refused by itself."""
    refused = 0
    for scope in ({"user_id": things.ana}, {"team_id": things.team}, {"portfolio_id": things.book}):
        try:
            targets.set_target(session, who, wanting(**scope), from_on=TODAY, at=NOW)
        except Refused:
            refused += 1
    assert refused in (0, 3)
    if refused:
        raise Refused("There is nothing here that you may see.")


def judge(session: Session, who: Viewer, things: Things) -> None:
    policy: dict[str, Any] = {"agents_see": AgentsSee.RANKING, "amber_minutes": 1, "red_minutes": 2}
    teams.set_team_policy(session, who, things.team, **policy, at=NOW)


def cost(session: Session, who: Viewer, things: Things) -> None:
    figure_policies.set_figure_policy(session, who, FigurePolicy(things.book, "MXN", 9, Decimal(9)), at=NOW)


Deed = Callable[[Session, Viewer, Things], Any]
DEEDS: dict[str, Deed] = {
    "actions.targets.set_target": set_goals,
    "actions.targets.end_target": lambda s, w, t: targets.end_target(s, w, t.goal, on=TODAY, at=NOW),
    "actions.teams.set_team_policy": judge,
    "actions.figure_policies.set_figure_policy": cost,
    "queries.targets.targets_for": lambda s, w, _: _some(goals.targets_for(s, w, on=TODAY)),
    "queries.team_policies.team_policies": lambda s, w, t: _some(
        [each for each in team_policies.team_policies(s, w) if each.team_id == t.team]
    ),
    "queries.team_policies.figure_policies": lambda s, w, t: _some(
        [each for each in team_policies.figure_policies(s, w) if each.portfolio_id == t.book]
    ),
    "queries.team_policies.shown_teams": lambda s, w, t: _some(
        [each for each in team_policies.shown_teams(s, w) if each.team_id == t.team]
    ),
    "queries.goal_paces.goal_paces": lambda s, w, _: _some(goal_paces.goal_paces(s, w, at=NOW)),
}
# an agent reads the own goals, and of the own team what its policy shows
AGENTS = {"queries.targets.targets_for", "queries.team_policies.shown_teams", "queries.goal_paces.goal_paces"}
MANAGERS = {"actions.figure_policies.set_figure_policy", "queries.team_policies.figure_policies"}


def _some(found: list[Any]) -> list[Any]:
    """A list of what one may see: nothing of Mexico's in it is as good as a refusal."""
    if not found:
        raise Refused("There is nothing here that you may see.")
    return found


def test_every_deed_and_query_is_tried() -> None:
    assert set(DEEDS) == set(_public())


def _public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def everything(session: Session) -> list[Any]:
    session.flush()
    asked = (f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {each} t" for each in TABLES)
    return [session.execute(text(each)).scalar_one() for each in asked]


def answered(session: Session, who: Viewer, things: Things, names: set[str]) -> dict[str, str]:
    """What was not refused, or was refused after something had changed."""
    found, before = {}, everything(session)
    for name in sorted(names):
        with session.begin_nested() as trial:
            try:
                found[name] = repr(DEEDS[name](session, who, things))
            except Refused as refused:
                known = "nothing here" in refused.because or "role" in refused.because
                if not known or everything(session) != before:
                    found[name] = refused.because
            trial.rollback()
    return found


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN])
def test_another_team_is_refused_or_reads_nothing(session: Session, cast: Cast, things: Things, role: Role) -> None:
    assert answered(session, replace(cast.bruno, role=role), things, set(DEEDS)) == {}


def test_roles_without_the_permission_are_refused(session: Session, cast: Cast, things: Things) -> None:
    assert answered(session, cast.ana, things, set(DEEDS) - AGENTS) == {}
    assert answered(session, cast.alma, things, set(DEEDS)) == {}
    assert answered(session, cast.sofia, things, MANAGERS) == {}
    assert set(answered(session, cast.sofia, things, set(DEEDS) - MANAGERS)) == set(DEEDS) - MANAGERS
    assert set(answered(session, cast.marta, things, MANAGERS)) == MANAGERS


def test_an_agents_goals_and_teams_end_where_the_policy_does(session: Session, cast: Cast, things: Things) -> None:
    judge_own: dict[str, Any] = {"agents_see": AgentsSee.OWN, "amber_minutes": 1, "red_minutes": 2}
    teams.set_team_policy(session, cast.sofia, things.team, **judge_own, at=NOW)
    assert [each.goal.user_id for each in goal_paces.goal_paces(session, cast.ana, at=NOW)] == [things.ana]
    assert team_policies.shown_teams(session, cast.ana) == []
