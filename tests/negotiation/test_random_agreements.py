"""Whatever is signed, paid, taken back and withdrawn, in any order: the books add up, and deriving again changes nothing."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import (
    Account,
    Agreement,
    AgreementState,
    Frequency,
    Installment,
    OfferKind,
    OfferPolicy,
    Payment,
    PaymentKind,
    Receivable,
    Role,
    WorkItem,
)
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import evaluate_agreements, sign_agreement, withdraw_agreement
from workbench.actions.credits import apply_credits
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.standings import rescore_cases
from workbench.queries.invariants import broken_invariants
from workbench.rules.agreements import ENDED_BY_PEOPLE, Signed, agreement_standing
from workbench.rules.installments import Part
from workbench.rules.offers import Terms
from workbench.rules.promises import Received
from workbench.rules.refusals import Refused

_reference = count(1)
cents = st.integers(1, 90_000)
shares = st.sampled_from([10_000, 25_000, 45_000, 90_000, 100_000, 33_333, 1])  # of the 1,000.00 that are owed at first
pays = st.tuples(st.just("pay"), shares, st.integers(0, 12))
passes = st.tuples(st.just("days"), st.integers(2, 12), st.just(0))
signs = st.tuples(st.just("sign"), st.integers(1, 20_000), st.integers(1, 3))
steps = st.one_of(
    pays,
    pays,
    passes,
    passes,
    signs,
    st.tuples(st.just("reverse"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("withdraw"), st.just(0), st.just(0)),
    st.tuples(st.just("owe"), cents, st.integers(-20, 20)),
)


@dataclass
class Book:
    """One debtor's debt, and the day it is."""

    session: Session
    cast: Cast
    item: WorkItem
    day: int = 0
    payments: list[int] = field(default_factory=list)

    @property
    def on(self) -> date:
        return TODAY + timedelta(days=self.day)

    @property
    def at(self) -> datetime:
        return NOW + timedelta(days=self.day)

    def pay(self, amount: int, back: int) -> None:
        """Money, perhaps dated some days ago."""
        fields = {"paid_on": self.on - timedelta(days=back), "reference": f"R{next(_reference)}", "by": None}
        paid = record_payment(
            self.session, case_id=self.item.case_id, amount=Decimal(amount) / 100, at=self.at, **fields
        )
        self.payments.append(paid.id)

    def reverse(self, which: int, _: int) -> None:
        if which < len(self.payments):
            reverse_payment(self.session, self.payments.pop(which), on=self.on, by=None, at=self.at)

    def sign(self, discount: int, installments: int) -> None:
        terms = Terms(
            OfferKind.SHORT_PLAN, self.on + timedelta(days=3), installments=installments, frequency=Frequency.WEEKLY,
            discount_principal=Decimal(discount) / 100,
        )  # fmt: skip
        sign_agreement(self.session, self.cast.ana, self.item.case_id, terms, key=uuid4(), at=self.at)

    def withdraw(self, *_: int) -> None:
        asked = select(Agreement.id).where(
            Agreement.case_id == self.item.case_id, Agreement.state == AgreementState.ACTIVE
        )
        for number in self.session.exec(asked).all():
            withdraw_agreement(self.session, self.cast.ana, number, reason="x", at=self.at)

    def owe(self, amount: int, due: int) -> None:
        account = self.session.exec(select(Account).where(Account.case_id == self.item.case_id)).first()
        owed = Decimal(amount) / 100
        row = Receivable(
            account_id=account.id, case_id=self.item.case_id, number=f"N{next(_reference)}",
            due_on=self.on + timedelta(days=due), amount=owed, balance=owed,
        )  # fmt: skip
        self.session.add(row)
        apply_credits(self.session, [self.item.case_id])  # as whatever brings a debt in does

    def days(self, days: int, _: int) -> None:
        self.day += days

    def night(self) -> list[object]:
        moves = evaluate_agreements(self.session, self.cast.mexico, on=self.on, at=self.at)
        rescore_cases(self.session, [self.item.case_id], on=self.on, at=self.at)
        return moves


def derived(book: Book, agreement: Agreement) -> tuple[AgreementState, Decimal, int]:
    """What the rule for one agreement makes of the rows that are there."""
    session = book.session
    parts = session.exec(select(Installment).where(Installment.agreement_id == agreement.id)).all()
    paid = session.exec(
        select(Payment).where(
            Payment.case_id == agreement.case_id,
            Payment.kind != PaymentKind.DISCOUNT,
            col(Payment.reversed_on).is_(None),
            Payment.recorded_at >= agreement.created_at,
        )
    ).all()
    signed = Signed(
        agreement.total, agreement.signed_on, agreement.missed_limit, agreement.grace_days, agreement.tolerance
    )
    schedule = [Part(part.number, part.due_on, part.amount) for part in parts]
    money = [Received(each.paid_on, each.amount) for each in paid]
    found = agreement_standing(signed, schedule, money, book.on)
    return found.state, found.paid, found.missed


def check(book: Book) -> None:
    """After the night: nothing to do, every state as derived from scratch, every invariant, every discount to the cent."""
    session = book.session
    book.night()
    assert book.night() == []
    session.expire_all()
    assert [each for each in broken_invariants(session, book.cast.mexico.id) if "contacted" not in each.rule] == []
    for each in session.exec(select(Agreement).where(Agreement.case_id == book.item.case_id)).all():
        if each.state not in ENDED_BY_PEOPLE:
            assert (each.state, each.paid, each.missed) == derived(book, each)
    owed = sum(session.exec(select(Receivable.amount).where(Receivable.case_id == book.item.case_id)), Decimal(0))
    left = sum(session.exec(select(Receivable.balance).where(Receivable.case_id == book.item.case_id)), Decimal(0))
    used = sum(session.exec(select(Payment.allocated).where(Payment.case_id == book.item.case_id)), Decimal(0))
    assert left == owed - used


@given(signs, st.lists(steps, min_size=4, max_size=14), st.sampled_from([1, 1, 2]))
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_books_add_up_whatever_happens(session: Session, cast: Cast, first: tuple, then: list, limit: int) -> None:
    with session.begin_nested() as trial:
        cast.mexico.missed_limit = limit
        session.add(cast.mexico)
        limits = {"installments": 4, "days_out": 100, "discount_principal": Decimal(1)}
        kind = OfferKind.SHORT_PLAN
        session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=Role.AGENT, kind=kind, **limits))
        book = Book(session, cast, owe(session, cast.mexico))
        for name, one, other in [first, *then]:
            try:
                with session.begin_nested():
                    getattr(book, name)(one, other)
            except Refused:
                continue
            check(book)
        trial.rollback()
    session.expire_all()
    assert session.execute(text("SELECT count(*) FROM agreement")).scalar() == 0
