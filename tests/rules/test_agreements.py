from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.agreements import AgreementState
from workbench.rules.agreements import (
    NO_DAY,
    STATES,
    AgreementStanding,
    Signed,
    agreement_standing,
    agreement_standings,
    next_window,
)
from workbench.rules.installments import Part
from workbench.rules.promises import Received

SIGNED = date(2026, 11, 1)
# three installments of 300 on the 10th, 17th and 24th; with three days of grace their windows end on 13, 20 and 27
AGREED = Signed(Decimal(900), SIGNED)
PARTS = [Part(number, date(2026, 11, 3 + 7 * number), Decimal(300)) for number in (1, 2, 3)]
PATIENT = replace(AGREED, missed_limit=2)
A, C, B = AgreementState.ACTIVE, AgreementState.COMPLETED, AgreementState.BROKEN


def paid(*payments: tuple[int, str]) -> list[Received]:
    """Payments as (day of November, amount); a day above 30 is in December."""
    return [Received(date(2026, 10, 31) + timedelta(days=day), Decimal(amount)) for day, amount in payments]


def found(agreement: Signed, payments: list[tuple[int, str]], on: int) -> AgreementStanding:
    return agreement_standing(agreement, PARTS, paid(*payments), date(2026, 10, 31) + timedelta(days=on))


@pytest.mark.parametrize(
    ("agreement", "payments", "on", "state", "missed", "counted", "closed"),
    [
        pytest.param(AGREED, [], 1, A, 0, "0", None, id="the day it is signed"),
        pytest.param(AGREED, [], 13, A, 0, "0", None, id="on the last day of grace nothing is missed"),
        pytest.param(AGREED, [], 14, B, 1, "0", 14, id="the day after, the one it bears is missed"),
        pytest.param(AGREED, [], 90, B, 1, "0", 14, id="found late, it broke on that same day"),
        pytest.param(AGREED, [(13, "300")], 14, A, 0, "300", None, id="paid on the last day of grace"),
        pytest.param(AGREED, [(14, "300")], 14, B, 1, "0", 14, id="a day too late turns nothing back"),
        pytest.param(AGREED, [(10, "285")], 14, A, 0, "285", None, id="95 percent is enough"),
        pytest.param(AGREED, [(10, "284.99")], 14, B, 1, "284.99", 14, id="a cent less is not"),
        pytest.param(AGREED, [(2, "570")], 21, A, 0, "570", None, id="paid ahead, two are in time"),
        pytest.param(AGREED, [(2, "570")], 28, B, 1, "570", 28, id="but not the third"),
        pytest.param(AGREED, [(10, "300"), (17, "300"), (24, "300")], 24, C, 0, "900", 24, id="completed with the last"),
        pytest.param(AGREED, [(2, "900")], 2, C, 0, "900", 2, id="all at once"),
        pytest.param(AGREED, [(2, "1200")], 60, C, 0, "900", 2, id="never more than the total"),
        pytest.param(AGREED, [(10, "300"), (17, "300"), (24, "299.99")], 27, A, 0, "899.99", None, id="a cent short"),
        pytest.param(AGREED, [(10, "300"), (17, "300"), (24, "299.99")], 28, B, 1, "899.99", 28, id="of the last all is asked"),
        pytest.param(AGREED, [(10, "300"), (17, "300"), (24, "299.99"), (27, "0.01")], 28, C, 0, "900", 27, id="the cent in time"),
        pytest.param(AGREED, [(0, "900")], 14, B, 1, "0", 14, id="money from before it was signed is not for it"),
        pytest.param(AGREED, [(12, "300")], 11, A, 0, "0", None, id="tomorrow's payment is not known today"),
        pytest.param(PATIENT, [], 14, A, 1, "0", None, id="in arrears below the limit"),
        pytest.param(PATIENT, [], 20, A, 1, "0", None, id="until the second window is over"),
        pytest.param(PATIENT, [], 21, B, 2, "0", 21, id="the second missed one breaks it"),
        pytest.param(PATIENT, [(15, "300")], 15, A, 0, "300", None, id="cured by paying late"),
        pytest.param(PATIENT, [(15, "300")], 21, A, 1, "300", None, id="then the second is the first missed one"),
        pytest.param(PATIENT, [(15, "300")], 28, B, 2, "300", 28, id="and the third the second"),
        pytest.param(PATIENT, [(30, "900")], 30, B, 2, "0", 21, id="everything after it broke"),
        pytest.param(PATIENT, [(15, "300"), (20, "300"), (35, "300")], 35, C, 0, "900", 35, id="the last one late, but it bears that"),
        pytest.param(replace(AGREED, grace_days=0), [], 11, B, 1, "0", 11, id="without grace"),
        pytest.param(replace(AGREED, missed_limit=4), [], 90, A, 3, "0", None, id="a limit that is never reached"),
        pytest.param(replace(AGREED, tolerance=Decimal(1)), [(10, "299.99")], 14, B, 1, "299.99", 14, id="no tolerance"),
    ],
)  # fmt: skip
def test_an_agreement_is_what_its_money_makes_of_it(
    agreement: Signed, payments: list[tuple[int, str]], on: int, state: AgreementState, missed: int, counted: str, closed: int | None
) -> None:  # fmt: skip
    made = found(agreement, payments, on)
    closed_on = date(2026, 10, 31) + timedelta(days=closed) if closed else None
    assert (made.state, made.missed, made.paid, made.closed_on) == (state, missed, Decimal(counted), closed_on)


def test_money_fills_the_installments_in_their_order() -> None:
    made = found(AGREED, [(5, "400"), (12, "200")], 13)
    assert [(part.number, part.paid) for part in made.parts] == [(1, 300), (2, 300), (3, 0)]
    assert [part.paid_on.day if part.paid_on else None for part in made.parts] == [5, 12, None]


