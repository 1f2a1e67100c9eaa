from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.agreements import Frequency
from workbench.rules.business_days import business_day_after, business_day_from
from workbench.rules.installments import CENT, Part, nominal_date, schedule, smallest_unit
from workbench.rules.refusals import Refused

MONTHLY, WEEKLY, FORTNIGHTLY = Frequency.MONTHLY, Frequency.WEEKLY, Frequency.FORTNIGHTLY
EVERY_DAY = lambda day: day  # noqa: E731  # banks that never close


def days(first: str, count: int, frequency: Frequency = MONTHLY, country: str | None = None) -> list[str]:
    open_days = partial(business_day_from, country=country) if country else EVERY_DAY
    parts = schedule(
        Decimal(1000), count=count, frequency=frequency, first_due_on=date.fromisoformat(first), business_day=open_days
    )
    return [part.due_on.isoformat() for part in parts]


@pytest.mark.parametrize(
    ("first", "frequency", "expected"),
    [
        pytest.param("2026-01-31", MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"], id="month ends"),
        pytest.param("2028-01-31", MONTHLY, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"], id="a leap year"),
        pytest.param("2026-01-30", MONTHLY, ["2026-01-30", "2026-02-28", "2026-03-30", "2026-04-30"], id="the 30th"),
        pytest.param("2028-02-29", MONTHLY, ["2028-02-29", "2028-03-29", "2028-04-29", "2028-05-29"], id="from the 29th"),
        pytest.param("2026-11-15", MONTHLY, ["2026-11-15", "2026-12-15", "2027-01-15", "2027-02-15"], id="over new year"),
        pytest.param("2026-02-20", WEEKLY, ["2026-02-20", "2026-02-27", "2026-03-06", "2026-03-13"], id="weekly"),
        pytest.param("2028-02-20", FORTNIGHTLY, ["2028-02-20", "2028-03-05", "2028-03-19", "2028-04-02"], id="fortnightly"),
    ],
)  # fmt: skip
def test_dates_are_counted_from_the_first(first: str, frequency: Frequency, expected: list[str]) -> None:
    assert days(first, 4, frequency) == expected


@pytest.mark.parametrize(
    ("country", "first", "expected"),
    [
        pytest.param("MX", "2026-01-31", ["2026-02-03", "2026-03-02", "2026-03-31"], id="Saturday, then Constitution Day"),
        pytest.param("CO", "2026-01-31", ["2026-02-02", "2026-03-02", "2026-03-31"], id="the 2nd is open in Colombia"),
        pytest.param("CL", "2026-01-31", ["2026-02-02", "2026-03-02", "2026-03-31"], id="and in Chile"),
        pytest.param("MX", "2026-11-16", ["2026-11-17", "2026-12-16", "2027-01-18"], id="Revolution Day, and a Saturday"),
        pytest.param("CO", "2026-04-02", ["2026-04-06", "2026-05-04", "2026-06-02"], id="Holy Thursday waits for Monday"),
        pytest.param("CL", "2026-09-18", ["2026-09-21", "2026-10-19", "2026-11-18"], id="Fiestas Patrias"),
    ],
)  # fmt: skip
def test_a_day_when_banks_are_closed_moves_to_the_next_open_one(country: str, first: str, expected: list[str]) -> None:
    assert days(first, 3, country=country) == expected


@pytest.mark.parametrize(
    ("total", "count", "unit", "amounts"),
    [
        pytest.param("100", 3, "0.01", ["33.33", "33.33", "33.34"], id="a cent over"),
        pytest.param("200", 3, "0.01", ["66.66", "66.66", "66.68"], id="two cents over"),
        pytest.param("0.05", 3, "0.01", ["0.01", "0.01", "0.03"], id="five cents in three"),
        pytest.param("900", 3, "0.01", ["300.00", "300.00", "300.00"], id="nothing over"),
        pytest.param("100000", 3, "1", ["33333", "33333", "33334"], id="whole pesos"),
        pytest.param("100000.50", 3, "1", ["33333", "33333", "33334.50"], id="odd cents go last"),
        pytest.param("12.34", 1, "0.01", ["12.34"], id="at once"),
    ],
)
def test_the_last_installment_takes_the_remainder(total: str, count: int, unit: str, amounts: list[str]) -> None:
    parts = schedule(
        Decimal(total), count=count, frequency=MONTHLY, first_due_on=date(2026, 1, 5), business_day=EVERY_DAY,
        unit=Decimal(unit),
    )  # fmt: skip
    assert [part.amount for part in parts] == [Decimal(each) for each in amounts]


def test_a_down_payment_comes_first_and_is_number_zero() -> None:
    signed = date(2026, 11, 18)
    parts = schedule(
        Decimal(1000), down=Decimal(100), down_on=signed, count=2, frequency=WEEKLY,
        first_due_on=signed + timedelta(days=7), business_day=EVERY_DAY,
    )  # fmt: skip
    assert parts == (
        Part(0, signed, Decimal(100)),
        Part(1, date(2026, 11, 25), Decimal(450)),
        Part(2, date(2026, 12, 2), Decimal(450)),
    )


def test_holidays_longer_than_a_step_do_not_put_two_payments_on_one_day() -> None:
    reopened = date(2026, 3, 2)

    def closed_in_february(day: date) -> date:
        return reopened if day.month == 2 else day

    parts = schedule(
        Decimal(400), count=4, frequency=WEEKLY, first_due_on=date(2026, 2, 2), business_day=closed_in_february
    )
    assert [part.due_on.isoformat() for part in parts] == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"count": 0}, "at least one"),
        ({"down": Decimal(100)}, "less than the total"),
        ({"down": Decimal(-1)}, "less than the total"),
        ({"count": 10_001}, "too small"),
        ({"down": Decimal(1), "down_on": date(2026, 1, 5)}, "after the down payment"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(fields: dict, because: str) -> None:
    asked = {"count": 1, "frequency": MONTHLY, "first_due_on": date(2026, 1, 5), "business_day": EVERY_DAY}
    with pytest.raises(Refused, match=because):
        schedule(Decimal(100), **(asked | fields))


@pytest.mark.parametrize(("currency", "unit"), [("MXN", "0.01"), ("COP", "0.01"), ("CLP", "1"), ("PYG", "1")])
def test_installments_are_rounded_to_what_the_currency_has(currency: str, unit: str) -> None:
    assert smallest_unit(currency) == Decimal(unit)


@given(
    total=st.decimals("1", "99999999", places=2),
    down=st.decimals("0", "0.9", places=2),
    count=st.integers(1, 60),
    frequency=st.sampled_from(Frequency),
    first=st.dates(date(2024, 1, 1), date(2029, 12, 31)),
    country=st.sampled_from(["MX", "CO", "CL"]),
)
def test_every_schedule_adds_up_on_rising_business_days(total, down, count, frequency, first, country) -> None:
    open_days = partial(business_day_from, country=country)
    paid_down = (total * down).quantize(CENT)
    assume((total - paid_down) / count >= CENT)  # thinner ones are refused
    parts = schedule(
        total, down=paid_down, down_on=first - timedelta(days=12), count=count, frequency=frequency, first_due_on=first,
        business_day=open_days,
    )  # fmt: skip
    assert sum(part.amount for part in parts) == total
    assert all(part.amount > 0 for part in parts)
    assert all(earlier.due_on < later.due_on for earlier, later in pairwise(parts))
    assert all(part.due_on == open_days(part.due_on) for part in parts)
    equal = [part.amount for part in parts if part.number][:-1]
    assert len(set(equal)) <= 1
    assert all(nominal_date(first, frequency, part.number) <= part.due_on for part in parts if part.number)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_an_open_day_stays_and_a_closed_one_moves_to_the_next_open_one(day: date) -> None:
    found = business_day_from(day, country="CO")
    assert found == day or found == business_day_after(day, 1, country="CO")
