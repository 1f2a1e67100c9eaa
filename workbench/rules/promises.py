"""The state of a promise to pay: always derived from the payments, never from what was thought before.

Payments count from the day of the promise to its due day plus the days of grace, the oldest promise first. It is kept
as soon as they reach the tolerated share of its amount; once the window is over it is partially kept or broken.
Due on D with g days of grace, it is not broken on D+g and broken the day after. Of a promise in parts each part has its
day: the first one by whose window less has come in than the tolerated share of all parts until then closes the promise.
Money after that turns nothing back: it is counted as paid late, when no other promise has a claim on it.
`rules.promise_columns` says the same of a million at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.promises import PromiseState

ZERO = Decimal(0)
SETTLED_BY_PEOPLE = frozenset({PromiseState.WITHDRAWN, PromiseState.REPLACED})  # payments do not move these
LOST = frozenset({PromiseState.PARTIALLY_KEPT, PromiseState.BROKEN})  # their number is a debt's `level`
STATES: tuple[PromiseState, ...] = tuple(PromiseState)  # a column holds a state as its place in this order


@dataclass(frozen=True, slots=True)
class PromisePolicy:
    """A portfolio's patience: calendar days after the due day, and the share of the amount that is enough."""

    grace_days: int = 3
    tolerance: Decimal = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a promise in parts."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise; `account_id` none is the whole case, `parts` (by day, two or more) add up to it and end on its day."""

    id: int
    amount: Decimal
    taken_on: date
    due_on: date
    account_id: int | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """Money of one payment that went to one account; reversed ones are left out by who asks."""

    paid_on: date
    amount: Decimal
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class PromiseStanding:
    """What the payments make of a promise; `paid_late` came in after it was lost."""

    state: PromiseState
    paid: Decimal
    closed_on: date | None
    paid_late: Decimal = ZERO


def promise_states(
    amount: ArrayLike, paid: ArrayLike, window_ends: ArrayLike, on: int, tolerance: float
) -> NDArray[np.int64]:
    """States, as places in `STATES`, from money (in cents) paid within the window and the window's last day number."""
    promised, got = np.asarray(amount), np.asarray(paid)
    kept = got >= np.ceil(promised * tolerance - 1e-6)
    over = on > np.asarray(window_ends)
    ended = np.where(got > 0, STATES.index(PromiseState.PARTIALLY_KEPT), STATES.index(PromiseState.BROKEN))
    return np.where(kept, STATES.index(PromiseState.KEPT), np.where(over, ended, STATES.index(PromiseState.OPEN)))


def promise_state(
    promise: Promised, payments: Sequence[Received], *, on: date, policy: PromisePolicy
) -> PromiseStanding:
    """What these payments make of this one promise on that business date."""
    return standings([promise], payments, on=on, policy=policy)[promise.id]


def standings(
    promises: Sequence[Promised], payments: Sequence[Received], *, on: date, policy: PromisePolicy
) -> dict[int, PromiseStanding]:
    """What a case's payments make of its promises, by their ids; each unit of money feeds the oldest promise it fits.

    What no promise has taken in time is late money for the oldest one that was lost before it came.
    """
    left = [_Rest(each, each.amount) for each in sorted(payments, key=lambda each: each.paid_on) if each.paid_on <= on]
    order = sorted(promises, key=lambda each: (each.taken_on, each.id))
    made = {promise.id: _standing(promise, left, on, policy) for promise in order}
    for promise in order:
        if (standing := made[promise.id]).state in LOST and standing.closed_on:
            made[promise.id] = replace(standing, paid_late=_late(promise, standing, standing.closed_on, left))
    return made


