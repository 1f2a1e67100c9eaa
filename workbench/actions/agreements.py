"""Plans and settlements, as debtors sign them: what is charged, what is forgiven, what falls due when."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Agreement,
    AgreementState,
    Approval,
    ApprovalKind,
    ApprovalState,
    Case,
    Component,
    Installment,
    Portfolio,
    Receivable,
)
from workbench.actions import audit
from workbench.actions.agreement_letters import confirm
from workbench.actions.agreement_states import AgreementMove, evaluate_agreements, wake
from workbench.actions.contact_holds import hold
from workbench.actions.discounts import grant_discounts, restore_discounts
from workbench.actions.standings import rescore_cases
from workbench.queries.claims import case_place
from workbench.queries.offers import authority_for, business_days, debt_of, today_in
from workbench.queries.pauses import bar_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.installments import Part
from workbench.rules.limit_words import Limits
from workbench.rules.offers import Debt, Terms, agreed_schedule, check_terms, exceeded
from workbench.rules.pauses import barred
from workbench.rules.refusals import Refused

__all__ = ["AgreementMove", "Terms", "evaluate_agreements", "sign_agreement", "withdraw_agreement"]

TERMS = TypeAdapter(Terms)


@dataclass(frozen=True, slots=True)
class _Deed:
    """What signing knows: who, about which case, today by the portfolio's clock."""

    who: Viewer
    portfolio: Portfolio
    case_id: int
    on: date
    at: datetime


def sign_agreement(
    session: Session,
    who: Viewer,
    case_id: int,
    terms: Terms,
    *,
    key: UUID,
    at: datetime,
    approval_id: int | None = None,
    interaction_id: int | None = None,
    replacing: int | None = None,
) -> Agreement:
    """Signs a plan or settlement on what is owed now; `key` is drawn with the form, so a double click signs once.

    1. The terms are checked against the debt of today and the limits of the role; an approval of these very terms
       lifts the limits.
    2. The charges that accrued are posted as receivables, the discounts as payments that hold as long as it does.
    3. Open promises on the debt are replaced; an active agreement only when it is the one named by `replacing`.
    4. The letter that confirms it is written, and planned to leave.
    Raises `Refused` naming the limits, for terms that nobody may sign, while another agreement is active, and while a
    legal hold, a death or a hand-over bars all contact.
    """
    _require_signer(who)
    portfolio_id, _ = case_place(session, who, case_id)
    session.get_one(Case, case_id, with_for_update={"key_share": True})
    if known := session.exec(select(Agreement).where(Agreement.submission_key == key)).first():
        return _same(known, who, case_id)
    if bar := bar_of(session, case_id, at=at):
        raise barred(bar.kind, bar.from_on)
    portfolio = session.get_one(Portfolio, portfolio_id)
    deed = _Deed(who, portfolio, case_id, today_in(portfolio, at), at)
    rescore_cases(session, [case_id], on=deed.on, at=at)  # what broke since the night is neither active nor replaced
    replaced = _end_active(session, deed, terms.account_id, replacing)
    debt = debt_of(session, who, case_id, account_id=terms.account_id, at=at)
    check_terms(terms, debt, on=deed.on)
    _require_authority(session, deed, terms, debt, approval_id)
    parts = agreed_schedule(terms, debt, deed.on, business_days(portfolio))
    agreement = _new_agreement(deed, terms, debt, key)
    agreement.approval_id, agreement.interaction_id = approval_id, interaction_id
    session.add(agreement)
    session.flush()
    assert agreement.id is not None
    _post(session, deed, agreement, debt, parts)
    session.execute(_REPLACE, {"ids": replaced, "by": agreement.id})
    session.execute(_END_PROMISES, {"case": case_id, "account": terms.account_id, "on": deed.on})
    rescore_cases(session, [case_id], on=deed.on, at=at)
    session.refresh(agreement)
    details = {"case_id": case_id, "terms": TERMS.dump_python(terms, mode="json"), "total": str(agreement.total)}
    details |= {"approval_id": approval_id} if approval_id else {}
    details |= {"replaced": replaced} if replaced else {}
    audit.log(session, "sign_agreement", "agreement", agreement.id, by=who.user_id, at=at, **details)
    confirm(session, agreement, by=who.user_id, at=at)
    return agreement


