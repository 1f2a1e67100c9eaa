from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import OfferKind, OfferPolicy, Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import sign_agreement, withdraw_agreement
from workbench.actions.payments import record_payment
from workbench.queries.invariants import broken_invariants
from workbench.rules.offers import Terms


@pytest.fixture
def book(session: Session, cast: Cast) -> Cast:
    """An agreement on its way, of which 300 are paid, and one withdrawn; each forgives a hundred."""
    limits = {"kind": OfferKind.SHORT_PLAN, "installments": 3, "days_out": 100, "discount_principal": Decimal("0.1")}
    session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=Role.AGENT, **limits))
    terms = Terms(OfferKind.SHORT_PLAN, TODAY + timedelta(days=7), installments=3, discount_principal=Decimal(100))
    signed = []
    for _ in range(2):
        item = owe(session, cast.mexico)
        signed.append(sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=NOW))
    withdraw_agreement(session, cast.ana, signed[1].id or 0, reason="x", at=NOW)
    fields = {"paid_on": TODAY, "reference": "P", "by": None, "at": NOW}
    record_payment(session, case_id=signed[0].case_id, amount=Decimal(300), **fields)
    session.flush()
    return cast


def test_a_sound_book_breaks_nothing(session: Session, book: Cast) -> None:
    assert broken_invariants(session, book.mexico.id) == []


@pytest.mark.parametrize(
    ("sabotage", "rule"),
    [
        ("UPDATE agreement SET state = 'active', closed_on = NULL, closed_because = NULL WHERE state = 'withdrawn'", "A discount"),
        ("UPDATE agreement SET state = 'broken', closed_on = now() WHERE state = 'active'", "A discount"),
        ("UPDATE installment SET amount = amount + 1 WHERE number = 3", "An agreement's installments"),
        ("UPDATE installment SET paid = 1 WHERE paid = 300", "An agreement's installments"),
        ("UPDATE agreement SET paid = 301 WHERE paid = 300", "An agreement never counts more money"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_found(session: Session, book: Cast, sabotage: str, rule: str) -> None:
    session.execute(text(sabotage))
    assert [each.subject for each in broken_invariants(session, book.mexico.id) if each.rule.startswith(rule)] == [
        "agreement"
    ]
    assert not [each for each in broken_invariants(session, book.colombia.id) if each.subject == "agreement"]
