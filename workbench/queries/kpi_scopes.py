"""Whose figures, of which portfolios, from when to when; and who may ask for them."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from models import AgentsSee, Period, Role
from workbench.queries.teammates import require_teammate
from workbench.rules.access import Permission, Viewer
from workbench.rules.periods import before
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Scope:
    """Local days of some portfolios, both ends included; a team or a person narrows it to their work."""

    portfolio_ids: tuple[int, ...]
    from_on: date
    to_on: date
    team_id: int | None = None
    user_id: int | None = None


def previous(scope: Scope, period: Period) -> Scope:
    """The same days of the period before: of one that still runs, as many days as have passed."""
    from_on, to_on = before(period, scope.from_on, scope.to_on)
    return replace(scope, from_on=from_on, to_on=to_on)


def allowed_scope(session: Session, who: Viewer | None, scope: Scope, *, rows: bool = False) -> Scope:
    """The scope as this person may see it, or a refusal; `rows` asks for the rows behind a figure, too.

    Supervisors and managers see their portfolios, their teams and the people of these; an agent sees what is their own,
    and the totals of a team that shows them. `who` none is the operator, who sees everything.
    """
    if scope.from_on > scope.to_on:
        raise Refused("The period ends before it begins.")
    if who is None:
        return scope
    for portfolio_id in scope.portfolio_ids:
        who.require_portfolio(portfolio_id)
    if who.may(Permission.SEE_BOARDS):
        _require_own(session, who, scope)
    elif scope.user_id != who.user_id:
        _require_shown(session, who, scope, rows=rows)
    else:
        who.require(Permission.SEE_OWN_FIGURES)
    return scope


def may_rank(session: Session, who: Viewer | None, scope: Scope) -> bool:
    """Whether this person may see a scope's figures by agent: supervisors, and agents whose team ranks."""
    if who is None or who.may(Permission.SEE_BOARDS):
        return True
    return (
        scope.team_id is not None
        and scope.team_id in who.team_ids
        and _shows(session, scope.team_id) is AgentsSee.RANKING
    )


def _require_own(session: Session, who: Viewer, scope: Scope) -> None:
    if scope.team_id is not None and scope.team_id not in who.team_ids:
        raise Refused("There is nothing here that you may see.")
    if scope.user_id is not None:
        require_teammate(session, who, scope.user_id)


def _require_shown(session: Session, who: Viewer, scope: Scope, *, rows: bool) -> None:
    """An agent asks for more than their own: only the totals of a team that shows them."""
    who.require(Permission.SEE_OWN_FIGURES)
    own = scope.user_id is None and scope.team_id is not None and scope.team_id in who.team_ids
    if rows or not own or who.role is not Role.AGENT or _shows(session, scope.team_id or 0) is AgentsSee.OWN:
        raise Refused("There is nothing here that you may see.")


def _shows(session: Session, team_id: int) -> AgentsSee:
    return AgentsSee(session.execute(_AGENTS_SEE, {"team": team_id}).scalar_one())


_AGENTS_SEE = text("SELECT agents_see FROM team WHERE id = :team")
