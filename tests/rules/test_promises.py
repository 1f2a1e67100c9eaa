from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.promises import PromiseState
from workbench.rules.promises import (
    STATES,
    Promised,
    PromisePolicy,
    PromiseStanding,
    Received,
    promise_state,
    promise_states,
    standings,
)

TAKEN = date(2026, 11, 2)
DUE = date(2026, 11, 10)  # with three days of grace the window's last day is the 13th
POLICY = PromisePolicy(grace_days=3, tolerance=Decimal("0.95"))
PROMISE = Promised(1, Decimal(1000), TAKEN, DUE)
OPEN, KEPT, PARTIALLY, BROKEN = (
    PromiseState.OPEN,
    PromiseState.KEPT,
    PromiseState.PARTIALLY_KEPT,
    PromiseState.BROKEN,
)


def paid(*payments: tuple[int, str]) -> list[Received]:
    """Payments as (day of November, amount)."""
    return [Received(date(2026, 11, day), Decimal(amount)) for day, amount in payments]


@pytest.mark.parametrize(
    ("payments", "on", "state", "counted", "closed"),
    [
        pytest.param([], 2, OPEN, "0", None, id="the day it was given"),
        pytest.param([], 10, OPEN, "0", None, id="on its due day"),
        pytest.param([], 13, OPEN, "0", None, id="on the last day of grace it is not broken"),
        pytest.param([], 14, BROKEN, "0", 14, id="the day after it is"),
        pytest.param([], 30, BROKEN, "0", 14, id="found late, it broke on that same day"),
        pytest.param([(5, "1000")], 5, KEPT, "1000", 5, id="kept as soon as it is paid"),
        pytest.param([(5, "1000")], 30, KEPT, "1000", 5, id="and stays so"),
        pytest.param([(2, "1000")], 2, KEPT, "1000", 2, id="paid the day it was given"),
        pytest.param([(1, "1000")], 14, BROKEN, "0", 14, id="money from before it was given is not for it"),
        pytest.param([(13, "1000")], 13, KEPT, "1000", 13, id="paid on the last day of grace"),
        pytest.param([(14, "1000")], 20, BROKEN, "0", 14, id="paid after breaking turns nothing back"),
        pytest.param([(10, "950")], 10, KEPT, "950", 10, id="95 percent is enough"),
        pytest.param([(10, "949.99")], 13, OPEN, "949.99", None, id="a cent less is not, yet"),
        pytest.param([(10, "949.99")], 14, PARTIALLY, "949.99", 14, id="nor in the end"),
        pytest.param([(10, "0.01")], 14, PARTIALLY, "0.01", 14, id="one cent is partially kept"),
        pytest.param([(4, "500"), (9, "450")], 9, KEPT, "950", 9, id="in two parts, kept with the second"),
        pytest.param([(4, "500"), (14, "500")], 15, PARTIALLY, "500", 14, id="the second part comes too late"),
        pytest.param([(9, "450"), (4, "500"), (9, "700")], 9, KEPT, "1000", 9, id="never more than was promised"),
        pytest.param([(12, "1000")], 11, OPEN, "0", None, id="tomorrow's payment is not known today"),
    ],
)
def test_a_promise_is_what_its_payments_make_of_it(
    payments: list[tuple[int, str]], on: int, state: PromiseState, counted: str, closed: int | None
) -> None:
    found = promise_state(PROMISE, paid(*payments), on=date(2026, 11, on), policy=POLICY)
    closed_on = date(2026, 11, closed) if closed else None
    assert found == PromiseStanding(state, Decimal(counted), closed_on)


@pytest.mark.parametrize(("grace", "last_open"), [(0, 10), (1, 11), (3, 13), (10, 20)])
def test_grace_is_the_portfolios(grace: int, last_open: int) -> None:
    policy = replace(POLICY, grace_days=grace)
    states = [promise_state(PROMISE, [], on=date(2026, 11, last_open + n), policy=policy).state for n in (0, 1)]
    assert states == [OPEN, BROKEN]


@pytest.mark.parametrize(
    ("payments", "first", "second"),
    [
        pytest.param([(5, "400")], (OPEN, "400"), (OPEN, "0"), id="the oldest promise is fed first"),
        pytest.param([(5, "1200")], (KEPT, "1000"), (OPEN, "200"), id="what is left feeds the next"),
        pytest.param([(5, "1950")], (KEPT, "1000"), (KEPT, "950"), id="enough for both"),
        pytest.param([(3, "1000")], (KEPT, "1000"), (OPEN, "0"), id="before the second was given"),
        pytest.param([(3, "1500")], (KEPT, "1000"), (OPEN, "0"), id="what is left of it does not count either"),
    ],
)
def test_of_two_promises_the_older_is_fed_first(
    payments: list[tuple[int, str]], first: tuple[PromiseState, str], second: tuple[PromiseState, str]
) -> None:
    later = Promised(2, Decimal(1000), TAKEN + timedelta(days=2), DUE)
    found = standings([later, PROMISE], paid(*payments), on=DUE, policy=POLICY)
    assert [(found[n].state, found[n].paid) for n in (1, 2)] == [
        (state, Decimal(amount)) for state, amount in (first, second)
    ]


