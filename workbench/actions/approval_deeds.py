"""What may be approved, kind by kind: which limits it goes beyond for a role, and how it is done once somebody decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from models import Approval, ApprovalKind, ApprovalState, Case, Dispute, Portfolio, Resolution
from models.users import Role
from workbench.actions.agreements import sign_agreement
from workbench.actions.disputes import check_write_down, resolve_dispute
from workbench.actions.promises import history_of, take_promise
from workbench.queries.offers import authority_for, business_days, debt_of, today_in
from workbench.queries.promise_limits import limits_for
from workbench.rules import offers, promise_limits
from workbench.rules.access import GRANTED, Permission, Viewer
from workbench.rules.approvals import WriteDown, replacing_of
from workbench.rules.exceeded import Exceeded
from workbench.rules.offers import Terms as OfferTerms
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Decided:
    """A deed that somebody asked for and somebody else allowed."""

    approval: Approval
    asker: Viewer
    decider: Viewer
    at: datetime


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether a role may do something on a case, asked by somebody who may see it."""

    session: Session
    who: Viewer
    case: Case
    role: Role
    at: datetime
    replacing: int | None

    @property
    def portfolio(self) -> Portfolio:
        return self.session.get_one(Portfolio, self.case.portfolio_id)

    @property
    def case_id(self) -> int:
        assert self.case.id is not None
        return self.case.id


def beyond(
    session: Session,
    who: Viewer,
    case_id: int,
    kind: ApprovalKind,
    terms: Any,
    role: Role,
    *,
    replacing: int | None = None,
    at: datetime,
) -> list[Exceeded]:
    """The limits of a role, as they are now, that these terms go beyond; none = the role may do it.

    `replacing` = the agreement that gives way: the terms are judged on the debt with what it forgave owed again.
    Raises `Refused` for what nobody could do: more than is owed, a day gone by.
    """
    return _LIMITS[kind](_Question(session, who, session.get_one(Case, case_id), role, at, replacing), terms)


def do(session: Session, terms: Any, decided: Decided) -> dict[str, Any]:
    """Does it on behalf of who asked; returns what was made, for the audit."""
    return _DEEDS[decided.approval.kind](session, terms, decided)


def _promise_limits(asked: _Question, terms: PromiseTerms) -> list[Exceeded]:
    on = today_in(asked.portfolio, asked.at)
    known = history_of(asked.session, asked.who, asked.case_id, terms.account_id)
    promise_limits.check_terms(terms, known, on=on)
    limits = limits_for(asked.session, asked.case.portfolio_id, asked.role)
    return promise_limits.exceeded(terms, limits, known, on=on)


def _promise(session: Session, terms: PromiseTerms, decided: Decided) -> dict[str, Any]:
    case_id, by = decided.approval.case_id, decided.decider.user_id
    promise = take_promise(session, decided.asker, case_id=case_id, terms=terms, at=decided.at, approved_by=by)
    return {"promise": promise.id}


def _agreement_limits(asked: _Question, terms: OfferTerms) -> list[Exceeded]:
    on = today_in(asked.portfolio, asked.at)
    fields: dict[str, Any] = {"account_id": terms.account_id, "replacing": asked.replacing}
    debt = debt_of(asked.session, asked.who, asked.case_id, **fields, at=asked.at)
    offers.check_terms(terms, debt, on=on)
    offers.agreed_schedule(terms, debt, on, business_days(asked.portfolio))
    authority = authority_for(asked.session, asked.who, asked.case_id, terms.kind, role=asked.role, at=asked.at)
    return offers.exceeded(terms, authority, debt, on)


def _agreement(session: Session, terms: OfferTerms, decided: Decided) -> dict[str, Any]:
    approval = decided.approval
    kept = approval.counter if approval.state is ApprovalState.ACCEPTED else approval.terms
    agreement = sign_agreement(
        session,
        decided.asker,
        approval.case_id,
        terms,
        key=approval.submission_key,
        at=decided.at,
        approval_id=approval.id,
        replacing=replacing_of(kept or {}),
    )
    return {"agreement": agreement.id}


def _write_down_limits(asked: _Question, terms: WriteDown) -> list[Exceeded]:
    dispute = asked.session.get(Dispute, terms.dispute_id)
    if dispute is None or dispute.case_id != asked.case_id:
        raise Refused("There is nothing here that you may see.")
    check_write_down(asked.session, dispute, terms.amount)
    if Permission.WRITE_DOWN in GRANTED[asked.role]:
        return []
    return [Exceeded("write_down", Decimal(0), terms.amount)]


def _write_down(session: Session, terms: WriteDown, decided: Decided) -> dict[str, Any]:
    dispute = resolve_dispute(
        session,
        decided.asker,
        terms.dispute_id,
        Resolution.WRITTEN_DOWN,
        note=decided.approval.reason,
        written_down=terms.amount,
        approved_by=decided.decider.user_id,
        at=decided.at,
    )
    return {"payment": dispute.payment_id}


_LIMITS: dict[ApprovalKind, Callable[[_Question, Any], list[Exceeded]]] = {
    ApprovalKind.PROMISE: _promise_limits,
    ApprovalKind.AGREEMENT: _agreement_limits,
    ApprovalKind.WRITE_DOWN: _write_down_limits,
}
_DEEDS: dict[ApprovalKind, Callable[[Session, Any, Decided], dict[str, Any]]] = {
    ApprovalKind.PROMISE: _promise,
    ApprovalKind.AGREEMENT: _agreement,
    ApprovalKind.WRITE_DOWN: _write_down,
}
