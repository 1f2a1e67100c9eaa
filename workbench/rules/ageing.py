"""How late a debt is: days past due, ageing bucket and stage, of one case or of a column of a million."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.cases import Stage
from workbench.rules.refusals import Refused

Ints = NDArray[np.int64]
STAGES: tuple[Stage, ...] = tuple(Stage)  # a column holds a stage as its place in this order
NO_DATE = -1_000_000  # the day number of a date that is not there


@dataclass(frozen=True, slots=True)
class StageThresholds:
    """After how many days past due a case leaves each stage; a portfolio's setting."""

    extrajudicial_after: int = 60
    judicial_after: int = 180


def check_buckets(starts: Sequence[int]) -> tuple[int, ...]:
    """The buckets' first days past due, when they cover every day from 1 on exactly once; refuses anything else."""
    if not starts or starts[0] != 1:
        raise Refused("Ageing buckets leave a gap: the first one starts at 1 day past due.")
    for earlier, later in pairwise(starts):
        if later <= earlier:
            raise Refused("Ageing buckets overlap at {day} days past due.", day=later)
    return tuple(starts)


def buckets_from_ranges(ranges: Sequence[tuple[int, int | None]]) -> tuple[int, ...]:
    """The first days of ranges such as (1, 30), (31, 60), (61, None); refuses an overlap, a gap and a closed end."""
    for (_, last), (first, _) in pairwise(ranges):
        if last is None or first <= last:
            raise Refused("Ageing buckets overlap at {day} days past due.", day=first)
        if first > last + 1:
            raise Refused("Ageing buckets leave a gap after {day} days past due.", day=last)
    if not ranges or ranges[-1][1] is not None:
        raise Refused("The last ageing bucket has no end.")
    return check_buckets([first for first, _ in ranges])


def days_past_due(oldest_due: ArrayLike, on: int) -> Ints:
    """Business date less the due date of the oldest unpaid receivable, never below 0; all are day numbers.

    Due today is 0, and so is a case with nothing due (`NO_DATE`).
    """
    oldest = np.asarray(oldest_due, dtype=np.int64)
    return np.where(oldest == NO_DATE, 0, np.maximum(on - oldest, 0))


def bucket(days: ArrayLike, starts: Sequence[int]) -> Ints:
    """The place of the ageing bucket: 0 is current, 1 the first of `starts`."""
    return np.searchsorted(np.asarray(starts), np.asarray(days), side="right").astype(np.int64)


def stage(days: ArrayLike, thresholds: StageThresholds, current: ArrayLike) -> Ints:
    """The stage by days past due, as a place in `STAGES`.

    Nobody gets into judicial by days alone, that asks for a person's word; who is there stays while anything is due.
    """
    late = np.asarray(days)
    reached = (late > 0).astype(np.int64) + (late > thresholds.extrajudicial_after)
    return np.where((np.asarray(current) == STAGES.index(Stage.JUDICIAL)) & (late > 0), 3, reached)


def judicial_proposed(days: ArrayLike, thresholds: StageThresholds, current: ArrayLike) -> NDArray[np.bool_]:
    """Whether a case is late enough for judicial collection and not yet there: somebody is asked to decide."""
    judicial = STAGES.index(Stage.JUDICIAL)
    proposed: NDArray[np.bool_] = (np.asarray(days) > thresholds.judicial_after) & (np.asarray(current) != judicial)
    return proposed
