from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.refusals import Refused
from workbench.rules.statements import Moved, Movement, Statement, shown_reference, statement

DAY = date(2026, 11, 18)
CHARGES = (Movement.PRINCIPAL, Movement.INTEREST, Movement.FEES, Movement.REVERSAL, Movement.CHARGE_BACK)
money = st.decimals("0.01", "9999", places=2)
days = st.integers(-40, 40).map(lambda days: DAY + timedelta(days=days))
charges = st.builds(
    lambda on, what, amount: Moved(on, what, "r", "a", charge=amount), days, st.sampled_from(CHARGES), money
)
credits_ = st.builds(lambda on, amount: Moved(on, Movement.PAYMENT, "p", "a", credit=amount), days, money)


def moved(days_ago: int, what: Movement, charge: str = "0", credit: str = "0") -> Moved:
    return Moved(DAY - timedelta(days=days_ago), what, what.value, "A1", Decimal(charge), Decimal(credit))


BOOK = (
    moved(20, Movement.PAYMENT, credit="30"),
    moved(20, Movement.PRINCIPAL, charge="100"),
    moved(10, Movement.REVERSAL, charge="30"),
    moved(10, Movement.PAYMENT, credit="30"),
    moved(-5, Movement.PRINCIPAL, charge="50"),
)


def said(**days: date | None) -> Statement:
    given = {"from_on": None, "to_on": DAY} | days
    return statement(BOOK, **given, owed=Decimal(150), credit=Decimal(30))


def test_charges_come_before_payments_and_those_before_what_takes_them_back() -> None:
    assert [(line.what, line.balance) for line in said().lines] == [
        ("principal", 100),
        ("payment", 70),
        ("payment", 40),
        ("reversal", 70),
    ]


@pytest.mark.parametrize(
    ("from_on", "to_on", "opening", "lines", "closing", "later"),
    [
        pytest.param(None, DAY, 0, 4, 70, 50, id="from the first to today"),
        pytest.param(DAY - timedelta(days=10), DAY, 70, 2, 70, 50, id="what was before is the opening balance"),
        pytest.param(DAY - timedelta(days=9), DAY, 70, 0, 70, 50, id="days without a movement"),
        pytest.param(None, DAY - timedelta(days=11), 0, 2, 70, 50, id="what came later is told apart"),
        pytest.param(None, DAY + timedelta(days=5), 0, 5, 120, 0, id="up to the last instalment"),
    ],
)
def test_the_days_asked_for(
    from_on: date | None, to_on: date, opening: int, lines: int, closing: int, later: int
) -> None:
    found = said(from_on=from_on, to_on=to_on)
    assert (found.opening, len(found.lines), found.closing, found.later) == (opening, lines, closing, later)
    assert found.closing + found.later == found.owed - found.credit


def test_the_first_day_comes_first() -> None:
    with pytest.raises(Refused, match="first day"):
        said(from_on=DAY + timedelta(days=1))


def test_without_movements_nothing_is_owed() -> None:
    found = statement([], from_on=None, to_on=DAY, owed=Decimal(0), credit=Decimal(0))
    assert (found.from_on, found.opening, found.lines, found.closing) == (DAY, 0, (), 0)


@given(st.lists(charges | credits_), st.none() | days, days)
def test_every_line_adds_up(book: list[Moved], from_on: date | None, to_on: date) -> None:
    if from_on and from_on > to_on:
        from_on, to_on = to_on, from_on
    net = sum((each.charge - each.credit for each in book), Decimal(0))
    found = statement(book, from_on=from_on, to_on=to_on, owed=net, credit=Decimal(0))
    balance = found.opening
    for line in found.lines:
        balance += line.charge - line.credit
        assert line.balance == balance
    assert found.closing == balance == found.opening + found.charged - found.credited
    assert found.closing + found.later == net
    assert [line.on for line in found.lines] == sorted(line.on for line in found.lines)


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("SPEI-4711", "SPEI-4711"),
        ('credit_note:["A1", "N-77"]', "N-77"),
        ("import:81:0", ""),
        ("discount:7:interest:1", ""),
    ],
)
def test_a_reference_is_shown_as_people_know_it(reference: str, shown: str) -> None:
    assert shown_reference(reference) == shown
