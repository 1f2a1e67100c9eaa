"""What may be added to a debt by law and contract: simple interest on principal, and Chile's fee for collecting.

Interest = balance × annual rate ÷ 365 × days, on principal and never on interest. The fee is that of article 37 of
Ley 19.496: 9 % of what is overdue up to 10 UF, 6 % of what lies between 10 and 50 UF, 3 % of the rest, once 20 days of
arrears have passed, and once for every amount.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import pairwise

from models.portfolios import CollectionFee
from models.receivables import Component

CENT = Decimal("0.01")
ZERO = Decimal(0)
YEAR_DAYS = 365
FEE_AFTER_DAYS = 20  # the first day with a fee is the 21st
# where each band begins, in UF, and its share of what lies in it
FEE_BANDS: tuple[tuple[Decimal, Decimal], ...] = (
    (Decimal(0), Decimal("0.09")),
    (Decimal(10), Decimal("0.06")),
    (Decimal(50), Decimal("0.03")),
)


@dataclass(frozen=True, slots=True)
class ChargePolicy:
    """What a portfolio charges: the yearly rate of interest (0.24 = 24 %), and a fee where the law has one.

    `index_unit` is the price of a UF; without it no fee can be told and none is charged.
    """

    annual_interest: Decimal = ZERO
    collection_fee: CollectionFee = CollectionFee.NONE
    index_unit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """One open receivable, and until when an agreement has charged for it already (none = never)."""

    component: Component
    balance: Decimal
    due_on: date
    interest_until: date | None = None
    fee_on: date | None = None


@dataclass(frozen=True, slots=True)
class Charges:
    """What has accrued and is not posted yet."""

    interest: Decimal = ZERO
    fees: Decimal = ZERO


def simple_interest(balance: Decimal, annual_rate: Decimal, days: int, unit: Decimal = CENT) -> Decimal:
    """Balance × rate ÷ 365 × days, rounded half up to `unit`; nothing for no days."""
    return (balance * annual_rate * max(days, 0) / YEAR_DAYS).quantize(unit, ROUND_HALF_UP)


def progressive_fee(overdue: Decimal, index_unit: Decimal) -> Decimal:
    """The ceiling of article 37 on this much overdue, unrounded: 60 UF make 0.9 + 2.4 + 0.3 = 3.6 UF."""
    fee = ZERO
    for (start, share), (end, _) in pairwise((*FEE_BANDS, (Decimal("Infinity"), ZERO))):
        within = min(overdue, end * index_unit) - start * index_unit
        fee += max(within, ZERO) * share
    return fee


def collection_fee(overdue: Decimal, index_unit: Decimal, *, charged: Decimal = ZERO, unit: Decimal = CENT) -> Decimal:
    """The fee for what is newly overdue, on top of the bands that `charged` has used up; never rounded above the ceiling."""
    fee = progressive_fee(overdue + charged, index_unit) - progressive_fee(charged, index_unit)
    return fee.quantize(unit, ROUND_DOWN)


def accrued(debts: Iterable[Charged], policy: ChargePolicy, *, on: date, unit: Decimal = CENT) -> Charges:
    """What would be charged on `on`: interest since each due day or the last charge, a fee where none was taken yet."""
    principal = [each for each in debts if each.component == Component.PRINCIPAL and each.due_on < on]
    interest = sum(
        (simple_interest(each.balance, policy.annual_interest, _days(each, on), unit) for each in principal), ZERO
    )
    if policy.collection_fee != CollectionFee.CHILE or not policy.index_unit:
        return Charges(interest)
    late = [each for each in principal if (on - each.due_on).days > FEE_AFTER_DAYS]
    before = sum((each.balance for each in late if _has_fee(each)), ZERO)
    fresh = sum((each.balance for each in late if not _has_fee(each)), ZERO)
    return Charges(interest, collection_fee(fresh, policy.index_unit, charged=before, unit=unit))


def _days(debt: Charged, on: date) -> int:
    since = max(debt.due_on, debt.interest_until) if debt.interest_until else debt.due_on
    return (on - since).days


def _has_fee(debt: Charged) -> bool:
    """Whether a fee was charged when this amount was late enough for one."""
    return debt.fee_on is not None and (debt.fee_on - debt.due_on).days > FEE_AFTER_DAYS
