from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.portfolios import CollectionFee
from models.receivables import Component
from workbench.rules.charges import (
    Charged,
    ChargePolicy,
    Charges,
    accrued,
    collection_fee,
    progressive_fee,
    simple_interest,
)

ON = date(2026, 11, 18)
UF = Decimal("39500.25")
CHILE = ChargePolicy(collection_fee=CollectionFee.CHILE, index_unit=Decimal(1000))


def late(days: int, balance: str = "1000", component: Component = Component.PRINCIPAL, **more: date) -> Charged:
    return Charged(component, Decimal(balance), ON - timedelta(days=days), **more)


@pytest.mark.parametrize(
    ("units", "fee"),
    [
        pytest.param("0", "0", id="nothing"),
        pytest.param("5", "0.45", id="below ten: nine percent"),
        pytest.param("9.99", "0.8991", id="just below ten"),
        pytest.param("10", "0.9", id="exactly ten"),
        pytest.param("10.01", "0.9006", id="just above ten: six percent of what lies above"),
        pytest.param("50", "3.3", id="exactly fifty"),
        pytest.param("50.01", "3.3003", id="just above fifty: three percent of what lies above"),
        pytest.param("60", "3.6", id="sixty make 0.9 + 2.4 + 0.3"),
        pytest.param("1000", "31.8", id="a thousand"),
    ],
)
def test_the_fee_of_chile_is_progressive(units: str, fee: str) -> None:
    assert progressive_fee(Decimal(units), Decimal(1)) == Decimal(fee)
    assert progressive_fee(Decimal(units) * UF, UF) == Decimal(fee) * UF


def test_sixty_units_in_whole_pesos_are_never_above_the_ceiling() -> None:
    assert collection_fee(60 * UF, UF, unit=Decimal(1)) == Decimal(142200)  # of 142,200.90


@pytest.mark.parametrize(("days", "fee"), [(0, 0), (20, 0), (21, 90), (400, 90)])
def test_there_is_no_fee_in_the_first_twenty_days(days: int, fee: int) -> None:
    assert accrued([late(days)], CHILE, on=ON).fees == fee


def test_an_amount_is_charged_once_and_what_falls_late_after_it_counts_on_top() -> None:
    paid_for = late(60, "8000", fee_on=ON - timedelta(days=30))
    assert accrued([paid_for], CHILE, on=ON).fees == 0
    # ten units are charged at nine percent in all, what lies above at six
    assert accrued([paid_for, late(25, "4000")], CHILE, on=ON).fees == 2000 * Decimal("0.09") + 2000 * Decimal("0.06")


def test_what_was_too_young_when_the_fee_was_taken_is_charged_later() -> None:
    assert accrued([late(35, fee_on=ON - timedelta(days=15))], CHILE, on=ON).fees == 90
    assert accrued([late(36, fee_on=ON - timedelta(days=15))], CHILE, on=ON).fees == 0


def test_without_the_price_of_a_unit_nothing_is_charged() -> None:
    assert accrued([late(60)], ChargePolicy(collection_fee=CollectionFee.CHILE), on=ON) == Charges()


@pytest.mark.parametrize(
    ("balance", "rate", "days", "interest"),
    [
        pytest.param("1000", "0.365", 1, "1.00", id="a thousandth a day"),
        pytest.param("1000", "0.24", 30, "19.73", id="a month at 24 %"),
        pytest.param("1000", "0.24", 365, "240.00", id="a year is the rate"),
        pytest.param("1000", "0.24", 366, "240.66", id="a leap year has a day more"),
        pytest.param("1000", "0.24", 0, "0.00", id="due today"),
        pytest.param("1000", "0.24", -5, "0.00", id="not yet due"),
        pytest.param("0.50", "0.365", 10, "0.01", id="half a cent is a cent"),
        pytest.param("1000", "0", 90, "0.00", id="no rate"),
    ],
)
def test_simple_interest(balance: str, rate: str, days: int, interest: str) -> None:
    assert simple_interest(Decimal(balance), Decimal(rate), days) == Decimal(interest)


def test_interest_is_on_principal_only_never_on_interest_or_fees() -> None:
    policy = ChargePolicy(annual_interest=Decimal("0.365"))
    debts = [late(10), late(10, component=Component.INTEREST), late(10, component=Component.FEES), late(-3)]
    assert accrued(debts, policy, on=ON) == Charges(Decimal("10.00"))


def test_what_was_posted_is_not_charged_again() -> None:
    policy = ChargePolicy(annual_interest=Decimal("0.365"))
    assert accrued([late(30, interest_until=ON - timedelta(days=10))], policy, on=ON).interest == 10
    assert accrued([late(30, interest_until=ON)], policy, on=ON).interest == 0
    assert accrued([late(5, interest_until=ON - timedelta(days=10))], policy, on=ON).interest == 5


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=6))
def test_charging_bit_by_bit_is_never_more_than_charging_at_once(amounts: list[int]) -> None:
    charged, fees = Decimal(0), Decimal(0)
    for amount in amounts:
        fees += collection_fee(Decimal(amount), UF, charged=charged)
        charged += amount
    assert fees <= progressive_fee(charged, UF)
    assert progressive_fee(charged, UF) - fees < Decimal("0.01") * len(amounts)
