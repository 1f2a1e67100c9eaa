"""What an order of calls is worth: how much of the late money its first calls reach."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

STEPS = 100  # points of a curve: one a percent of the calls


@dataclass(frozen=True, slots=True)
class Curve:
    """`reached[k]` is the share of the late money in the first k percent of the cases, k from 0 to 100."""

    name: str
    reached: tuple[float, ...]

    def at(self, share: float) -> float:
        """The share of the late money in the first `share` (0 to 1) of the cases."""
        return self.reached[round(share * STEPS)]


@dataclass(frozen=True, slots=True)
class Order:
    """The cases that are called, as places in their columns, by descending key; equal keys are one run."""

    cases: NDArray[np.int64]
    run: NDArray[np.int64]

    def worth(self, money: ArrayLike) -> NDArray[np.float64]:
        """The money of each call in turn; cases of one run are worth their average, as if shuffled."""
        if not len(self.cases):
            return np.zeros(0)
        means = np.bincount(self.run, np.asarray(money, np.float64)[self.cases]) / np.bincount(self.run)
        found: NDArray[np.float64] = means[self.run]
        return found


def ordered(key: ArrayLike) -> Order:
    """The order of calls by a key, one a case; a key of minus infinity is never called."""
    keys = np.asarray(key, np.float64)
    called = np.flatnonzero(keys > -np.inf)
    cases = called[np.argsort(-keys[called], kind="stable")]
    fresh = keys[cases[1:]] != keys[cases[:-1]]
    return Order(cases, np.concatenate([np.zeros(min(len(cases), 1), np.int64), np.cumsum(fresh)]))


def gathered(order: Order, late_money: ArrayLike) -> NDArray[np.float64]:
    """The late money reached by the first 0, 1 … 100 percent of the calls."""
    worth = order.worth(late_money)
    reached = np.concatenate([[0.0], np.cumsum(worth)])
    at_each: NDArray[np.float64] = np.interp(np.linspace(0, len(worth), STEPS + 1), np.arange(len(worth) + 1), reached)
    return at_each


def reached(order: Order, money: ArrayLike, calls: int) -> float:
    """The money of the first so many calls."""
    return float(order.worth(money)[:calls].sum())


def pooled(name: str, mornings: Sequence[NDArray[np.float64]]) -> Curve:
    """One curve over several mornings, each weighing as much as its late money; without any, the diagonal."""
    total = sum(mornings, np.zeros(STEPS + 1))
    if total[-1] <= 0:
        return Curve(name, tuple(k / STEPS for k in range(STEPS + 1)))
    return Curve(name, tuple((total / total[-1]).round(6).tolist()))