def withdraw_agreement(session: Session, who: Viewer, agreement_id: int, *, reason: str, at: datetime) -> Agreement:
    """Ends an active agreement, with a reason: what it forgave is owed again, what it charged stays.

    Whoever may sign may withdraw; to change one is to withdraw it and sign another. Raises `Refused` for a closed one.
    """
    _require_signer(who)
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    found = session.get(Agreement, agreement_id)
    who.require_portfolio(found.portfolio_id if found else 0)
    assert found is not None  # no portfolio has the number 0
    session.get_one(Case, found.case_id, with_for_update={"key_share": True})
    on = today_in(session.get_one(Portfolio, found.portfolio_id), at)
    rescore_cases(session, [found.case_id], on=on, at=at)  # it may have broken since the night
    session.refresh(found)
    if found.state != AgreementState.ACTIVE:
        raise Refused("This agreement is closed already.")
    found.state, found.closed_on, found.closed_by = AgreementState.WITHDRAWN, on, who.user_id
    found.closed_because = reason.strip()
    session.flush()
    restore_discounts(session, [agreement_id], on=on, at=at)
    back = wake(session, [agreement_id], at=at)
    rescore_cases(session, [found.case_id], on=on, at=at)
    hold(session, back, at=at)
    details = {"case_id": found.case_id, "reason": reason.strip()}
    audit.log(session, "withdraw_agreement", "agreement", agreement_id, by=who.user_id, at=at, **details)
    return found


def _require_signer(who: Viewer) -> None:
    """Who works the queue, and who approves what lies beyond others."""
    if not who.may(Permission.APPROVE_NEGOTIATIONS):
        who.require(Permission.WORK_QUEUE)


def _same(known: Agreement, who: Viewer, case_id: int) -> Agreement:
    if (known.case_id, known.taken_by) != (case_id, who.user_id):
        raise Refused("This form was already used for another debtor. Open the case again.")
    return known


def _end_active(session: Session, deed: _Deed, account_id: int | None, replacing: int | None) -> list[int]:
    """Ends the agreement that this one replaces, before what is owed is counted; any other on the debt forbids it."""
    active = session.execute(_ACTIVE, {"case": deed.case_id, "account": account_id}).scalars().all()
    if not active:
        if replacing is not None:
            raise Refused("This agreement is closed already.")
        return []
    if list(active) != [replacing]:
        raise Refused("There is an active agreement on this debt: withdraw it or replace it.")
    session.execute(_END, {"ids": list(active), "on": deed.on, "by": deed.who.user_id})
    restore_discounts(session, list(active), on=deed.on, at=deed.at)
    wake(session, list(active), at=deed.at)
    return list(active)


def _require_authority(session: Session, deed: _Deed, terms: Terms, debt: Debt, approval_id: int | None) -> None:
    if approval_id is not None:
        _require_approval(session, deed, terms, approval_id)
        return
    authority = authority_for(session, deed.who, deed.case_id, terms.kind, at=deed.at)
    if beyond := exceeded(terms, authority, debt, deed.on):
        raise Refused(
            "This lies outside your own limits: {limits}.", limits=Limits(tuple(beyond), deed.portfolio.currency)
        )


