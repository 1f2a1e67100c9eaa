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
    Part,
    Promised,
    PromisePolicy,
    PromiseStanding,
    Received,
    case_standings,
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
    assert replace(found, paid_late=Decimal(0)) == PromiseStanding(state, Decimal(counted), closed_on)


IN_PARTS = replace(  # 400 until the 5th, 300 until the 9th, 300 until the 13th; three days of grace after each
    PROMISE,
    due_on=date(2026, 11, 13),
    parts=tuple(Part(date(2026, 11, day), Decimal(amount)) for day, amount in ((5, 400), (9, 300), (13, 300))),
)


@pytest.mark.parametrize(
    ("payments", "on", "state", "counted", "closed", "late"),
    [
        pytest.param([], 8, OPEN, "0", None, "0", id="nothing paid on the last day of the first part's grace"),
        pytest.param([], 9, BROKEN, "0", 9, "0", id="broken the day after, though two parts are still to come"),
        pytest.param([(8, "380")], 9, OPEN, "380", None, "0", id="95 percent of the first part, on its last day"),
        pytest.param([(8, "379.99")], 9, PARTIALLY, "379.99", 9, "0", id="a cent less is not enough"),
        pytest.param([(4, "700")], 12, OPEN, "700", None, "0", id="the second part paid with the first"),
        pytest.param([(4, "400"), (12, "265")], 13, OPEN, "665", None, "0", id="95 percent of both, on the last day"),
        pytest.param([(4, "400"), (12, "264.99")], 13, PARTIALLY, "664.99", 13, "0", id="less than that of both"),
        pytest.param([(4, "400"), (8, "300")], 16, OPEN, "700", None, "0", id="the last part's last day"),
        pytest.param([(4, "400"), (8, "300")], 17, PARTIALLY, "700", 17, "0", id="the last part never came"),
        pytest.param([(4, "400"), (8, "300"), (16, "250")], 16, KEPT, "950", 16, "0", id="kept with the last part"),
        pytest.param([(3, "1000")], 3, KEPT, "1000", 3, "0", id="all at once, on the first day"),
        pytest.param([(9, "1000")], 9, BROKEN, "0", 9, "1000", id="all of it a day too late for the first part"),
        pytest.param([(4, "400"), (13, "300"), (16, "300")], 20, PARTIALLY, "400", 13, "600", id="the rest, too late"),
    ],
)
def test_a_promise_in_parts_is_lost_with_its_first_missed_part(
    payments: list[tuple[int, str]], on: int, state: PromiseState, counted: str, closed: int | None, late: str
) -> None:
    found = promise_state(IN_PARTS, paid(*payments), on=date(2026, 11, on), policy=POLICY)
    closed_on = date(2026, 11, closed) if closed else None
    assert found == PromiseStanding(state, Decimal(counted), closed_on, Decimal(late))


@pytest.mark.parametrize(
    ("payments", "on", "paid_late", "state"),
    [
        pytest.param([(13, "400")], 20, "0", PARTIALLY, id="within the grace it is not late"),
        pytest.param([(14, "1000")], 14, "1000", BROKEN, id="the day it broke, it already is"),
        pytest.param([(14, "1000")], 13, "0", OPEN, id="and is not known before"),
        pytest.param([(9, "400"), (14, "700")], 20, "600", PARTIALLY, id="no more than was missing"),
        pytest.param([(9, "400"), (20, "100"), (28, "100")], 30, "200", PARTIALLY, id="late money adds up"),
        pytest.param([(9, "1000"), (20, "100")], 30, "0", KEPT, id="a kept promise has none"),
    ],
)
def test_money_after_breaking_is_counted_as_late_and_turns_nothing_back(
    payments: list[tuple[int, str]], on: int, paid_late: str, state: PromiseState
) -> None:
    found = promise_state(PROMISE, paid(*payments), on=date(2026, 11, on), policy=POLICY)
    assert (found.paid_late, found.state) == (Decimal(paid_late), state)


