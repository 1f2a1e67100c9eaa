from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import (
    Account,
    CollectionFee,
    Component,
    OfferKind,
    OfferPolicy,
    Portfolio,
    Promise,
    PromiseState,
    Receivable,
    Role,
    Stage,
    Standing,
    WorkItem,
)
from tests.actions.books import publish, segment, step
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import sign_agreement
from workbench.queries.offers import authorities_for, authority_for, debt_of, facts_for, offer_of, offers_for
from workbench.rules.offers import Terms
from workbench.rules.refusals import Refused

KIND = OfferKind.SHORT_PLAN


def allow(session: Session, portfolio: Portfolio, role: Role = Role.AGENT, **fields: object) -> OfferPolicy:
    limits = {"kind": KIND, "installments": 3, "days_out": 100}
    row = OfferPolicy(portfolio_id=portfolio.id, role=role, **(limits | fields))
    session.add(row)
    session.flush()
    return row


def add(session: Session, item: WorkItem, number: str, amount: str, days: int, component: Component) -> Receivable:
    account = session.exec(select(Account).where(Account.case_id == item.case_id)).first()
    due = TODAY - timedelta(days=days)
    owed = Decimal(amount)
    row = Receivable(
        account_id=account.id, case_id=item.case_id, number=number, due_on=due, amount=owed, balance=owed,
        component=component,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_a_debt_is_told_by_component_with_what_has_accrued(session: Session, cast: Cast) -> None:
    cast.mexico.annual_interest = Decimal("0.365")
    item = owe(session, cast.mexico, days_past_due=20)
    add(session, item, "i", "30.00", 10, Component.INTEREST)
    add(session, item, "f", "5.00", 10, Component.FEES)
    debt = debt_of(session, cast.ana, item.case_id, at=NOW)
    assert (debt.principal, debt.interest, debt.fees, debt.total) == (1000, 50, 5, 1055)
    assert (debt.interest_accrued, debt.fees_accrued, debt.days_past_due) == (20, 0, 20)


@pytest.mark.parametrize(("days", "fee"), [(20, 0), (21, 36)])
def test_chile_charges_its_fee_once_and_on_the_principal(session: Session, cast: Cast, days: int, fee: int) -> None:
    cast.mexico.collection_fee, cast.mexico.index_unit = CollectionFee.CHILE, Decimal(10)
    allow(session, cast.mexico, discount_fees=Decimal(1))
    item = owe(session, cast.mexico, amount="600.00", days_past_due=days)  # sixty units
    assert debt_of(session, cast.ana, item.case_id, at=NOW).fees == fee
    terms = Terms(KIND, TODAY + timedelta(days=7), installments=2)
    made = sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=NOW)
    later = debt_of(session, cast.ana, item.case_id, at=NOW + timedelta(days=1))
    assert (made.fees, later.fees) == (fee, 36)  # posted once; what was too young is charged when it is old enough
    assert later.fees_accrued == 36 - fee


def test_the_row_of_the_role_the_stage_and_the_segment_counts(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, {"segments": [segment(step("first", 1, "sms"), code="all")]})
    item = owe(session, cast.mexico, days_past_due=20)
    session.get_one(Standing, item.case_id).stage = Stage.ADMINISTRATIVE
    assert authorities_for(session, cast.ana, item.case_id, at=NOW) == {}
    allow(session, cast.mexico, installments=2)
    allow(session, cast.mexico, installments=4, stage=Stage.ADMINISTRATIVE)
    allow(session, cast.mexico, installments=9, stage=Stage.JUDICIAL)
    assert authority_for(session, cast.ana, item.case_id, KIND, at=NOW).installments == 4
    allow(session, cast.mexico, installments=6, segment="all")
    assert authority_for(session, cast.ana, item.case_id, KIND, at=NOW).installments == 6
    allow(session, cast.mexico, installments=8, segment="another", stage=Stage.ADMINISTRATIVE)
    assert authority_for(session, cast.ana, item.case_id, KIND, at=NOW).installments == 6
    allow(session, cast.mexico, Role.SUPERVISOR, installments=12)
    assert authority_for(session, cast.ana, item.case_id, KIND, role=Role.SUPERVISOR, at=NOW).installments == 12


def test_chances_are_learned_from_the_portfolios_own_promises(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    session.get_one(Standing, item.case_id).p_unpaid = 0.7
    assert facts_for(session, cast.ana, item.case_id, at=NOW).kept == 0.5
    for _ in range(20):
        kept = Promise(
            portfolio_id=item.portfolio_id, case_id=item.case_id, amount=Decimal(1), taken_on=TODAY, due_on=TODAY,
            state=PromiseState.KEPT, closed_on=TODAY, created_at=NOW,
        )  # fmt: skip
        session.add(kept)
    session.flush()
    learned = facts_for(session, cast.ana, item.case_id, at=NOW)
    assert (learned.kept, learned.p_unpaid, learned.typical) == (0.75, 0.7, 0.7)


def test_offers_are_inside_the_authority_and_ranked(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    assert offers_for(session, cast.ana, item.case_id, at=NOW) == ()
    for kind in OfferKind:
        allow(session, cast.mexico, kind=kind)
    found = offers_for(session, cast.ana, item.case_id, at=NOW)
    assert {each.kind for each in found} == set(OfferKind)
    assert [each.expected for each in found] == sorted((each.expected for each in found), reverse=True)
    assert offer_of(session, cast.ana, item.case_id, found[0].terms, at=NOW) == found[0]


def test_an_account_of_another_case_is_refused(session: Session, cast: Cast) -> None:
    item, other = owe(session, cast.mexico), owe(session, cast.mexico)
    account = session.exec(select(Account).where(Account.case_id == other.case_id)).one()
    with pytest.raises(Refused, match="nothing here"):
        debt_of(session, cast.ana, item.case_id, account_id=account.id, at=NOW)
    terms = replace(Terms(KIND, TODAY), account_id=account.id)
    with pytest.raises(Refused, match="nothing here"):
        sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=NOW)
