"""Which debts a payment pays: what it names, then the oldest first; what is left over stays as credit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from models.receivables import Component

Cents = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Due:
    """One receivable that can still take money."""

    due_on: date
    id: int
    balance: Decimal
    account_id: int = 0
    number: str = ""
    component: Component = Component.PRINCIPAL


@dataclass(frozen=True, slots=True)
class Named:
    """What a payment says it is for; none of it = whatever is oldest."""

    account_id: int | None = None
    number: str | None = None
    component: Component | None = None

    def covers(self, due: Due) -> bool:
        """Whether the receivable is one of those meant."""
        return (
            self.account_id in (None, due.account_id)
            and self.number in (None, due.number)
            and self.component in (None, due.component)
        )


NOTHING_NAMED = Named()


@dataclass(frozen=True, slots=True)
class Allocated:
    """What goes to which receivable, oldest first; `credit` is what no receivable could take."""

    parts: tuple[tuple[int, Decimal], ...]
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Parts:
    """Allocations as columns: row numbers into the payments and the receivables, and an amount in cents."""

    payment: Numbers
    receivable: Numbers
    amount: Cents


def allocate(
    amount: Decimal, dues: Iterable[Due], *, named: Named = NOTHING_NAMED, newest_first: bool = False
) -> Allocated:
    """Share an amount out over receivables: those named first, within each part by (due date, id).

    No part exceeds its balance; the parts and the credit add up to the amount. `newest_first` turns the dates round.
    """
    parts: list[tuple[int, Decimal]] = []
    left = amount
    by_date = sorted(dues, key=lambda due: (due.due_on, due.id), reverse=newest_first)
    for due in sorted(by_date, key=lambda due: not named.covers(due)):
        part = min(left, due.balance)
        if part > NOTHING:
            parts.append((due.id, part))
            left -= part
    return Allocated(tuple(parts), left)


def allocate_columns(
    payment_case: Numbers,
    payment_cents: Cents,
    receivable_case: Numbers,
    receivable_cents: Cents,
    *,
    released: npt.NDArray[np.bool_] | None = None,
) -> Parts:
    """Share many payments out over many receivables, each within its case, as `allocate` does one after another.

    Both sides are sorted by case, then by the order of payment and by (due date, id); the case numbers ascend.
    A `released` payment is given what it paid before it was reversed, and uses nothing up.
    Every payment is an interval on its case's line of debts laid end to end, so its parts are the overlaps.
    """
    counts = payment_cents if released is None else np.where(released, 0, payment_cents)
    ends_of_dues = np.cumsum(receivable_cents)
    first = np.searchsorted(receivable_case, payment_case, "left")
    last = np.searchsorted(receivable_case, payment_case, "right")
    line = np.concatenate([[0], ends_of_dues])
    start = np.minimum(line[first] + _before(payment_case, counts), line[last])
    end = np.minimum(start + payment_cents, line[last])
    return _overlaps(start, end, ends_of_dues, receivable_cents)


def _before(case: Numbers, cents: Cents) -> Cents:
    """What each row's case has had in the rows before it."""
    running = np.cumsum(cents) - cents
    return np.asarray(running - running[np.searchsorted(case, case, "left")], np.int64)


def _overlaps(start: Cents, end: Cents, ends_of_dues: Cents, receivable_cents: Cents) -> Parts:
    lowest = np.searchsorted(ends_of_dues, start, "right")
    highest = np.searchsorted(ends_of_dues, end, "left")
    width = np.where(end > start, highest - lowest + 1, 0)
    payment = np.repeat(np.arange(len(start)), width)
    nth = np.arange(len(payment)) - np.repeat(np.cumsum(width) - width, width)
    receivable = lowest[payment] + nth
    upper = np.minimum(ends_of_dues[receivable], end[payment])
    lower = np.maximum(ends_of_dues[receivable] - receivable_cents[receivable], start[payment])
    return Parts(payment, receivable, upper - lower)
