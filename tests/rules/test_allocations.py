from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.allocations import Due, allocate, allocate_columns

DAY = date(2026, 1, 1)
cents = st.integers(1, 50_000)
books = st.lists(
    st.tuples(st.lists(cents, max_size=6), st.lists(st.tuples(cents, st.booleans()), max_size=6)), max_size=5
)


def due(days: int, number: int, balance: str) -> Due:
    return Due(DAY + timedelta(days=days), number, Decimal(balance))


@pytest.mark.parametrize(
    ("amount", "parts", "credit"),
    [
        pytest.param("50", [(1, "50")], "0", id="part of the oldest"),
        pytest.param("100", [(1, "100")], "0", id="exactly the oldest"),
        pytest.param("160.50", [(1, "100"), (2, "60.50")], "0", id="on into the next"),
        pytest.param("500", [(1, "100"), (2, "100"), (3, "100")], "200", id="more than is owed stays as credit"),
    ],
)
def test_the_oldest_is_paid_first(amount: str, parts: list[tuple[int, str]], credit: str) -> None:
    dues = [due(60, 3, "100"), due(30, 2, "100"), due(30, 1, "100")]
    found = allocate(Decimal(amount), dues)
    assert found.parts == tuple((number, Decimal(part)) for number, part in parts)
    assert found.credit == Decimal(credit)


@given(st.decimals("0.01", "9999", places=2), st.lists(st.decimals("0", "999", places=2)))
def test_parts_and_credit_add_up_and_no_part_exceeds_its_balance(amount: Decimal, balances: list[Decimal]) -> None:
    dues = [Due(DAY + timedelta(days=i % 3), i, balance) for i, balance in enumerate(balances)]
    found = allocate(amount, dues)
    assert sum((part for _, part in found.parts), Decimal(0)) + found.credit == amount
    assert all(0 < part <= balances[number] for number, part in found.parts)
    assert found.credit == 0 or sum(balances) <= amount


@given(books)
def test_columns_allocate_as_one_payment_after_another(book: list[tuple[list[int], list[tuple[int, bool]]]]) -> None:
    payments = [(case, *payment) for case, (_, paid) in enumerate(book) for payment in paid]
    dues = [(case, amount) for case, (owed, _) in enumerate(book) for amount in owed]
    found = allocate_columns(
        np.array([p[0] for p in payments], np.int64),
        np.array([p[1] for p in payments], np.int64),
        np.array([d[0] for d in dues], np.int64),
        np.array([d[1] for d in dues], np.int64),
        released=np.array([p[2] for p in payments], np.bool_),
    )
    parts = list(zip(found.payment.tolist(), found.receivable.tolist(), found.amount.tolist(), strict=True))
    assert parts == one_after_another(payments, dues)


def one_after_another(payments: list[tuple[int, int, bool]], dues: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    balances = [Decimal(amount) for _, amount in dues]
    parts = []
    for number, (case, amount, released) in enumerate(payments):
        own = [Due(DAY, row, balances[row]) for row, (owner, _) in enumerate(dues) if owner == case]
        for row, part in allocate(Decimal(amount), own).parts:
            parts.append((number, row, int(part)))
            balances[row] -= 0 if released else part
    return parts
