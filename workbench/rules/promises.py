"""The state of a promise to pay: always derived from the payments, never from what was thought before.

Payments count from the day of the promise to its due day plus the days of grace, the oldest promise first. It is kept
as soon as they reach the tolerated share of its amount; once the window is over it is partially kept or broken.
Due on D with g days of grace, it is not broken on D+g and broken the day after. Money after that turns nothing back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.promises import PromiseState

ZERO = Decimal(0)
SETTLED_BY_PEOPLE = frozenset({PromiseState.WITHDRAWN, PromiseState.REPLACED})  # payments do not move these
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
    """What the payments make of a promise."""

    state: PromiseState
    paid: Decimal
    closed_on: date | None


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
    """What a case's payments make of its promises, by their ids; each unit of money feeds the oldest promise it fits."""
    left = [
        [payment, payment.amount]
        for payment in sorted(payments, key=lambda each: each.paid_on)
        if payment.paid_on <= on
    ]
    made = {}
    for promise in sorted(promises, key=lambda each: (each.taken_on, each.id)):
        made[promise.id] = _standing(promise, left, on, policy)
    return made


def _standing(promise: Promised, left: list[list[object]], on: date, policy: PromisePolicy) -> PromiseStanding:
    """Feeds one promise from what is left of the payments, which it uses up."""
    last = promise.due_on + timedelta(days=policy.grace_days)
    enough = promise.amount * policy.tolerance
    paid, kept_on = ZERO, None
    for part in left:
        payment, rest = part
        assert isinstance(payment, Received) and isinstance(rest, Decimal)  # noqa: PT018  # one narrowing
        fits = promise.taken_on <= payment.paid_on <= last and promise.account_id in (None, payment.account_id)
        take = min(rest, promise.amount - paid) if fits else ZERO
        paid += take
        part[1] = rest - take
        if kept_on is None and paid >= enough:
            kept_on = payment.paid_on
    if kept_on:
        return PromiseStanding(PromiseState.KEPT, paid, kept_on)
    if on <= last:
        return PromiseStanding(PromiseState.OPEN, paid, None)
    return PromiseStanding(PromiseState.PARTIALLY_KEPT if paid else PromiseState.BROKEN, paid, last + timedelta(days=1))
