"""The schedule of an agreement: equal installments, the remainder in the last, on days when banks are open."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from babel.numbers import get_currency_precision

from models.agreements import Frequency
from workbench.rules.refusals import Refused

CENT = Decimal("0.01")
BusinessDay = Callable[[date], date]  # the day itself, or the next on which banks are open
STEP_DAYS = {Frequency.WEEKLY: 7, Frequency.FORTNIGHTLY: 14}


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of a schedule; number 0 is the down payment, due when it is signed."""

    number: int
    due_on: date
    amount: Decimal


def smallest_unit(currency: str) -> Decimal:
    """What installments are rounded to: a cent, or a whole peso where the currency has no cents."""
    return Decimal(1).scaleb(-min(get_currency_precision(currency), 2))


def nominal_date(first_due_on: date, frequency: Frequency, number: int) -> date:
    """The day of installment `number` (1 is the first) before it moves to a business day.

    Counted from the first one, so that a short month does not pull the later ones back: 31 Jan, 28 Feb, 31 Mar.
    """
    if frequency in STEP_DAYS:
        return first_due_on + timedelta(days=STEP_DAYS[frequency] * (number - 1))
    years, month = divmod(first_due_on.month - 1 + number - 1, 12)
    year, month = first_due_on.year + years, month + 1
    return date(year, month, min(first_due_on.day, monthrange(year, month)[1]))


def schedule(
    total: Decimal,
    *,
    down: Decimal = Decimal(0),
    down_on: date | None = None,
    count: int,
    frequency: Frequency,
    first_due_on: date,
    business_day: BusinessDay,
    unit: Decimal = CENT,
) -> tuple[Part, ...]:
    """The payments that add up to `total`: the down payment on `down_on`, then `count` equal installments.

    Installments are rounded down to `unit` and the last one takes the remainder. A day on which banks are closed moves
    to the next one on which they are open; no two payments fall on one day.
    Raises `Refused` for a schedule without payments, one thinner than its unit, or one that begins before the down
    payment.
    """
    if count < 1:
        raise Refused("An agreement has at least one installment.", field="installments")
    if not 0 <= down < total:
        raise Refused("The down payment must be less than the total.", field="down")
    if (total - down) / count < unit:
        raise Refused("The installments are too small: there are too many of them.", field="installments")
    parts = []
    if down:
        if down_on is None or first_due_on <= business_day(down_on):
            raise Refused("The first installment falls due after the down payment.", field="first_due_on")
        parts.append(Part(0, business_day(down_on), down))
    equal = ((total - down) / count).quantize(unit, ROUND_DOWN)
    for number in range(1, count + 1):
        amount = equal if number < count else total - down - equal * (count - 1)
        parts.append(Part(number, _due_on(parts, nominal_date(first_due_on, frequency, number), business_day), amount))
    return tuple(parts)


def _due_on(before: list[Part], nominal: date, business_day: BusinessDay) -> date:
    """The business day of an installment, after the payment before it even where holidays last longer than its step."""
    due_on = business_day(nominal)
    if before and due_on <= before[-1].due_on:
        return business_day(before[-1].due_on + timedelta(days=1))
    return due_on
