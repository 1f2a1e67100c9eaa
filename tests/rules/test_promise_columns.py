"""The columns judge as the rule for one case does, whatever the book."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.rules.promise_columns import NO_DAY, WHOLE_CASE, MoneyColumns, PromiseColumns, case_standings
from workbench.rules.promises import STATES, Part, Promised, PromisePolicy, Received
from workbench.rules.promises import case_standings as one_case

START = date(2026, 11, 2)
cents = st.integers(1, 2_000)
accounts = st.sampled_from([None, 7, 8])
parts = st.lists(st.tuples(st.integers(1, 9), cents), min_size=1, max_size=4)  # days after the part before, cents
promises = st.lists(st.tuples(st.integers(0, 12), parts, accounts), max_size=5)
payments = st.lists(st.tuples(st.integers(0, 50), cents, st.sampled_from([-1, 7, 8])), max_size=9)
books = st.lists(st.tuples(promises, payments), min_size=1, max_size=6)
policies = st.builds(PromisePolicy, st.integers(0, 6), st.integers(1, 10_000).map(lambda tens: Decimal(tens) / 10_000))


def promised(number: int, taken: int, given: list[tuple[int, int]], account: int | None) -> Promised:
    day, series = taken, []
    for after, amount in given:
        day += after
        series.append(Part(START + timedelta(days=day), Decimal(amount) / 100))
    amount = sum((part.amount for part in series), Decimal(0))
    whole = tuple(series) if len(series) > 1 else ()
    return Promised(number, amount, START + timedelta(days=taken), series[-1].due_on, account, whole)


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def in_cents(amount: Decimal) -> int:
    return int(amount * 100)


def columns(book: list[tuple[list[Promised], list[Received]]]) -> tuple[PromiseColumns, MoneyColumns]:
    """The book as the database would give it: promises by case, day and id; money by case and day."""
    rows = [
        (case, each)
        for case, (given, _) in enumerate(book)
        for each in sorted(given, key=lambda each: (each.taken_on, each.id))
    ]
    money = [
        (case, each) for case, (_, paid) in enumerate(book) for each in sorted(paid, key=lambda each: each.paid_on)
    ]
    series = [(row, part) for row, (_, each) in enumerate(rows) for part in each.parts]
    return PromiseColumns(
        ints([each.id for _, each in rows]),
        ints([case for case, _ in rows]),
        ints([each.account_id or WHOLE_CASE for _, each in rows]),
        ints([in_cents(each.amount) for _, each in rows]),
        ints([each.taken_on.toordinal() for _, each in rows]),
        ints([each.due_on.toordinal() for _, each in rows]),
        ints([row for row, _ in series]),
        ints([part.due_on.toordinal() for _, part in series]),
        ints([in_cents(part.amount) for _, part in series]),
    ), MoneyColumns(
        ints([case for case, _ in money]),
        ints([each.account_id or -1 for _, each in money]),
        ints([each.paid_on.toordinal() for _, each in money]),
        ints([in_cents(each.amount) for _, each in money]),
    )


@settings(max_examples=400)
@given(books, st.integers(0, 60), policies)
def test_a_million_promises_are_judged_as_one_is(book: list, days: int, policy: PromisePolicy) -> None:
    on = START + timedelta(days=days)
    cases, number = [], 0
    for given_promises, paid in book:
        made = [promised(number + place, *each) for place, each in enumerate(given_promises, start=1)]
        number += len(made)
        cases.append((made, [Received(START + timedelta(days=day), Decimal(c) / 100, a) for day, c, a in paid]))
    asked, money = columns(cases)
    found = case_standings(asked, money, on=on.toordinal(), grace_days=policy.grace_days, tolerance=policy.tolerance)
    told = {
        int(key): (STATES[state], paid, late, None if closed == NO_DAY else date.fromordinal(closed))
        for key, state, paid, late, closed in zip(
            asked.id, found.state, found.paid, found.paid_late, found.closed, strict=True
        )
    }
    expected = {
        key: (made.state, in_cents(made.paid), in_cents(made.paid_late), made.closed_on)
        for given_promises, paid in cases
        for key, made in one_case(given_promises, paid, on=on, policy=policy).items()
    }
    assert told == expected
