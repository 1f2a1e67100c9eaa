"""The state of an agreement: always derived from its schedule, its patience and the money since it was signed.

An installment is missed when its due day and the days of grace are over and what was paid until then is less than the
tolerated share of all that had fallen due (of the last one: less than the total). With as many missed as the agreement
bears, it breaks the day after; paying before that cures it. It is completed when the total is paid. Money that comes
after it broke turns nothing back; a reversal or a payment dated earlier derives it anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.agreements import AgreementState
from workbench.rules.installments import Part
from workbench.rules.promises import Received

ZERO = Decimal(0)
BASIS = 10_000  # tolerance in columns: whole ten-thousandths, as the database keeps it
NO_DAY = -1_000_000
ENDED_BY_PEOPLE = frozenset({AgreementState.WITHDRAWN, AgreementState.REPLACED})  # money does not move these
DISCOUNT_HOLDS = frozenset({AgreementState.ACTIVE, AgreementState.COMPLETED})
STATES = (AgreementState.ACTIVE, AgreementState.COMPLETED, AgreementState.BROKEN)  # a column's state is its place here

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signed:
    """What an agreement asks for, and its patience as it was agreed on."""

    total: Decimal
    signed_on: date
    missed_limit: int = 1
    grace_days: int = 3
    tolerance: Decimal = Decimal("0.95")
    account_id: int | None = None  # none = money for any account of the case counts


@dataclass(frozen=True, slots=True)
class PartStanding:
    """What has been paid of one installment, and the day it was paid in full."""

    number: int
    paid: Decimal
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class AgreementStanding:
    """What the money makes of an agreement; `missed` installments now, or when it broke."""

    state: AgreementState
    paid: Decimal
    missed: int
    closed_on: date | None
    parts: tuple[PartStanding, ...]


def agreement_standing(
    agreement: Signed, installments: Sequence[Part], money: Sequence[Received], on: date
) -> AgreementStanding:
    """What this money (reversed payments and discounts left out) makes of one agreement on that business date."""
    paid_in = sorted(
        (each for each in money if agreement.signed_on <= each.paid_on <= on and _feeds(agreement, each)),
        key=lambda each: each.paid_on,
    )
    parts = sorted(installments, key=lambda part: part.number)
    needed = _needed(agreement, parts)
    windows = [part.due_on + timedelta(days=agreement.grace_days) for part in parts]
    for place, window in enumerate(windows):
        if window >= on:
            break
        missed = sum(least > _paid_by(paid_in, window) for least in needed[: place + 1])
        if missed >= agreement.missed_limit:
            return _broken(agreement, parts, paid_in, window, missed)
    paid = min(_paid_by(paid_in, on), agreement.total)
    fed = _feed(parts, paid_in, on)
    if paid >= agreement.total:
        return AgreementStanding(AgreementState.COMPLETED, paid, 0, fed[-1].paid_on, fed)
    missed = sum(window < on and paid < least for window, least in zip(windows, needed, strict=True))
    return AgreementStanding(AgreementState.ACTIVE, paid, missed, None, fed)


def _feeds(agreement: Signed, money: Received) -> bool:
    return agreement.account_id in (None, money.account_id)


def _needed(agreement: Signed, parts: Sequence[Part]) -> list[Decimal]:
    """What must have come in for each installment not to be missed."""
    due = list(accumulate(part.amount for part in parts))
    return [*(each * agreement.tolerance for each in due[:-1]), agreement.total]


def _paid_by(money: Sequence[Received], day: date) -> Decimal:
    return sum((each.amount for each in money if each.paid_on <= day), ZERO)


def _broken(
    agreement: Signed, parts: Sequence[Part], money: Sequence[Received], window: date, missed: int
) -> AgreementStanding:
    """Broken the day after the window; what comes later is not counted."""
    paid = min(_paid_by(money, window), agreement.total)
    closed_on = window + timedelta(days=1)
    return AgreementStanding(AgreementState.BROKEN, paid, missed, closed_on, _feed(parts, money, window))


def _feed(parts: Sequence[Part], money: Sequence[Received], until: date) -> tuple[PartStanding, ...]:
    """Shares the money out over the installments in their order."""
    fed, before = [], ZERO
    for part in parts:
        paid = max(min(_paid_by(money, until) - before, part.amount), ZERO)
        before += part.amount
        days = [each.paid_on for each in money if each.paid_on <= until and _paid_by(money, each.paid_on) >= before]
        fed.append(PartStanding(part.number, paid, days[0] if days else None))
    return tuple(fed)


def next_window(agreement: Signed, installments: Sequence[Part], paid: Decimal, on: date) -> date | None:
    """The last day on which the next unpaid installment is still in time; none when nothing is left to wait for."""
    due = accumulate(part.amount for part in installments)
    for part, so_far in zip(installments, due, strict=True):
        last = part.due_on + timedelta(days=agreement.grace_days)
        if paid < so_far and last >= on:
            return last
    return None


def agreement_standings(
    agreements: Mapping[str, ArrayLike], parts: Mapping[str, ArrayLike], money: Mapping[str, ArrayLike], on: int
) -> dict[str, Ints]:
    """The same over columns: amounts are whole cents, days are day numbers, `agreement` is a row of the agreements.

    agreements   total, signed, missed_limit, grace, tolerance (ten-thousandths)
    parts        agreement, due, amount; sorted by (agreement, number), each agreement has at least one
    money        agreement, day, amount; sorted by (agreement, day), only what may feed it
    Answers one row an agreement: state (a place in `STATES`), paid, missed, closed (`NO_DAY` = not), and under
    `part_paid` and `part_paid_on` one row a part.
    """
    a = {name: np.asarray(column, dtype=np.int64) for name, column in agreements.items()}
    p = {name: np.asarray(column, dtype=np.int64) for name, column in parts.items()}
    line = _Line.of(a, money, on)
    first = np.searchsorted(p["agreement"], np.arange(len(a["total"])))
    running = np.cumsum(p["amount"])
    due = running - (running - p["amount"])[first][p["agreement"]]
    needed = _needed_columns(a, p, due)
    window = p["due"] + a["grace"][p["agreement"]]
    broken, missed_then = _breaks(a, p, first, needed, window, line, on)
    lost = broken != NO_DAY
    until = np.where(lost, broken - 1, on)
    paid = np.minimum(line.paid_by(np.arange(len(until)), until), a["total"])
    part_paid, part_paid_on = _fed(p, due, paid, line)
    late = (window < on) & (paid[p["agreement"]] < needed)
    missed = np.where(lost, missed_then, np.add.reduceat(late.astype(np.int64), first) if len(first) else late)
    completed = ~lost & (paid >= a["total"])
    last = np.append(first, len(due))[1:] - 1
    return {
        "state": np.where(lost, 2, np.where(completed, 1, 0)),
        "paid": paid,
        "missed": missed,
        "closed": np.where(completed, part_paid_on[last], broken),
        "part_paid": part_paid,
        "part_paid_on": part_paid_on,
    }


@dataclass(frozen=True, slots=True)
class _Line:
    """All money laid end to end, agreement after agreement, so that one search answers for all of them."""

    agreement: Ints
    day: Ints
    ends: Ints  # what has come in, over all agreements, with each row
    key: Ints  # agreement and day in one number
    base: int
    before: Ints  # what lies before each agreement's first row

    @classmethod
    def of(cls, a: Mapping[str, Ints], money: Mapping[str, Any], on: int) -> "_Line":
        m = {name: np.asarray(column, dtype=np.int64) for name, column in money.items()}
        counts = (m["day"] <= on) & (m["day"] >= a["signed"][m["agreement"]]) & (m["amount"] > 0)
        m = {name: column[counts] for name, column in m.items()}
        ends = np.cumsum(m["amount"])
        line = np.concatenate([[0], ends])
        before = line[np.searchsorted(m["agreement"], np.arange(len(a["total"])))]
        base = int(m["day"].min()) if len(ends) else 0
        return cls(m["agreement"], m["day"], ends, _key(m["agreement"], m["day"] - base), base, before)

    def paid_by(self, agreement: Ints, day: Ints) -> Ints:
        """What each of these agreements had been paid by the end of its day."""
        rows = np.searchsorted(self.key, _key(agreement, np.clip(day - self.base, -1, _SPAN - 2)), "right")
        found: Ints = np.concatenate([[0], self.ends])[rows] - self.before[agreement]
        return found

    def day_of(self, agreement: Ints, amount: Ints, paid: Ints) -> Ints:
        """The day on which each had been paid that much; `NO_DAY` where `paid` never came to it."""
        rows = np.searchsorted(self.ends, self.before[agreement] + amount, "left")
        reached = paid >= amount
        found = np.full(len(rows), NO_DAY, dtype=np.int64)
        found[reached] = self.day[rows[reached]]
        return found


_SPAN = 1 << 22  # days; more than lie between any two dates


def _key(agreement: Ints, day: Ints) -> Ints:
    """One number that sorts by agreement, then day; a day before all others is -1."""
    return np.asarray(agreement * _SPAN + day + 1, np.int64)


def _needed_columns(a: Mapping[str, Ints], p: Mapping[str, Ints], due: Ints) -> Ints:
    """What must have come in for each part not to be missed, in whole cents; no product outgrows 64 bits."""
    tolerance, total = a["tolerance"][p["agreement"]], a["total"][p["agreement"]]
    tolerated = due // BASIS * tolerance + -(-(due % BASIS * tolerance) // BASIS)
    is_last = np.append(p["agreement"][1:] != p["agreement"][:-1], True)[: len(due)]
    return np.where(is_last, total, tolerated)


def _breaks(
    a: Mapping[str, Ints], p: Mapping[str, Ints], first: Ints, needed: Ints, window: Ints, line: _Line, on: int
) -> tuple[Ints, Ints]:
    """The day each broke (`NO_DAY` = it did not), and how many were missed then.

    What is needed grows from part to part, so the missed ones are the last: n are missed when the nth last is.
    """
    rows, limit = np.arange(len(window)), a["missed_limit"][p["agreement"]]
    at_window = line.paid_by(p["agreement"], window)
    nth_last = rows - limit + 1
    enough_due = nth_last >= first[p["agreement"]]
    breaks = (window < on) & enough_due & (at_window < needed[np.maximum(nth_last, 0)])
    count = len(a["total"])
    when, missed = np.full(count, NO_DAY, dtype=np.int64), np.zeros(count, dtype=np.int64)
    lost, firsts = np.unique(p["agreement"][breaks], return_index=True)
    row = rows[breaks][firsts]
    when[lost] = window[row] + 1
    missed[lost] = limit[row]  # it breaks with the first window that reaches the limit
    return when, missed


def _fed(p: Mapping[str, Ints], due: Ints, paid: Ints, line: _Line) -> tuple[Ints, Ints]:
    """What has been paid of each part, and the day it was paid in full."""
    of_it = paid[p["agreement"]]
    fed = np.clip(of_it - (due - p["amount"]), 0, p["amount"])
    return fed, line.day_of(p["agreement"], due, of_it)