def test_money_for_another_account_does_not_feed_a_promise_on_this_one() -> None:
    promises = [replace(PROMISE, account_id=7), Promised(2, Decimal(1000), TAKEN, DUE)]
    money = [Received(DUE, Decimal(1000), account_id=8)]
    found = standings(promises, money, on=DUE, policy=POLICY)
    assert (found[1].state, found[2].state) == (OPEN, KEPT)


def test_a_reversal_takes_a_promise_back() -> None:
    """Who asks leaves a reversed payment out: kept becomes open within the window, broken after it."""
    money = paid((5, "600"), (6, "400"))
    assert promise_state(PROMISE, money, on=DUE, policy=POLICY).state == KEPT
    assert promise_state(PROMISE, money[:1], on=DUE, policy=POLICY) == PromiseStanding(OPEN, Decimal(600), None)
    assert promise_state(PROMISE, money[:1], on=date(2026, 11, 14), policy=POLICY).state == PARTIALLY
    assert promise_state(PROMISE, [], on=date(2026, 11, 14), policy=POLICY).state == BROKEN


money = st.decimals("0.01", "3000", places=2)
promised = st.tuples(money, st.integers(0, 30), st.integers(0, 20), st.sampled_from([None, 1, 2]))
received = st.tuples(st.integers(0, 60), money, st.sampled_from([None, 1, 2]))
policies = st.builds(PromisePolicy, st.integers(0, 10), st.decimals("0.5", "1", places=2))


def book(given_promises: list, payments: list) -> tuple[list[Promised], list[Received]]:
    promises = [
        Promised(number, amount, TAKEN + timedelta(days=start), TAKEN + timedelta(days=start + length), account)
        for number, (amount, start, length, account) in enumerate(given_promises)
    ]
    return promises, [Received(TAKEN + timedelta(days=day), amount, account) for day, amount, account in payments]


@given(st.lists(promised, max_size=5), st.lists(received, max_size=8), st.integers(0, 70), policies, st.randoms())
def test_deriving_again_in_any_order_changes_nothing(promises, payments, days, policy, shuffled) -> None:
    promises, payments = book(promises, payments)
    on = TAKEN + timedelta(days=days)
    found = standings(promises, payments, on=on, policy=policy)
    shuffled.shuffle(promises)
    assert standings(promises, payments, on=on, policy=policy) == found


@given(st.lists(promised, max_size=5), st.lists(received, max_size=8), st.integers(0, 70), policies)
def test_no_money_is_counted_twice_and_none_beyond_what_was_promised(promises, payments, days, policy) -> None:
    promises, payments = book(promises, payments)
    found = standings(promises, payments, on=TAKEN + timedelta(days=days), policy=policy)
    assert sum((each.paid for each in found.values()), Decimal(0)) <= sum(
        (each.amount for each in payments), Decimal(0)
    )
    for promise in promises:
        made = found[promise.id]
        assert 0 <= made.paid <= promise.amount
        assert (made.closed_on is None) == (made.state == OPEN)


@given(promised, st.lists(received, max_size=6), st.integers(0, 69), policies)
def test_what_is_closed_stays_as_it_is_while_days_pass(promise, payments, days, policy) -> None:
    [promise], payments = book([promise], payments)
    on = TAKEN + timedelta(days=days)
    found = promise_state(promise, payments, on=on, policy=policy)
    next_day = promise_state(promise, payments, on=on + timedelta(days=1), policy=policy)
    if found.state in (PARTIALLY, BROKEN):
        assert next_day == found
    if found.state == KEPT:
        assert (next_day.state, next_day.closed_on) == (KEPT, found.closed_on)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(-5, 5)), min_size=1, max_size=20))
def test_columns_of_promises_are_judged_as_one_is(rows: list[tuple[int, int, int]]) -> None:
    promised, got, over = (np.array(column) for column in zip(*rows, strict=True))
    found = promise_states(promised, got, -over, 0, 0.95)
    for (amount, part, days), place in zip(rows, found, strict=True):
        due = TAKEN + timedelta(days=30) - timedelta(days=days)
        one = Promised(1, Decimal(amount) / 100, TAKEN, due)
        money = [Received(TAKEN, Decimal(part) / 100)] if part else []
        policy = PromisePolicy(0, Decimal("0.95"))
        assert STATES[place] == promise_state(one, money, on=TAKEN + timedelta(days=30), policy=policy).state