def test_money_for_another_account_does_not_feed_an_agreement_on_this_one() -> None:
    money = [Received(SIGNED, Decimal(900), account_id=8)]
    assert agreement_standing(replace(AGREED, account_id=7), PARTS, money, SIGNED).paid == 0
    assert agreement_standing(AGREED, PARTS, money, SIGNED).paid == 900


def test_a_reversal_after_it_was_completed_opens_it_again() -> None:
    """Who asks leaves a reversed payment out: completed becomes active within the windows, broken after them."""
    money = [(5, "600"), (6, "300")]
    assert found(AGREED, money, 6).state == C
    assert (found(AGREED, money[:1], 7).state, found(AGREED, money[:1], 28).state) == (A, B)


def test_a_payment_dated_earlier_cures_what_had_broken() -> None:
    assert found(AGREED, [(15, "900")], 20).state == B
    assert found(AGREED, [(15, "900"), (12, "300")], 20).state == C


@pytest.mark.parametrize(
    ("paid_so_far", "on", "expected"),
    [
        ("0", 1, 13),
        ("300", 1, 20),
        ("299.99", 1, 13),
        ("600", 14, 27),
        ("0", 14, 20),
        ("900", 14, None),
        ("0", 28, None),
    ],
)
def test_the_next_window_is_that_of_the_next_unpaid_installment(
    paid_so_far: str, on: int, expected: int | None
) -> None:
    last = next_window(AGREED, PARTS, Decimal(paid_so_far), date(2026, 11, on))
    assert (last.day if last else None) == expected


amounts = st.integers(1, 10**6)
agreements = st.tuples(
    st.lists(st.tuples(amounts, st.integers(1, 20)), min_size=1, max_size=6),  # (cents, days after the one before)
    st.lists(st.tuples(st.integers(-5, 120), amounts), max_size=8),  # (day after signing, cents)
    st.integers(1, 4),
    st.integers(0, 7),
    st.sampled_from(["0.95", "1", "0.5", "0.3333"]),
)


def scalar(agreement: tuple, on: int) -> tuple[Signed, list[Part], AgreementStanding]:
    steps, money, limit, grace, tolerance = agreement
    total = sum(cents for cents, _ in steps)
    signed = Signed(Decimal(total) / 100, SIGNED, limit, grace, Decimal(tolerance))
    due, parts = SIGNED, []
    for number, (cents, days) in enumerate(steps, start=1):
        due += timedelta(days=days)
        parts.append(Part(number, due, Decimal(cents) / 100))
    received = [Received(SIGNED + timedelta(days=day), Decimal(cents) / 100) for day, cents in money]
    return signed, parts, agreement_standing(signed, parts, received, SIGNED + timedelta(days=on))


@given(st.lists(agreements, min_size=1, max_size=6), st.integers(0, 140))
def test_columns_of_agreements_are_judged_as_each_one_is(book: list[tuple], on: int) -> None:
    epoch = SIGNED.toordinal()
    each = [scalar(agreement, on) for agreement in book]
    columns = {
        "total": [int(signed.total * 100) for signed, _, _ in each],
        "signed": [epoch] * len(each),
        "missed_limit": [signed.missed_limit for signed, _, _ in each],
        "grace": [signed.grace_days for signed, _, _ in each],
        "tolerance": [int(signed.tolerance * 10_000) for signed, _, _ in each],
    }
    rows = [(row, part) for row, (_, parts, _) in enumerate(each) for part in parts]
    parts = {
        "agreement": [row for row, _ in rows],
        "due": [part.due_on.toordinal() for _, part in rows],
        "amount": [int(part.amount * 100) for _, part in rows],
    }
    paid_in = sorted((row, epoch + day, cents) for row, each_one in enumerate(book) for day, cents in each_one[1])
    money = dict(zip(("agreement", "day", "amount"), np.array(paid_in, dtype=np.int64).reshape(-1, 3).T, strict=True))
    made = agreement_standings(columns, parts, money, epoch + on)
    for row, (_, _, one) in enumerate(each):
        closed = date.fromordinal(int(made["closed"][row])) if made["closed"][row] != NO_DAY else None
        judged = (STATES[made["state"][row]], made["paid"][row], made["missed"][row], closed)
        assert judged == (one.state, int(one.paid * 100), one.missed, one.closed_on)
    fed = [part for _, _, one in each for part in one.parts]
    days = [part.paid_on.toordinal() if part.paid_on else NO_DAY for part in fed]
    assert made["part_paid"].tolist() == [int(part.paid * 100) for part in fed]
    assert made["part_paid_on"].tolist() == days


@given(agreements, st.integers(0, 140))
def test_what_broke_stays_broken_while_days_pass_and_no_money_is_made_up(agreement: tuple, on: int) -> None:
    signed, parts, today = scalar(agreement, on)
    _, _, tomorrow = scalar(agreement, on + 1)
    if today.state == B:
        assert tomorrow == today
    if today.state == C:
        assert (tomorrow.state, tomorrow.closed_on) == (C, today.closed_on)
    assert 0 <= today.paid <= signed.total
    assert sum(part.paid for part in today.parts) == today.paid
    assert all(part.paid <= asked.amount for part, asked in zip(today.parts, parts, strict=True))
    assert (today.closed_on is None) == (today.state == A)


def test_no_agreements_are_judged_as_none() -> None:
    nothing = {name: [] for name in ("total", "signed", "missed_limit", "grace", "tolerance")}
    made = agreement_standings(nothing, {"agreement": [], "due": [], "amount": []}, {"agreement": [], "day": [], "amount": []}, 1)  # fmt: skip
    assert [len(column) for column in made.values()] == [0] * 6
