"""The account statement over real books: it adds up line by line to the balance, whatever happened."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlmodel import Session, select

from models import Component, Payment, PaymentKind, Receivable, Reversal
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import apply_credits, record_payment, reverse_payment
from workbench.actions.standings import rescore_cases
from workbench.queries.credits import FREE_CREDIT
from workbench.queries.statements import account_statement
from workbench.rules.payments import FORGIVEN
from workbench.rules.refusals import Refused
from workbench.rules.statements import Movement

BALANCES = text("""
    SELECT (SELECT sum(balance) FROM receivable WHERE case_id = :case),
        (SELECT coalesce(sum(amount - allocated), 0) FROM payment WHERE case_id = :case AND reversed_on IS NULL),
        (SELECT balance FROM case_standing WHERE case_id = :case)
""")
BESIDE = text(f"""
    SELECT p.id FROM payment p WHERE p.case_id = :case AND {FREE_CREDIT}
      AND EXISTS (SELECT FROM receivable WHERE case_id = :case AND balance > 0)
""")


def test_what_happened_is_told_in_the_order_of_its_days(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=40).case_id
    given = {"case_id": case, "by": None, "at": NOW}
    paid = record_payment(session, amount=Decimal(60), paid_on=TODAY - timedelta(days=9), reference="S-1", **given)
    record_payment(
        session,
        amount=Decimal(10),
        paid_on=TODAY - timedelta(days=3),
        reference="W-1",
        kind=PaymentKind.WRITE_OFF,
        **given,
    )
    on = TODAY - timedelta(days=2)
    reverse_payment(session, paid.id or 0, on=on, kind=Reversal.CHARGE_BACK, because="x", by=None, at=NOW)
    found = account_statement(session, cast.ana, case, at=NOW)
    assert [(line.what, line.reference, line.charge - line.credit, line.balance) for line in found.sums.lines] == [
        (Movement.PRINCIPAL, "1", 100, 100),
        (Movement.PAYMENT, "S-1", -60, 40),
        (Movement.WRITE_OFF, "W-1", -10, 30),
        (Movement.CHARGE_BACK, "S-1", 60, 90),
    ]
    assert {line.account for line in found.sums.lines} == {found.sums.lines[0].account}
    assert (found.currency, found.today, found.language, found.sums.owed) == ("MXN", TODAY, "es", 90)


def test_an_instalment_of_tomorrow_is_dated_later(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=-1).case_id
    found = account_statement(session, cast.ana, case, at=NOW).sums
    assert (found.lines, found.closing, found.later, found.owed) == ((), 0, 100, 100)


@pytest.mark.parametrize("who", ["bruno", "alma"])
def test_nobody_else_reads_it(session: Session, cast: Cast, who: str) -> None:
    case = owe(session, cast.mexico).case_id
    with pytest.raises(Refused):
        account_statement(session, getattr(cast, who), case, at=NOW)


def check_that_it_adds_up(session: Session, cast: Cast, case: int) -> None:
    found = account_statement(session, cast.ana, case, at=NOW).sums
    balance = found.opening
    for line in found.lines:
        balance += line.charge - line.credit
        assert line.balance == balance
    owed, free, standing = session.execute(BALANCES, {"case": case}).one()
    assert (found.closing, found.owed, found.credit) == (balance, owed, free)
    assert found.closing + found.later == owed - free
    assert standing == owed
    assert session.execute(BESIDE, {"case": case}).all() == []


def recorded(session: Session, **values: Any) -> int | None:
    """The payment, unless more was to be forgiven than is owed."""
    try:
        with session.begin_nested():
            return record_payment(session, **values).id
    except Refused:
        assert values["kind"] in FORGIVEN
        return None


def take_one_back(session: Session, made: list[int], data: st.DataObject, kind: Reversal, days: int) -> None:
    if made:
        chosen = data.draw(st.sampled_from(made))
        made.remove(chosen)
        on = max(session.get_one(Payment, chosen).paid_on, TODAY - timedelta(days=days))
        reverse_payment(session, chosen, on=on, kind=kind, by=None, at=NOW)


def test_any_book_adds_up_line_by_line_to_its_balance(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    account = session.exec(select(Receivable.account_id).where(Receivable.case_id == case)).one()
    ways = st.sampled_from([PaymentKind.PAYMENT, PaymentKind.PAYMENT, PaymentKind.CREDIT_NOTE, PaymentKind.WRITE_OFF])
    amounts = st.integers(1, 30_000).map(lambda cents: Decimal(cents) / 100)

    class Book(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint = session.begin_nested()
            self.made: list[int] = []
            self.count = 0

        def paid(self, **given: object) -> None:
            self.count += 1
            values = {"case_id": case, "reference": f"S{self.count}", "by": None, "at": NOW} | given
            if made := recorded(session, **values):
                self.made.append(made)

        @rule(amount=amounts, kind=ways, days=st.integers(0, 60), order=st.sampled_from([{}, {"newest_first": True}]))
        def pay(self, amount: Decimal, kind: PaymentKind, days: int, order: dict[str, bool]) -> None:
            self.paid(amount=amount, kind=kind, paid_on=TODAY - timedelta(days=days), **order)

        @rule(amount=amounts, component=st.sampled_from(Component))
        def forgive(self, amount: Decimal, component: Component) -> None:
            forgiven = {"kind": PaymentKind.DISCOUNT, "component": component, "newest_first": True}
            self.paid(amount=amount, paid_on=TODAY, **forgiven)

        @rule(amount=amounts, days=st.integers(-30, 90), component=st.sampled_from(Component))
        def charge(self, amount: Decimal, days: int, component: Component) -> None:
            self.count += 1
            due = {"due_on": TODAY - timedelta(days=days), "number": f"N{self.count}", "component": component}
            session.add(Receivable(account_id=account, case_id=case, amount=amount, balance=amount, **due))
            session.flush()
            apply_credits(session, [case])
            rescore_cases(session, [case], on=TODAY)

        @rule(data=st.data(), kind=st.sampled_from(Reversal), days=st.integers(0, 60))
        def reverse(self, data: st.DataObject, kind: Reversal, days: int) -> None:
            take_one_back(session, self.made, data, kind, days)

        @invariant()
        def adds_up(self) -> None:
            check_that_it_adds_up(session, cast, case)

        def teardown(self) -> None:
            self.savepoint.rollback()

    run_state_machine_as_test(
        Book,
        settings=settings(
            max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