def _require_approval(session: Session, deed: _Deed, terms: Terms, approval_id: int) -> None:
    """An approval counts for the terms that somebody else decided on, as they are, and for no others."""
    found = session.get(Approval, approval_id)
    decided = {ApprovalState.APPROVED, ApprovalState.ACCEPTED}
    fits = found and (found.case_id, found.kind) == (deed.case_id, ApprovalKind.AGREEMENT) and found.state in decided
    if found is None or not fits or found.requested_by != deed.who.user_id or found.decided_by is None:
        raise Refused("This has not been approved.")
    kept = found.counter if found.state == ApprovalState.ACCEPTED else found.terms
    if TERMS.validate_python(kept) != terms:
        raise Refused("Something else was approved.")
    used = session.exec(select(Agreement).where(Agreement.approval_id == approval_id)).first()
    if used is not None:
        raise Refused("This approval has been used already.")


def _new_agreement(deed: _Deed, terms: Terms, debt: Debt, key: UUID) -> Agreement:
    assert deed.portfolio.id is not None
    return Agreement(
        submission_key=key,
        portfolio_id=deed.portfolio.id,
        case_id=deed.case_id,
        account_id=terms.account_id,
        kind=terms.kind,
        frequency=terms.frequency,
        principal=debt.principal,
        interest=debt.interest,
        fees=debt.fees,
        discount_principal=terms.discount_principal,
        discount_interest=terms.discount_interest,
        discount_fees=terms.discount_fees,
        total=debt.total - terms.discount,
        missed_limit=deed.portfolio.missed_limit,
        grace_days=deed.portfolio.grace_days,
        tolerance=deed.portfolio.promise_tolerance,
        signed_on=deed.on,
        taken_by=deed.who.user_id,
        created_at=deed.at,
    )


def _post(session: Session, deed: _Deed, agreement: Agreement, debt: Debt, parts: tuple[Part, ...]) -> None:
    """The schedule, the charges as debts of their own, and what is forgiven."""
    assert agreement.id is not None
    charged = {Component.INTEREST: debt.interest_accrued, Component.FEES: debt.fees_accrued}
    account_id = _bearing_account(session, deed.case_id, agreement.account_id)
    session.add_all(
        Installment(agreement_id=agreement.id, number=part.number, due_on=part.due_on, amount=part.amount)
        for part in parts
    )
    session.add_all(
        _charge(agreement, account_id, component, amount, deed.on) for component, amount in charged.items() if amount
    )
    session.flush()
    grant_discounts(session, [agreement.id], on=deed.on, at=deed.at)


def _bearing_account(session: Session, case_id: int, account_id: int | None) -> int:
    """The account that bears the charges: the one agreed on, else the one with the oldest open debt."""
    return account_id or int(session.execute(_OLDEST_ACCOUNT, {"case": case_id}).scalar_one())


def _charge(agreement: Agreement, account_id: int, component: Component, amount: Decimal, on: date) -> Receivable:
    fields: dict[str, Any] = {"issued_on": on, "due_on": on, "amount": amount, "balance": amount}
    return Receivable(
        account_id=account_id,
        case_id=agreement.case_id,
        number=f"{agreement.id}-{component.value}",
        component=component,
        agreement_id=agreement.id,
        **fields,
    )


_OLDEST_ACCOUNT = text("""
    SELECT account_id FROM receivable WHERE case_id = :case AND balance > 0 ORDER BY due_on, id LIMIT 1
""")
# on the same debt: of the same account, or of the whole case on either side
_ACTIVE = text("""
    SELECT id FROM agreement WHERE case_id = :case AND state = 'active'
        AND (CAST(:account AS bigint) IS NULL OR account_id IS NULL OR account_id = :account) ORDER BY id
""")
_END = text("""
    UPDATE agreement SET state = 'replaced', closed_on = :on, closed_by = :by WHERE id = ANY(:ids)
""")
_REPLACE = text("UPDATE agreement SET replaced_by = :by WHERE id = ANY(:ids)")
_END_PROMISES = text("""
    UPDATE promise SET state = 'replaced', closed_on = :on WHERE case_id = :case AND state = 'open'
        AND (CAST(:account AS bigint) IS NULL OR account_id IS NULL OR account_id = :account)
""")
