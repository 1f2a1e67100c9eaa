"""Goals: what a person, a team or a portfolio is to reach in each day, week, month or quarter."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, text
from sqlmodel import Session, col, select

from models import Period, Portfolio, Role, Target, Team, TeamMember, User
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.goals import check_goal
from workbench.rules.kpis import kpi
from workbench.rules.refusals import Refused

_NOTHING_HERE = "There is nothing here that you may see."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be set: exactly one of the three ids; shares are between 0 and 1, money in the scope's currency."""

    kpi: str
    period: Period
    amount: Decimal
    user_id: int | None = None
    team_id: int | None = None
    portfolio_id: int | None = None

    @property
    def scope(self) -> dict[str, int | None]:
        return {"user_id": self.user_id, "team_id": self.team_id, "portfolio_id": self.portfolio_id}


def set_target(session: Session, who: Viewer, goal: Wish, *, from_on: date, at: datetime) -> Target:
    """Sets a goal from a day on: the one before it ends there, one that begins later keeps its day.

    The same goal set again on its first day is written anew. Refused for people, teams and portfolios of others.
    """
    who.require(Permission.SET_TARGETS)
    _lock_scope(session, who, goal, _callers_of(who))
    check_goal(goal.kpi, goal.amount, for_portfolio=goal.portfolio_id is not None)
    _require_one_currency(session, goal)
    known = session.scalars(select(Target).where(_same(goal)).order_by(col(Target.from_on))).all()
    target = next((each for each in known if each.from_on == from_on), None)
    until_on = next((each.from_on for each in known if each.from_on > from_on), None)
    if target is not None:
        before, target.amount, target.until_on = target.amount, goal.amount, until_on
        session.flush()
        audit.log(session, "set_target", "target", target.id, by=who.user_id, at=at, before=str(before), **_told(goal))
        return target
    for each in known:
        if each.from_on < from_on and (each.until_on is None or each.until_on > from_on):
            each.until_on = from_on
    target = Target(**goal.scope, kpi=goal.kpi, period=goal.period, amount=goal.amount, from_on=from_on,
                    until_on=until_on, set_by=who.user_id, set_at=at)  # fmt: skip
    session.add(target)
    session.flush()
    said = {"from_on": from_on.isoformat(), "until_on": until_on.isoformat() if until_on else None}
    audit.log(session, "set_target", "target", target.id, by=who.user_id, at=at, **said, **_told(goal))
    return target


def end_target(session: Session, who: Viewer, target_id: int, *, on: date, at: datetime) -> None:
    """Ends a goal: `on` is the first day it holds no more; one that never held a day is taken away."""
    who.require(Permission.SET_TARGETS)
    target = session.get(Target, target_id, with_for_update=True)
    if target is None:
        raise Refused(_NOTHING_HERE)
    _lock_scope(session, who, _goal_of(target), _of_teams(who))
    if target.until_on is not None and target.until_on <= on:
        return
    if on > target.from_on:
        target.until_on = on
    else:
        session.delete(target)
    session.flush()
    told = _told(_goal_of(target)) | {"on": on.isoformat(), "from_on": target.from_on.isoformat()}
    audit.log(session, "end_target", "target", target_id, by=who.user_id, at=at, **told)


def _lock_scope(session: Session, who: Viewer, goal: Wish, people: ColumnElement[bool]) -> None:
    """Two goals for the same scope wait for each other; refuses a scope that is not this person's, or none of `people`."""
    given = [each for each in goal.scope.values() if each is not None]
    if len(given) != 1:
        raise Refused("A goal is for one person, one team or one portfolio.")
    asked: Select[Any] | None = None
    if goal.team_id is not None and goal.team_id in who.team_ids:
        asked = select(col(Team.id)).where(col(Team.id) == goal.team_id)
    elif goal.portfolio_id is not None and goal.portfolio_id in who.portfolio_ids:
        asked = select(col(Portfolio.id)).where(col(Portfolio.id) == goal.portfolio_id)
    elif goal.user_id is not None:
        asked = select(col(User.id)).where(col(User.id) == goal.user_id, people)
    if asked is None or session.execute(asked.with_for_update(key_share=True)).first() is None:
        raise Refused(_NOTHING_HERE)


def _require_one_currency(session: Session, goal: Wish) -> None:
    """An amount of money says nothing where it is reckoned in two currencies."""
    if not kpi(goal.kpi).in_money:
        return
    currencies = session.execute(_CURRENCIES, {"user": goal.user_id, "team": goal.team_id}).scalars().all()
    if len(currencies) > 1:
        raise Refused("A goal of money needs one currency, and here are {several}.", several=", ".join(currencies))


_CURRENCIES = text("""
    SELECT DISTINCT p.currency FROM portfolio p JOIN team_portfolio tp ON tp.portfolio_id = p.id
    WHERE tp.team_id = :team OR tp.team_id IN (SELECT m.team_id FROM team_member m WHERE m.user_id = :user)
    ORDER BY 1
""")


def _callers_of(who: Viewer) -> ColumnElement[bool]:
    """Whoever calls and shares a team with this person."""
    return and_(_of_teams(who), col(User.role).in_([Role.AGENT, Role.SUPERVISOR]), col(User.active))


def _of_teams(who: Viewer) -> ColumnElement[bool]:
    """Whoever shares a team with this person, also who has left: their goals may still be ended."""
    return col(User.id).in_(select(col(TeamMember.user_id)).where(col(TeamMember.team_id).in_(who.team_ids)))


def _same(goal: Wish) -> ColumnElement[bool]:
    scope: list[ColumnElement[bool]] = [
        col(getattr(Target, name)) == value for name, value in goal.scope.items() if value is not None
    ]
    return and_(col(Target.kpi) == goal.kpi, col(Target.period) == goal.period, *scope)


def _goal_of(target: Target) -> Wish:
    scope = {name: getattr(target, name) for name in ("user_id", "team_id", "portfolio_id")}
    return Wish(target.kpi, target.period, target.amount, **scope)


def _told(goal: Wish) -> dict[str, Any]:
    scope = {name: value for name, value in goal.scope.items() if value is not None}
    return {"kpi": goal.kpi, "period": goal.period.value, "amount": str(goal.amount)} | scope
