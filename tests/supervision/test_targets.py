"""Goals and team policies: one at a time for a scope, figure and period, seen by those they are for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import (
    AgentsSee,
    AuditEntry,
    Channel,
    Period,
    Portfolio,
    Role,
    Target,
    Team,
    TeamMember,
    TeamPortfolio,
    User,
)
from tests.cast import NOW, TODAY, Cast
from workbench.actions.figure_policies import set_figure_policy
from workbench.actions.targets import Wish, end_target, set_target
from workbench.actions.teams import set_team_policy
from workbench.queries.goal_paces import goal_paces
from workbench.queries.targets import targets_for
from workbench.queries.team_policies import FigurePolicy, figure_policies, team_policies
from workbench.rules.refusals import Refused

TOMORROW = TODAY + timedelta(days=1)


def team_of(cast: Cast) -> int:
    return next(iter(cast.sofia.team_ids))


def put(session: Session, cast: Cast, amount: str = "40", *, on: Any = TODAY, **scope: Any) -> Target:
    wish = Wish("attempts", Period.DAY, Decimal(amount), **(scope or {"user_id": cast.ana.user_id}))
    return set_target(session, cast.sofia, wish, from_on=on, at=NOW)


def spans(session: Session) -> list[tuple[str, Any, Any]]:
    rows = session.scalars(select(Target).order_by(col(Target.from_on))).all()
    return [(f"{row.amount.normalize():f}", row.from_on, row.until_on) for row in rows]


def test_a_new_goal_ends_the_one_before_it_and_never_two_hold(session: Session, cast: Cast) -> None:
    put(session, cast)
    put(session, cast, "50", on=TODAY + timedelta(days=10))
    put(session, cast, "45", on=TOMORROW)
    later = TODAY + timedelta(days=10)
    assert spans(session) == [("40", TODAY, TOMORROW), ("45", TOMORROW, later), ("50", later, None)]
    assert [each.amount for each in targets_for(session, cast.ana, on=TOMORROW)] == [Decimal(45)]


def test_the_same_day_again_writes_the_goal_anew_and_the_audit_keeps_what_it_was(session: Session, cast: Cast) -> None:
    first = put(session, cast)
    assert put(session, cast, "60").id == first.id
    assert spans(session) == [("60", TODAY, None)]
    told = session.scalars(select(AuditEntry).where(AuditEntry.deed == "set_target").order_by(AuditEntry.id)).all()
    assert Decimal(told[-1].details["before"]) == 40


def test_a_goal_is_ended_and_one_that_never_held_is_taken_away(session: Session, cast: Cast) -> None:
    held, coming = put(session, cast, on=TODAY - timedelta(days=3)), put(session, cast, "50", on=TOMORROW)
    end_target(session, cast.sofia, coming.id, on=TODAY, at=NOW)
    end_target(session, cast.sofia, held.id, on=TODAY, at=NOW)
    end_target(session, cast.sofia, held.id, on=TOMORROW, at=NOW)  # it ended before
    assert spans(session) == [("40", TODAY - timedelta(days=3), TODAY)]
    assert targets_for(session, cast.ana, on=TODAY) == []


def test_a_goal_set_again_on_the_first_day_of_one_that_was_ended_holds(session: Session, cast: Cast) -> None:
    began = TODAY - timedelta(days=3)
    end_target(session, cast.sofia, put(session, cast, on=began).id, on=TODAY, at=NOW)
    put(session, cast, "50", on=began)
    assert spans(session) == [("50", began, None)]


def test_the_goal_of_who_has_left_can_be_ended_but_none_be_set(session: Session, cast: Cast) -> None:
    held = put(session, cast, on=TODAY - timedelta(days=3))
    session.get_one(User, cast.ana.user_id).active = False
    session.flush()
    with pytest.raises(Refused, match="nothing here"):
        put(session, cast, "50", on=TOMORROW)
    end_target(session, cast.sofia, held.id, on=TODAY, at=NOW)
    assert targets_for(session, cast.sofia, on=TODAY) == []


def test_another_persons_goal_is_not_touched(session: Session, cast: Cast) -> None:
    put(session, cast)
    put(session, cast, "70", on=TOMORROW, user_id=cast.sofia.user_id)
    put(session, cast, "900", team_id=team_of(cast))
    assert sorted(spans(session)) == [("40", TODAY, None), ("70", TOMORROW, None), ("900", TODAY, None)]


def test_who_reads_which_goals(session: Session, cast: Cast) -> None:
    luis = User(email="luis@example.com", name="Luis", role=Role.AGENT, created_at=NOW)
    session.add(luis)
    session.flush()
    session.add(TeamMember(team_id=team_of(cast), user_id=luis.id))
    session.flush()
    for scope in ({"user_id": cast.ana.user_id}, {"user_id": luis.id}, {"team_id": team_of(cast)}):
        put(session, cast, **scope)
    put(session, cast, portfolio_id=cast.mexico.id)

    def read(who: Any) -> list[str]:
        return [each.name for each in targets_for(session, who, on=TODAY)]

    assert read(cast.sofia) == read(cast.marta) == read(None) == ["Banco del Valle", "Norte", "Ana", "Luis"]
    assert read(cast.ana) == ["Norte", "Ana"]
    assert read(cast.bruno) == []
    with pytest.raises(Refused, match="role"):
        read(cast.alma)
    see(session, cast, AgentsSee.OWN)
    assert read(cast.ana) == ["Ana"]


def test_a_goal_says_over_which_portfolios_and_in_which_currency_it_is_reckoned(session: Session, cast: Cast) -> None:
    put(session, cast)
    (goal,) = targets_for(session, cast.ana, on=TODAY)
    assert (goal.portfolio_ids, goal.currency) == ((cast.mexico.id,), "MXN")


def test_money_of_two_currencies_is_nobodys_goal(session: Session, cast: Cast) -> None:
    session.add(TeamPortfolio(team_id=team_of(cast), portfolio_id=cast.colombia.id))
    session.flush()
    wish = Wish("recovery", Period.MONTH, Decimal(1000), team_id=team_of(cast))
    with pytest.raises(Refused, match="currenc"):
        set_target(session, cast.sofia, wish, from_on=TODAY, at=NOW)


def test_a_goal_of_money_that_came_to_lie_over_two_currencies_has_no_pace(session: Session, cast: Cast) -> None:
    wish = Wish("recovery", Period.MONTH, Decimal(1000), user_id=cast.ana.user_id)
    set_target(session, cast.sofia, wish, from_on=TODAY, at=NOW)
    session.add(TeamPortfolio(team_id=team_of(cast), portfolio_id=cast.colombia.id))
    session.flush()
    both = frozenset({cast.mexico.id or 0, cast.colombia.id or 0})
    for who in (cast.sofia, cast.ana):
        (found,) = goal_paces(session, replace(who, portfolio_ids=both), at=NOW)
        assert found.along is None  # not 0 of 1,000, which is what nobody has paid


@pytest.mark.parametrize("scope", [{}, {"user_id": 1, "team_id": 1}])
def test_a_goal_is_for_one(session: Session, cast: Cast, scope: dict[str, int]) -> None:
    with pytest.raises(Refused, match="one person, one team or one portfolio"):
        set_target(session, cast.sofia, Wish("attempts", Period.DAY, Decimal(1), **scope), from_on=TODAY, at=NOW)


def see(session: Session, cast: Cast, agents_see: AgentsSee) -> None:
    policy = {"agents_see": agents_see, "amber_minutes": 5, "red_minutes": 9}
    set_team_policy(session, cast.sofia, team_of(cast), **policy, at=NOW)


def test_a_teams_policy_is_kept_with_what_it_was(session: Session, cast: Cast) -> None:
    see(session, cast, AgentsSee.RANKING)
    see(session, cast, AgentsSee.RANKING)
    (policy,) = team_policies(session, cast.sofia)
    assert (policy.agents_see, policy.amber_minutes, policy.red_minutes) == (AgentsSee.RANKING, 5, 9)
    assert [each.name for each in policy.members] == ["Ana", "Sofía"]
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.deed == "set_team_policy")).all()
    assert entry.details["amber_minutes"] == {"from": 8, "to": 5}


def test_red_comes_after_amber(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="red after amber"):
        set_team_policy(
            session, cast.sofia, team_of(cast), agents_see=AgentsSee.TEAM, amber_minutes=9, red_minutes=9, at=NOW
        )


def test_costs_are_kept_as_decimals_and_only_a_manager_sets_them(session: Session, cast: Cast) -> None:
    assert cast.mexico.id is not None
    wanted = FigurePolicy(
        cast.mexico.id, "MXN", 20, Decimal("2.50"), {Channel.SMS: Decimal("0.0450"), Channel.EMAIL: Decimal(0)}
    )
    set_figure_policy(session, cast.marta, wanted, at=NOW)
    set_figure_policy(session, cast.marta, wanted, at=NOW)
    portfolio = session.get_one(Portfolio, cast.mexico.id)
    assert (portfolio.attribution_days, portfolio.minute_cost) == (20, Decimal("2.50"))
    assert portfolio.message_costs == {"sms": "0.045"}
    assert figure_policies(session, cast.marta)[0].message_costs == {Channel.SMS: Decimal("0.045")}
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.deed == "set_figure_policy")).all()) == 1
    for wrong in (
        FigurePolicy(cast.mexico.id, "MXN", 0, Decimal(1)),
        FigurePolicy(cast.mexico.id, "MXN", 9, Decimal(-1)),
    ):
        with pytest.raises(Refused):
            set_figure_policy(session, cast.marta, wrong, at=NOW)
    with pytest.raises(Refused, match="role"):
        set_figure_policy(session, cast.sofia, wanted, at=NOW)


def test_nobody_sets_what_is_not_theirs(session: Session, cast: Cast) -> None:
    south = session.scalars(select(Team).where(Team.code == "sur")).one()
    for scope in ({"user_id": cast.bruno.user_id}, {"team_id": south.id}, {"portfolio_id": cast.colombia.id}):
        with pytest.raises(Refused, match="nothing here"):
            put(session, cast, **scope)
    with pytest.raises(Refused, match="nothing here"):
        put(session, cast, user_id=cast.marta.user_id)  # who calls nobody has no goals of one's own