def test_late_money_is_first_for_the_promise_it_keeps() -> None:
    """The second promise was given after the first had broken: what it takes is not late money of the first."""
    second = Promised(2, Decimal(600), date(2026, 11, 16), date(2026, 11, 20))
    found = standings([PROMISE, second], paid((18, "900")), on=date(2026, 11, 30), policy=POLICY)
    assert (found[2].state, found[2].paid) == (KEPT, Decimal(600))
    assert (found[1].state, found[1].paid, found[1].paid_late) == (BROKEN, Decimal(0), Decimal(300))


@pytest.mark.parametrize(
    ("due", "last"),
    [
        pytest.param(date(2024, 2, 27), date(2024, 3, 1), id="a leap year's grace counts the 29th"),
        pytest.param(date(2024, 2, 29), date(2024, 3, 3), id="due on a leap day"),
        pytest.param(date(2026, 2, 27), date(2026, 3, 2), id="another year's does not"),
        pytest.param(date(2025, 12, 30), date(2026, 1, 2), id="over the new year"),
    ],
)
def test_the_grace_counts_calendar_days(due: date, last: date) -> None:
    promise = Promised(1, Decimal(1000), due - timedelta(days=5), due)
    states = [promise_state(promise, [], on=last + timedelta(days=n), policy=POLICY).state for n in (0, 1)]
    assert states == [OPEN, BROKEN]
    late = [Received(last + timedelta(days=n), Decimal(950)) for n in (0, 1)]
    found = [promise_state(promise, [each], on=last + timedelta(days=9), policy=POLICY).state for each in late]
    assert found == [KEPT, BROKEN]


def test_a_reversal_that_opens_a_promise_beside_a_later_one_replaces_it() -> None:
    """The first was kept, a second was given, then the first one's payment was reversed within its window."""
    second = Promised(2, Decimal(500), date(2026, 11, 6), date(2026, 11, 12))
    assert case_standings([PROMISE, second], paid((5, "1000")), on=DUE, policy=POLICY)[1].state == KEPT
    found = case_standings([PROMISE, second], paid((7, "475")), on=DUE, policy=POLICY)
    assert found[1] == PromiseStanding(PromiseState.REPLACED, Decimal(475), second.taken_on)
    assert found[2] == PromiseStanding(KEPT, Decimal(475), date(2026, 11, 7))


@pytest.mark.parametrize(
    ("first", "second", "replaced"),
    [
        pytest.param(None, 7, True, id="the whole case, then an account"),
        pytest.param(7, None, True, id="an account, then the whole case"),
        pytest.param(7, 7, True, id="the same account"),
        pytest.param(7, 8, False, id="two accounts"),
    ],
)
def test_a_promise_on_the_whole_case_is_on_each_accounts_debt(
    first: int | None, second: int | None, *, replaced: bool
) -> None:
    later = Promised(2, Decimal(500), date(2026, 11, 6), date(2026, 11, 12), second)
    found = case_standings([replace(PROMISE, account_id=first), later], [], on=DUE, policy=POLICY)
    assert (found[1].state, found[2].state) == (PromiseState.REPLACED if replaced else OPEN, OPEN)


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
    assert sum((each.paid + each.paid_late for each in found.values()), Decimal(0)) <= sum(
        (each.amount for each in payments), Decimal(0)
    )
    for promise in promises:
        made = found[promise.id]
        assert 0 <= made.paid <= made.paid + made.paid_late <= promise.amount
        assert (made.closed_on is None) == (made.state == OPEN)


@given(promised, st.lists(received, max_size=6), st.integers(0, 69), policies)
def test_what_is_closed_stays_as_it_is_while_days_pass(promise, payments, days, policy) -> None:
    [promise], payments = book([promise], payments)
    on = TAKEN + timedelta(days=days)
    found = promise_state(promise, payments, on=on, policy=policy)
    next_day = promise_state(promise, payments, on=on + timedelta(days=1), policy=policy)
    if found.state in (PARTIALLY, BROKEN):
        assert replace(next_day, paid_late=found.paid_late) == found
        assert next_day.paid_late >= found.paid_late
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
