from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from models import AgreementState, Installment, OfferKind, OfferPolicy, Payment, PaymentKind, Receivable, Role, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import sign_agreement
from workbench.actions.payments import record_payment
from workbench.rules.offers import Terms
from workbench.rules.refusals import Refused

ZERO = Decimal(0)


def test_smoke(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    session.add(
        OfferPolicy(
            portfolio_id=cast.mexico.id,
            role=Role.AGENT,
            kind=OfferKind.SHORT_PLAN,
            discount_principal=Decimal("0.1"),
            installments=3,
            days_out=100,
        )
    )
    session.flush()
    terms = Terms(OfferKind.SHORT_PLAN, TODAY + timedelta(days=5), installments=3, discount_principal=Decimal(100))
    made = sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=NOW)
    assert made.total == 900
    record_payment(session, case_id=item.case_id, amount=Decimal(900), paid_on=TODAY, reference="x", by=None, at=NOW)
    session.refresh(made)
    assert made.state == AgreementState.COMPLETED
    session.expire_all()
    assert session.exec(select(Receivable.balance).where(Receivable.case_id == item.case_id)).one() == 0