def case_standings(
    promises: Sequence[Promised], payments: Sequence[Received], *, on: date, policy: PromisePolicy
) -> dict[int, PromiseStanding]:
    """The same, where of two open promises on one debt (a reversal opened the first again) the later has replaced it.

    A promise on the whole case is on the debt of each account. What is replaced takes no money from the others any more;
    it keeps what it had when it was.
    """
    replaced: dict[int, PromiseStanding] = {}
    while True:
        made = standings([each for each in promises if each.id not in replaced], payments, on=on, policy=policy)
        opened = [each for each in promises if each.id in made and made[each.id].state == PromiseState.OPEN]
        opened.sort(key=lambda each: (each.taken_on, each.id))
        pairs = [(each, _later(each, opened[place + 1 :])) for place, each in enumerate(opened)]
        older = {
            each.id: PromiseStanding(PromiseState.REPLACED, made[each.id].paid, later.taken_on)
            for each, later in pairs
            if later
        }
        if not older:
            return made | replaced
        replaced |= older


def _later(promise: Promised, others: Sequence[Promised]) -> Promised | None:
    """The last of the others that is on the same debt."""
    same = [
        each
        for each in others
        if None in (promise.account_id, each.account_id) or promise.account_id == each.account_id
    ]
    return same[-1] if same else None


@dataclass(slots=True)
class _Rest:
    """What is left of a payment."""

    payment: Received
    amount: Decimal


def _standing(promise: Promised, left: list[_Rest], on: date, policy: PromisePolicy) -> PromiseStanding:
    """Feeds one promise from what is left of the payments, which it uses up."""
    last = promise.due_on + timedelta(days=policy.grace_days)
    fed = _fed(promise, left, promise.taken_on, last, promise.amount)
    missed = _missed(promise, fed, on, policy)
    fed = [(rest, take) for rest, take in fed if missed is None or rest.payment.paid_on <= missed]
    paid, kept_on = ZERO, None
    for rest, take in fed:
        rest.amount -= take
        paid += take
        if kept_on is None and paid >= promise.amount * policy.tolerance:
            kept_on = rest.payment.paid_on
    if missed is not None:
        state = PromiseState.PARTIALLY_KEPT if paid else PromiseState.BROKEN
        return PromiseStanding(state, paid, missed + timedelta(days=1))
    return PromiseStanding(PromiseState.KEPT if kept_on else PromiseState.OPEN, paid, kept_on)


def _fed(promise: Promised, left: list[_Rest], first: date, last: date, most: Decimal) -> list[tuple[_Rest, Decimal]]:
    """What of these payments a promise would take within these days, both included."""
    found = []
    for rest in left:
        fits = first <= rest.payment.paid_on <= last and promise.account_id in (None, rest.payment.account_id)
        if fits and (take := min(rest.amount, most)):
            found.append((rest, take))
            most -= take
    return found


def _missed(promise: Promised, fed: list[tuple[_Rest, Decimal]], on: date, policy: PromisePolicy) -> date | None:
    """The last day of the window of the first part that was not met; none = none is over without enough."""
    promised = ZERO
    for part in promise.parts or (Part(promise.due_on, promise.amount),):
        promised += part.amount
        last = part.due_on + timedelta(days=policy.grace_days)
        paid = sum((take for rest, take in fed if rest.payment.paid_on <= last), ZERO)
        if last < on and paid < promised * policy.tolerance:
            return last
    return None


def _late(promise: Promised, standing: PromiseStanding, closed_on: date, left: list[_Rest]) -> Decimal:
    """Takes from what is left what came in after the promise was lost, as far as it is still missing."""
    paid = ZERO
    for rest, take in _fed(promise, left, closed_on, date.max, promise.amount - standing.paid):
        rest.amount -= take
        paid += take
    return paid


KEPT_BEFORE = 0.5  # the share that is kept where nothing is known yet; as much as `KEPT_WEIGHT` promises say
KEPT_WEIGHT = 10


def kept_chance(kept: int, ended: int) -> float:
    """The chance that a promise is kept, from those of the portfolio that were kept or lost."""
    return (kept + KEPT_WEIGHT * KEPT_BEFORE) / (ended + KEPT_WEIGHT)
