"""What may be approved, kind by kind: which limits it goes beyond for a role, and how it is done once somebody decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from models import Approval, ApprovalKind, Case, Portfolio
from models.users import Role
from workbench.actions.promises import history_of, take_promise
from workbench.queries.promise_limits import limits_for
from workbench.rules.access import Viewer
from workbench.rules.exceeded import Exceeded
from workbench.rules.promise_limits import PromiseTerms, check_terms, exceeded


@dataclass(frozen=True, slots=True)
class Decided:
    """A deed that somebody asked for and somebody else allowed."""

    approval: Approval
    asker: Viewer
    decider: Viewer
    at: datetime


def beyond(
    session: Session, who: Viewer, case_id: int, kind: ApprovalKind, terms: Any, role: Role, *, at: datetime
) -> list[Exceeded]:
    """The limits of a role, as they are now, that these terms go beyond; none = the role may do it.

    Raises `Refused` for what nobody could do: more than is owed, a day gone by.
    """
    portfolio = session.get_one(Portfolio, session.get_one(Case, case_id).portfolio_id)
    return _LIMITS[kind](session, who, portfolio, case_id, terms, role, at)


def do(session: Session, terms: Any, decided: Decided) -> dict[str, Any]:
    """Does it on behalf of who asked; returns what was made, for the audit."""
    return _DEEDS[decided.approval.kind](session, terms, decided)


def _promise_limits(
    session: Session, who: Viewer, portfolio: Portfolio, case_id: int, terms: PromiseTerms, role: Role, at: datetime
) -> list[Exceeded]:
    assert portfolio.id is not None
    on = at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    known = history_of(session, who, case_id, terms.account_id)
    check_terms(terms, known, on=on)
    return exceeded(terms, limits_for(session, portfolio.id, role), known, on=on)


def _promise(session: Session, terms: PromiseTerms, decided: Decided) -> dict[str, Any]:
    case_id, by = decided.approval.case_id, decided.decider.user_id
    promise = take_promise(session, decided.asker, case_id=case_id, terms=terms, at=decided.at, approved_by=by)
    return {"promise": promise.id}


_LIMITS: dict[ApprovalKind, Callable[..., list[Exceeded]]] = {ApprovalKind.PROMISE: _promise_limits}
_DEEDS: dict[ApprovalKind, Callable[[Session, Any, Decided], dict[str, Any]]] = {ApprovalKind.PROMISE: _promise}
