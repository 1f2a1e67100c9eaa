"""What lies beyond somebody's limits is signed with an approval of these very terms, once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import Agreement, Approval, ApprovalKind, ApprovalState, OfferKind, OfferPolicy, Role, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import TERMS, sign_agreement, withdraw_agreement
from workbench.rules.offers import Terms
from workbench.rules.refusals import Refused

ASKED = Terms(OfferKind.SHORT_PLAN, TODAY + timedelta(days=7), installments=6, discount_principal=Decimal(300))
OFFERED = replace(ASKED, discount_principal=Decimal(200))


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    limits = {"kind": OfferKind.SHORT_PLAN, "installments": 3, "days_out": 100}
    session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=Role.AGENT, **limits))
    return owe(session, cast.mexico)


def approval(session: Session, cast: Cast, item: WorkItem, **fields: Any) -> int:
    """Ana's request for `ASKED`, approved by Sofía."""
    kept = {
        "submission_key": uuid4(),
        "portfolio_id": item.portfolio_id,
        "case_id": item.case_id,
        "kind": ApprovalKind.AGREEMENT,
        "state": ApprovalState.APPROVED,
        "needs": Role.SUPERVISOR,
        "requested_by": cast.ana.user_id,
        "requested_at": NOW,
        "reason": "x",
        "terms": TERMS.dump_python(ASKED, mode="json"),
        "expires_at": NOW + timedelta(days=1),
        "decided_by": cast.sofia.user_id,
        "decided_at": NOW,
    } | fields
    made = Approval(**kept)
    session.add(made)
    session.flush()
    return made.id or 0


def sign(session: Session, cast: Cast, item: WorkItem, terms: Terms, number: int | None) -> Agreement:
    return sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=NOW, approval_id=number)


def test_what_was_approved_may_be_signed_once(session: Session, cast: Cast, item: WorkItem) -> None:
    with pytest.raises(Refused, match="outside your own limits"):
        sign(session, cast, item, ASKED, None)
    number = approval(session, cast, item)
    made = sign(session, cast, item, ASKED, number)
    assert (made.total, made.approval_id, made.taken_by) == (700, number, cast.ana.user_id)
    withdraw_agreement(session, cast.ana, made.id or 0, reason="x", at=NOW)
    with pytest.raises(Refused, match="used already"):
        sign(session, cast, item, ASKED, number)


def test_an_accepted_counter_offer_may_be_signed_and_what_was_asked_may_not(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    counter = {"state": ApprovalState.ACCEPTED, "counter": TERMS.dump_python(OFFERED, mode="json")}
    number = approval(session, cast, item, **counter)
    with pytest.raises(Refused, match="Something else was approved"):
        sign(session, cast, item, ASKED, number)
    assert sign(session, cast, item, OFFERED, number).total == 800


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"state": ApprovalState.PENDING, "decided_by": None, "decided_at": None}, id="not decided"),
        pytest.param({"state": ApprovalState.REJECTED}, id="rejected"),
        pytest.param({"state": ApprovalState.EXPIRED}, id="expired"),
        pytest.param({"kind": ApprovalKind.PROMISE}, id="of a promise"),
    ],
)
def test_what_was_not_approved_is_not_signed(session: Session, cast: Cast, item: WorkItem, fields: dict) -> None:
    with pytest.raises(Refused, match="has not been approved"):
        sign(session, cast, item, ASKED, approval(session, cast, item, **fields))


def test_nobody_signs_with_an_approval_of_somebody_else_or_of_another_case(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    other = owe(session, cast.mexico)
    for number in (
        approval(session, cast, other),
        approval(session, cast, item, requested_by=cast.sofia.user_id, decided_by=cast.marta.user_id),
    ):
        with pytest.raises(Refused, match="has not been approved"):
            sign(session, cast, item, ASKED, number)
