"""Two hands on one debtor's money at the same moment: nothing is paid twice, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from models import PaymentKind
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.checks import find_violations
from workbench.actions.payments import record_payment, reverse_payment
from workbench.rules.refusals import Refused


@pytest.fixture
def case(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, amount="100.00").case_id


def pay(case: int, amount: str, reference: str, **more: Any) -> int:
    with db.transaction() as session:
        given = {"paid_on": TODAY, "by": None, "at": NOW} | more
        return record_payment(session, case_id=case, amount=Decimal(amount), reference=reference, **given).id or 0


def take_back(payment: int) -> int:
    with db.transaction() as session:
        return reverse_payment(session, payment, on=TODAY, by=None, at=NOW).id or 0


def at_once(*deeds: Callable[[], int]) -> list[int | str]:
    """Begins all deeds together; what each gave back, or why it was refused."""
    ready = Barrier(len(deeds))

    def begun(deed: Callable[[], int]) -> int | str:
        ready.wait()
        try:
            return deed()
        except Refused as refused:
            return refused.because

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(begun, deeds))


def books(case: int) -> tuple[Decimal, Decimal, Decimal]:
    """What is open, allocated and free; after every rule of the books was asked."""
    with db.transaction() as session:
        assert find_violations(session, None) == []
        return tuple(
            session.execute(
                text("""
                SELECT (SELECT sum(balance) FROM receivable WHERE case_id = :case),
                    (SELECT coalesce(sum(amount), 0) FROM allocation WHERE released_on IS NULL),
                    (SELECT coalesce(sum(amount - allocated), 0) FROM payment WHERE reversed_on IS NULL)"""),
                {"case": case},
            ).one()
        )


@pytest.mark.parametrize("round_", range(3))
def test_two_payments_at_once_pay_every_cent_once(case: int, round_: int) -> None:
    done = at_once(lambda: pay(case, "70.00", "A"), lambda: pay(case, "70.00", "B"))
    assert all(isinstance(each, int) for each in done)
    assert books(case) == (0, 100, 40)


@pytest.mark.parametrize("round_", range(3))
def test_a_payment_that_races_a_reversal_pays_what_is_open_in_the_end(case: int, round_: int) -> None:
    first = pay(case, "100.00", "A")
    at_once(lambda: take_back(first), lambda: pay(case, "60.00", "B"))
    assert books(case) == (40, 60, 0)


def test_the_same_reference_at_once_is_one_payment(case: int) -> None:
    done = at_once(*[lambda: pay(case, "10.00", "A")] * 3)
    assert sorted(isinstance(each, int) for each in done) == [False, False, True]
    assert books(case) == (90, 10, 0)


def test_the_same_reference_at_once_for_two_debtors_is_one_payment(case: int, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        other = owe(session, fresh_cast.mexico, amount="100.00").case_id
    done = at_once(lambda: pay(case, "10.00", "A"), lambda: pay(other, "10.00", "A"))
    assert {each for each in done if isinstance(each, str)} == {
        "There is already a payment with the reference {reference}."
    }


def test_a_payment_is_taken_back_by_one_of_two(case: int) -> None:
    first = pay(case, "100.00", "A")
    done = at_once(lambda: take_back(first), lambda: take_back(first))
    assert sorted(isinstance(each, int) for each in done) == [False, True]
    assert books(case) == (100, 0, 0)


def test_two_write_offs_at_once_forgive_no_more_than_is_owed(case: int) -> None:
    off = {"kind": PaymentKind.WRITE_OFF}
    done = at_once(lambda: pay(case, "60.00", "A", **off), lambda: pay(case, "60.00", "B", **off))
    assert sorted(isinstance(each, int) for each in done) == [False, True]
    assert books(case) == (40, 60, 0)
