"""Two people, or a person and the bank, at the same moment on real connections."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from models import Agreement, AgreementState, OfferKind, OfferPolicy, Payment, PaymentKind, Receivable, Role
from tests.actions.test_claims_at_once import at_once
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.agreements import sign_agreement, withdraw_agreement
from workbench.actions.nights import run_night
from workbench.actions.payments import record_payment
from workbench.queries.invariants import broken_invariants
from workbench.rules.access import Viewer
from workbench.rules.offers import Terms
from workbench.rules.refusals import Refused

TERMS = Terms(OfferKind.SHORT_PLAN, TODAY + timedelta(days=7), installments=2, discount_principal=Decimal(100))


@pytest.fixture
def case_id(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        for role in (Role.AGENT, Role.SUPERVISOR):
            limits = {"installments": 3, "days_out": 100, "discount_principal": Decimal("0.1")}
            session.add(OfferPolicy(portfolio_id=fresh_cast.mexico.id, role=role, kind=OfferKind.SHORT_PLAN, **limits))
        return owe(session, fresh_cast.mexico).case_id


def tried(deed: Callable[[Any], Any]) -> str:
    """Does it in a transaction of its own; says done, or why not."""
    try:
        with db.transaction() as session:
            deed(session)
    except Refused as refused:
        return str(refused)
    return "done"


def signing(who: Viewer, case_id: int, key: UUID) -> Callable[[], str]:
    return lambda: tried(lambda session: sign_agreement(session, who, case_id, TERMS, key=key, at=NOW))


def state_of(case_id: int) -> tuple[list[AgreementState], Decimal, list[Decimal]]:
    """The agreements' states, what is owed, and the discounts that are there."""
    with db.reading() as session:
        states = list(session.exec(select(Agreement.state).where(Agreement.case_id == case_id)))
        owed = sum(session.exec(select(Receivable.balance).where(Receivable.case_id == case_id)), Decimal(0))
        live = select(Payment.amount).where(Payment.kind == PaymentKind.DISCOUNT, Payment.reversed_on == None)  # noqa: E711
        assert broken_invariants(session, None) == []
        return states, owed, list(session.exec(live))


def test_two_signatures_at_once_make_one_agreement(fresh_cast: Cast, case_id: int) -> None:
    said = at_once([signing(who, case_id, uuid4()) for who in (fresh_cast.ana, fresh_cast.sofia)])
    assert sorted(said) == ["There is an active agreement on this debt: withdraw it or replace it.", "done"]
    assert state_of(case_id) == ([AgreementState.ACTIVE], Decimal(900), [Decimal(100)])


def test_the_same_form_sent_eight_times_signs_once(fresh_cast: Cast, case_id: int) -> None:
    key = uuid4()
    assert at_once([signing(fresh_cast.ana, case_id, key)] * 8) == ["done"] * 8
    assert state_of(case_id) == ([AgreementState.ACTIVE], Decimal(900), [Decimal(100)])


def test_a_payment_and_a_signature_at_once_leave_books_that_add_up(fresh_cast: Cast, case_id: int) -> None:
    def pays() -> str:
        fields = {
            "case_id": case_id,
            "amount": Decimal(300),
            "paid_on": TODAY,
            "reference": "SPEI",
            "by": None,
            "at": NOW,
        }
        return tried(lambda session: record_payment(session, **fields))

    said = at_once([signing(fresh_cast.ana, case_id, uuid4()), pays])
    assert said[1] == "done"
    # whichever came first: signed on 1,000 and 300 paid of it, or 100 are too much to forgive of 700
    states, owed, _ = state_of(case_id)
    assert (states, owed) in [([AgreementState.ACTIVE], Decimal(600)), ([], Decimal(700))]


def test_two_withdrawals_and_the_night_restore_the_discount_once(fresh_cast: Cast, case_id: int) -> None:
    with db.transaction() as session:
        made = sign_agreement(session, fresh_cast.ana, case_id, TERMS, key=uuid4(), at=NOW).id or 0
    later = NOW + timedelta(days=11)

    def withdraws() -> str:
        return tried(lambda session: withdraw_agreement(session, fresh_cast.ana, made, reason="x", at=later))

    def night() -> str:
        run_night(fresh_cast.mexico.id or 0, on=TODAY + timedelta(days=11), at=later)
        return "done"

    assert "done" in at_once([withdraws, withdraws, night])
    states, owed, live = state_of(case_id)
    assert states[0] in {AgreementState.BROKEN, AgreementState.WITHDRAWN}
    assert (owed, live) == (Decimal(1000), [])


def test_a_night_tells_what_broke_and_again_nothing(fresh_cast: Cast, case_id: int) -> None:
    with db.transaction() as session:
        sign_agreement(session, fresh_cast.ana, case_id, replace(TERMS, installments=3), key=uuid4(), at=NOW)
    on = TODAY + timedelta(days=11)
    reports = [run_night(fresh_cast.mexico.id or 0, on=on, at=NOW + timedelta(days=11)) for _ in range(2)]
    assert [(each.agreements, each.violations, each.again) for each in reports] == [(1, 0, False), (0, 0, True)]
    assert state_of(case_id) == ([AgreementState.BROKEN], Decimal(1000), [])
