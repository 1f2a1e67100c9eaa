from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlmodel import Session, select

from models import Allocation, AuditEntry, Payment, PaymentKind, Receivable
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment, reverse_payment
from workbench.rules.refusals import Refused

UNBALANCED = """
SELECT id FROM receivable r WHERE amount - balance <> (
    SELECT coalesce(sum(amount), 0) FROM allocation a WHERE a.receivable_id = r.id AND released_on IS NULL)
UNION ALL
SELECT id FROM payment p WHERE allocated <> (
    SELECT coalesce(sum(amount), 0) FROM allocation a WHERE a.payment_id = p.id AND released_on IS NULL)
"""


def pay(session: Session, case_id: int, amount: str, **given: Any) -> Payment:
    fields = {"paid_on": TODAY, "reference": f"R{amount}", "by": None, "at": NOW} | given
    return record_payment(session, case_id=case_id, amount=Decimal(amount), **fields)


def debts(session: Session, case_id: int) -> list[tuple[date, Decimal, date | None]]:
    session.expire_all()
    rows = session.exec(
        select(Receivable).where(Receivable.case_id == case_id).order_by(Receivable.due_on, Receivable.id)
    )
    return [(row.due_on, row.balance, row.settled_on) for row in rows]


def add_debt(session: Session, case_id: int, amount: str, days_past_due: int) -> None:
    first = session.exec(select(Receivable).where(Receivable.case_id == case_id)).first()
    assert first is not None
    number = f"N{session.exec(text('SELECT count(*) FROM receivable')).one()[0]}"
    due_on = TODAY - timedelta(days=days_past_due)
    session.add(
        Receivable(
            account_id=first.account_id, case_id=case_id, number=number, due_on=due_on, amount=amount, balance=amount
        )
    )
    session.flush()


def test_a_payment_settles_the_oldest_and_starts_the_next(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=40).case_id
    add_debt(session, case, "80.00", 70)
    payment = pay(session, case, "130.00")
    assert payment.allocated == Decimal("130.00")
    assert [(balance, settled) for _, balance, settled in debts(session, case)] == [
        (Decimal("0.00"), TODAY),
        (Decimal("50.00"), None),
    ]


def test_money_over_the_debt_stays_as_credit(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    payment = pay(session, case, "130.00")
    assert payment.amount - payment.allocated == Decimal("30.00")


def test_a_reversal_reopens_what_was_settled_and_keeps_the_rows(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    before = debts(session, case)
    payment = pay(session, case, "100.00", paid_on=TODAY - timedelta(days=3))
    reverse_payment(session, payment.id, on=TODAY, by=cast.marta.user_id, at=NOW)
    assert debts(session, case) == before
    kept = session.exec(select(Allocation).where(Allocation.payment_id == payment.id)).one()
    assert (kept.amount, kept.released_on) == (Decimal("100.00"), TODAY)
    assert (payment.allocated, payment.reversed_on) == (Decimal(0), TODAY)


def test_a_debt_is_settled_on_the_day_of_its_last_money(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    pay(session, case, "60.00", paid_on=TODAY - timedelta(days=1))
    pay(session, case, "40.00", paid_on=TODAY - timedelta(days=9))
    assert debts(session, case)[0][2] == TODAY - timedelta(days=1)


def test_a_credit_note_lowers_the_debt_like_a_payment(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    assert pay(session, case, "25.00", kind=PaymentKind.CREDIT_NOTE).kind is PaymentKind.CREDIT_NOTE
    assert debts(session, case)[0][1] == Decimal("75.00")


def test_both_deeds_are_audited(session: Session, cast: Cast) -> None:
    payment = pay(session, owe(session, cast.mexico).case_id, "10.00", by=cast.marta.user_id)
    reverse_payment(session, payment.id, on=TODAY, by=cast.marta.user_id, at=NOW)
    deeds = session.exec(select(AuditEntry.deed, AuditEntry.by_id).where(AuditEntry.subject_id == payment.id)).all()
    assert deeds == [("record_payment", cast.marta.user_id), ("reverse_payment", cast.marta.user_id)]


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        pytest.param({"amount": "0"}, "greater than zero", id="nothing"),
        pytest.param({"amount": "-5"}, "greater than zero", id="negative"),
        pytest.param({"amount": "10.005"}, "greater than zero", id="half a cent"),
        pytest.param({"amount": "NaN"}, "greater than zero", id="not a number"),
        pytest.param({"amount": "1E+18"}, "too large", id="more than the column holds"),
        pytest.param({"paid_on": TODAY + timedelta(days=1)}, "in the future", id="tomorrow"),
        pytest.param({"reference": "R7"}, "already a payment", id="the same reference"),
        pytest.param({"case_id": -1}, "no such case", id="no case"),
    ],
)
def test_what_is_no_payment_is_refused(session: Session, cast: Cast, fields: dict[str, Any], because: str) -> None:
    case = owe(session, cast.mexico).case_id
    pay(session, case, "7.00", reference="R7")
    with pytest.raises(Refused, match=because):
        pay(session, **({"case_id": case, "amount": "5.00"} | fields))


def test_a_payment_is_reversed_once_and_never_before_it_was_made(session: Session, cast: Cast) -> None:
    payment = pay(session, owe(session, cast.mexico).case_id, "7.00")
    with pytest.raises(Refused, match="between its payment and today"):
        reverse_payment(session, payment.id, on=TODAY - timedelta(days=1), by=None, at=NOW)
    reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)
    with pytest.raises(Refused, match="was reversed"):
        reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)


def test_any_order_of_payments_reversals_and_new_debts_balances(session: Session, cast: Cast) -> None:
    cases = [owe(session, cast.mexico, amount="100.00").case_id for _ in range(2)]

    class Money(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint = session.begin_nested()
            self.payments: list[int] = []
            self.count = 0

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 30_000), days=st.integers(0, 60))
        def pay(self, case: int, cents: int, days: int) -> None:
            amount, paid_on = Decimal(cents) / 100, TODAY - timedelta(days=days)
            self.count += 1
            payment = pay(session, case, str(amount), reference=f"S{self.count}", paid_on=paid_on)
            self.payments.append(payment.id)

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 20_000), days=st.integers(-30, 90))
        def owe_more(self, case: int, cents: int, days: int) -> None:
            add_debt(session, case, str(Decimal(cents) / 100), days)

        @rule(data=st.data())
        def reverse(self, data: st.DataObject) -> None:
            if self.payments:
                chosen = data.draw(st.sampled_from(self.payments))
                self.payments.remove(chosen)
                reverse_payment(session, chosen, on=TODAY, by=None, at=NOW)

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 30_000))
        def pay_by_mistake(self, case: int, cents: int) -> None:
            before = debts(session, case)
            payment = pay(session, case, str(Decimal(cents) / 100), reference="mistake", paid_on=TODAY)
            reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)
            payment.reference = f"mistake {payment.id}"
            session.flush()
            assert debts(session, case) == before

        @invariant()
        def money_adds_up(self) -> None:
            assert session.exec(text(UNBALANCED)).all() == []

        def teardown(self) -> None:
            self.savepoint.rollback()

    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
