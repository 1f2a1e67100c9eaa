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


def gathered(key: ArrayLike, late_money: ArrayLike) -> NDArray[np.float64]:
    """The late money reached by the first 0, 1 … 100 percent of the calls, called by descending `key`.

    Cases with the same key are worth their average, as if shuffled.
    """
    keys = np.asarray(key, dtype=np.float64)
    money = np.asarray(late_money, dtype=np.float64)
    reached = np.concatenate([[0.0], np.cumsum(_shuffled_ties(keys, money))])
    calls = np.linspace(0, len(money), STEPS + 1)
    at_each: NDArray[np.float64] = np.interp(calls, np.arange(len(money) + 1), reached)
    return at_each


def pooled(name: str, mornings: Sequence[NDArray[np.float64]]) -> Curve:
    """One curve over several mornings, each weighing as much as its late money; without any, the diagonal."""
    total = sum(mornings, np.zeros(STEPS + 1))
    if total[-1] <= 0:
        return Curve(name, tuple(k / STEPS for k in range(STEPS + 1)))
    return Curve(name, tuple((total / total[-1]).round(6).tolist()))


def _shuffled_ties(keys: NDArray[np.float64], money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Money by descending key, every run of equal keys replaced by its mean."""
    order = np.argsort(-keys, kind="stable")
    _, run, length = np.unique(-keys[order], return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = np.bincount(run, weights=money[order]) / length
    return means[run]


def reached(key: ArrayLike, money: ArrayLike, calls: int) -> float:
    """The money of the first `calls` cases by descending `key`; a key of minus infinity is never called.

    Cases with the same key are worth their average, as if shuffled.
    """
    keys, worth = np.asarray(key, dtype=np.float64), np.asarray(money, dtype=np.float64)
    called = np.flatnonzero(keys > -np.inf)
    shuffled = _shuffled_ties(keys[called], worth[called])
    return float(shuffled[:calls].sum())
