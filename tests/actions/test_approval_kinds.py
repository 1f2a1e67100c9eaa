"""Agreements and write-downs beyond somebody's authority: asked, countered, and done by the deed itself."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import (
    Agreement,
    AgreementState,
    Approval,
    ApprovalKind,
    ApprovalState,
    Dispute,
    DisputeKind,
    OfferKind,
    OfferPolicy,
    Payment,
    PaymentKind,
    Resolution,
    WorkItem,
)
from models.users import Role
from tests.cast import NOW, Cast, owe
from workbench.actions.agreements import sign_agreement
from workbench.actions.approvals import accept_counter, decide, request_approval
from workbench.actions.disputes import open_dispute
from workbench.queries.approvals import inbox
from workbench.queries.invariants import broken_invariants
from workbench.rules.access import Viewer
from workbench.rules.approvals import Decision, terms_of
from workbench.rules.refusals import Refused

PLAN = {"kind": "short_plan", "first_due_on": "2026-12-01", "installments": 3, "discount_principal": "200.00"}


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    """1,000.00 owed; agents may forgive a tenth of the principal, supervisors a quarter, managers half."""
    for role, share in ((Role.AGENT, "0.10"), (Role.SUPERVISOR, "0.25"), (Role.MANAGER, "0.50")):
        limits = {"discount_principal": Decimal(share), "installments": 3, "days_out": 100}
        session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=role, kind=OfferKind.SHORT_PLAN, **limits))
    session.flush()
    return owe(session, cast.mexico)


def ask(session: Session, who: Viewer, item: WorkItem, **terms: object) -> Approval:
    kind, asked = ApprovalKind.AGREEMENT, PLAN | terms
    return request_approval(session, who, item.case_id, kind, asked, reason="Ya no puede más", key=uuid4(), at=NOW)


def agreement(session: Session) -> Agreement:
    return session.exec(select(Agreement).order_by(Agreement.id.desc())).first()


def test_an_approved_plan_is_signed_at_once(session: Session, cast: Cast, item: WorkItem) -> None:
    request = ask(session, cast.ana, item)
    assert request.exceeded == [{"code": "discount_principal", "limit": "0.1000", "asked": "0.2000"}]
    decide(session, cast.sofia, request.id, Decision.APPROVE, at=NOW)
    signed = agreement(session)
    assert (signed.state, signed.taken_by, signed.approval_id) == (AgreementState.ACTIVE, cast.ana.user_id, request.id)
    assert signed.total == Decimal("800.00")
    assert broken_invariants(session, cast.mexico.id) == []


@pytest.mark.parametrize(
    ("discount", "needs"),
    [("100.01", Role.SUPERVISOR), ("250.00", Role.SUPERVISOR), ("250.01", Role.MANAGER), ("500.00", Role.MANAGER)],
)
def test_the_least_role_whose_policy_covers_it_is_asked(
    session: Session, cast: Cast, item: WorkItem, discount: str, needs: Role
) -> None:
    assert ask(session, cast.ana, item, discount_principal=discount).needs is needs


@pytest.mark.parametrize(
    ("terms", "because"),
    [
        ({"discount_principal": "100.00"}, "within your own limits"),
        ({"discount_principal": "500.01"}, "Nobody may approve this: Discount on principal: at most 50 %"),
        ({"discount_principal": "1000.01"}, "No more can be forgiven than is owed"),
        ({"kind": "long_plan"}, "Nobody may approve this: Kind of offer: not for this role"),
        ({"kind": "barter"}, "not complete: kind"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    session: Session, cast: Cast, item: WorkItem, terms: dict[str, str], because: str
) -> None:
    with pytest.raises(Refused, match=because):
        ask(session, cast.ana, item, **terms)


def test_a_counter_offer_is_signed_with_its_own_terms(session: Session, cast: Cast, item: WorkItem) -> None:
    request = ask(session, cast.ana, item)
    counter = {"discount_principal": "150.00", "installments": 2}
    decide(session, cast.sofia, request.id, Decision.COUNTER, note="Menos", counter=counter, at=NOW)
    assert agreement(session) is None
    for _click in range(2):
        accept_counter(session, cast.ana, request.id, at=NOW)
    assert (request.state, agreement(session).total) == (ApprovalState.ACCEPTED, Decimal("850.00"))
    assert len(session.exec(select(Agreement)).all()) == 1


def test_an_active_agreement_gives_way_only_when_it_is_named(session: Session, cast: Cast, item: WorkItem) -> None:
    small = terms_of(ApprovalKind.AGREEMENT, PLAN | {"discount_principal": "100.00"})
    first = sign_agreement(session, cast.ana, item.case_id, small, key=uuid4(), at=NOW)
    with pytest.raises(Refused, match="active agreement"), session.begin_nested():
        decide(session, cast.sofia, ask(session, cast.ana, item).id, Decision.APPROVE, at=NOW)
    request = ask(session, cast.ana, item, replacing=first.id)
    decide(session, cast.sofia, request.id, Decision.APPROVE, at=NOW)
    session.refresh(first)
    assert (first.state, first.replaced_by) == (AgreementState.REPLACED, agreement(session).id)
    assert broken_invariants(session, cast.mexico.id) == []


@pytest.fixture
def dispute(session: Session, cast: Cast, item: WorkItem) -> Dispute:
    """Ana notes that the amount is wrong."""
    kind = DisputeKind.DISPUTE
    return open_dispute(session, cast.ana, item.case_id, kind, "wrong_amount", note="La factura dice otro", at=NOW)


def written_down(session: Session, who: Viewer, dispute: Dispute, amount: str = "300.00") -> Approval:
    terms, kind = {"dispute_id": dispute.id, "amount": amount}, ApprovalKind.WRITE_DOWN
    return request_approval(session, who, dispute.case_id, kind, terms, reason="Cobro doble", key=uuid4(), at=NOW)


def test_a_write_down_needs_a_manager_and_is_paid_at_once(session: Session, cast: Cast, dispute: Dispute) -> None:
    request = written_down(session, cast.sofia, dispute)
    assert request.needs is Role.MANAGER
    decide(session, cast.marta, request.id, Decision.APPROVE, at=NOW)
    [payment] = session.exec(select(Payment).where(Payment.kind == PaymentKind.WRITE_OFF)).all()
    assert (payment.amount, dispute.resolution, dispute.written_down) == (
        Decimal("300.00"), Resolution.WRITTEN_DOWN, Decimal("300.00"),
    )  # fmt: skip
    assert broken_invariants(session, cast.mexico.id) == []


def test_a_manager_writes_down_less(session: Session, cast: Cast, dispute: Dispute) -> None:
    request = written_down(session, cast.sofia, dispute)
    counter = {"amount": "120.00"}
    decide(session, cast.marta, request.id, Decision.COUNTER, note="Solo la mitad", counter=counter, at=NOW)
    accept_counter(session, cast.sofia, request.id, at=NOW)
    assert dispute.written_down == Decimal("120.00")


def test_an_agent_asks_for_no_write_down(session: Session, cast: Cast, dispute: Dispute) -> None:
    with pytest.raises(Refused, match="role"):
        written_down(session, cast.ana, dispute)


def test_nobody_writes_down_more_than_is_owed_or_on_another_debtor(
    session: Session, cast: Cast, dispute: Dispute
) -> None:
    with pytest.raises(Refused):
        written_down(session, cast.sofia, dispute, "1000.01")
    elsewhere, kind = owe(session, cast.mexico), ApprovalKind.WRITE_DOWN
    terms = {"dispute_id": dispute.id, "amount": "10.00"}
    with pytest.raises(Refused, match="nothing here"):
        request_approval(session, cast.sofia, elsewhere.case_id, kind, terms, reason="x", key=uuid4(), at=NOW)


def test_a_claim_decided_meanwhile_refuses_the_write_down(session: Session, cast: Cast, dispute: Dispute) -> None:
    request = written_down(session, cast.sofia, dispute)
    dispute.resolution, dispute.resolved_at = Resolution.RESUMED, NOW
    session.flush()
    with pytest.raises(Refused, match="decided already"):
        decide(session, cast.marta, request.id, Decision.APPROVE, at=NOW)
    assert [each.id for each in inbox(session, cast.marta, at=NOW)] == [request.id]
