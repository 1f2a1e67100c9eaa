"""Who gets which case: a greedy deal over columns, and how even it came out.

All ways are one rule. A debtor's cases are one unit; the units stand in an order, and each goes to the least loaded
person who may have it. What a unit weighs and where it stands is the way: equal counts, balances or expected money
(largest first: Graham's LPT rule, 1969, so two people differ by no more than one unit), or in turns by priority.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.deals import DealWay

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
NO_ONE_FITS, ALL_FULL = -1, -2  # instead of a person: nobody may have it; those who may have enough
UNLIMITED = 2**62


@dataclass(frozen=True, slots=True)
class Cases:
    """What is dealt, one row a case: `kind` points into the rows of `Hands.fits`; `amount` is in cents of one currency.

    `score` is the expected money that orders the queue, `band` what goes before any score.
    """

    case_id: IntArray
    debtor_id: IntArray
    kind: IntArray
    amount: FloatArray
    score: FloatArray
    band: IntArray

    def __len__(self) -> int:
        return len(self.case_id)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who is dealt to, in the order that settles ties: the load each begins with and how many cases fit into their hands.

    `fits[kind, person]` = may have a case of this kind; `largest` is the greatest amount of one case, or infinite.
    """

    fits: NDArray[np.bool_]
    load: FloatArray
    room: IntArray
    largest: FloatArray

    def __len__(self) -> int:
        return len(self.load)


@dataclass(frozen=True, slots=True)
class Spread:
    """How evenly something lies: the least and the most of one person, and the coefficient of variation."""

    least: float
    most: float
    mean: float
    variation: float

    @property
    def gap(self) -> float:
        return self.most - self.least


def deal_out(cases: Cases, hands: Hands, way: DealWay) -> IntArray:
    """For every case the index of the person who gets it, or NO_ONE_FITS or ALL_FULL; the same for the same columns.

    Every case of a debtor goes to the same person or stays. Nobody gets more cases than `room`, nor a case that does
    not fit.
    """
    if not len(cases):
        return np.empty(0, np.int64)
    units = _units(cases, hands)
    weight = _weights(units, way)
    given = np.full(len(units.size), NO_ONE_FITS, np.int64)
    dealer = _Dealer(units, hands)
    order = _order(units, way)
    for unit in order[weight[order] > 0].tolist():
        given[unit] = dealer.give(unit, float(weight[unit]))
    dealer.level_counts()  # what weighs nothing would all go to one person
    for unit in order[weight[order] <= 0].tolist():
        given[unit] = dealer.give(unit, float(units.size[unit]))
    return given[units.of]


def spread(values: FloatArray | IntArray) -> Spread:
    """How evenly these values, one a person, lie; of nobody all is zero."""
    found = np.asarray(values, np.float64)
    if not len(found):
        return Spread(0.0, 0.0, 0.0, 0.0)
    mean = float(found.mean())
    return Spread(float(found.min()), float(found.max()), mean, float(found.std()) / mean if mean else 0.0)


@dataclass(frozen=True, slots=True)
class _Units:
    """Debtors: how many cases, their amount, score and first band; `of` says each case's unit, `kinds` each unit's kinds.

    `audience` points into `audiences`: the people who may have all of a unit's cases.
    """

    of: IntArray
    debtor_id: IntArray
    size: IntArray
    amount: FloatArray
    score: FloatArray
    band: IntArray
    audience: IntArray
    audiences: list[IntArray]


def _units(cases: Cases, hands: Hands) -> _Units:
    debtors, of = np.unique(cases.debtor_id, return_inverse=True)
    count = len(debtors)
    band = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(band, of, cases.band)
    audience, audiences = _audiences(cases, hands, of, count)
    return _Units(
        of=of,
        debtor_id=debtors,
        size=np.bincount(of, minlength=count),
        amount=np.bincount(of, cases.amount, count).astype(np.float64),
        score=np.bincount(of, cases.score, count).astype(np.float64),
        band=band,
        audience=audience,
        audiences=audiences,
    )


def _audiences(cases: Cases, hands: Hands, of: IntArray, count: int) -> tuple[IntArray, list[IntArray]]:
    """Units with the same people are dealt from one heap: few, because kinds and limits of amount are few."""
    limits = np.unique(hands.largest)
    level = np.searchsorted(limits, cases.amount, side="left")  # the first limit that is large enough
    codes, code = np.unique(cases.kind * (len(limits) + 1) + level, return_inverse=True)
    kinds, levels = np.divmod(codes, len(limits) + 1)
    enough = (levels < len(limits))[:, None] & (hands.largest >= np.append(limits, np.inf)[levels][:, None])
    sets, set_of_code = np.unique(hands.fits[kinds] & enough, axis=0, return_inverse=True)
    return _shared(sets, set_of_code.reshape(-1)[code], of, count)


def _shared(sets: NDArray[np.bool_], wanted: IntArray, of: IntArray, count: int) -> tuple[IntArray, list[IntArray]]:
    """The people that all cases of each unit have in common."""
    unit, each = np.divmod(np.unique(of * len(sets) + wanted), len(sets))
    audience = np.empty(count, np.int64)
    audience[unit] = each
    audiences = [np.flatnonzero(each) for each in sets]
    known: dict[bytes, int] = {each.tobytes(): place for place, each in enumerate(audiences)}
    for mixed in np.flatnonzero(np.bincount(unit, minlength=count) > 1).tolist():
        first, last = np.searchsorted(unit, [mixed, mixed + 1])
        common = np.flatnonzero(sets[each[first:last]].all(axis=0))
        place = known.setdefault(common.tobytes(), len(audiences))
        if place == len(audiences):
            audiences.append(common)
        audience[mixed] = place
    return audience, audiences


def _weights(units: _Units, way: DealWay) -> FloatArray:
    if way is DealWay.BALANCE:
        return units.amount
    if way is DealWay.EXPECTED:
        return units.score
    if way is DealWay.PRIORITY:
        return np.ones(len(units.size))
    return units.size.astype(np.float64)


def _order(units: _Units, way: DealWay) -> IntArray:
    """The larger first, where it is what is made even; ties by debtor, so that the same columns give the same deal."""
    keys: list[Any] = [units.debtor_id]
    if way is DealWay.PRIORITY:
        keys += [-units.score, units.band]
    elif way is DealWay.COUNT:
        keys += [-units.size]
    else:
        keys += [-_weights(units, way)]
    return np.lexsort(keys)


class _Dealer:
    """Gives unit after unit to the least loaded: one heap for each audience, mended when its head is out of date."""

    def __init__(self, units: _Units, hands: Hands) -> None:
        self._size, self._audience = units.size.tolist(), units.audience.tolist()
        self._load, self._room = hands.load.tolist(), hands.room.tolist()
        self._count = [0] * len(hands)
        self._people = [people.tolist() for people in units.audiences]
        self._pile()

    def level_counts(self) -> None:
        """From here on the load is the number of cases given."""
        self._load = [float(count) for count in self._count]
        self._pile()

    def give(self, unit: int, weight: float) -> int:
        """The person who gets the unit, their load and room changed; NO_ONE_FITS or ALL_FULL."""
        audience, size = self._audience[unit], self._size[unit]
        heap = self._heaps[audience]
        first: int = heap[0][2] if heap else NO_ONE_FITS
        if heap and self._room[first] >= size and heap[0] == self._entry(first):  # nearly always
            self._take(first, size, weight)
            heapq.heapreplace(heap, self._entry(first))
            return first
        aside = []
        found = ALL_FULL if self._people[audience] else NO_ONE_FITS
        for person in self._least(heap):
            entry = heapq.heappop(heap)
            if self._room[person] >= size:
                found = person
                self._take(person, size, weight)
                heapq.heappush(heap, self._entry(person))
                break
            if self._room[person]:
                aside.append(entry)  # this unit is too large for them, a smaller one may not be
        for entry in aside:
            heapq.heappush(heap, entry)
        return found

    def _pile(self) -> None:
        self._heaps = [[self._entry(each) for each in people] for people in self._people]
        for heap in self._heaps:
            heapq.heapify(heap)

    def _least(self, heap: list[tuple[float, int, int]]) -> Iterator[int]:
        """The least loaded people in turn; loads only grow, so an entry that is out of date never hides a lesser one."""
        while heap:
            person = heap[0][2]
            if heap[0] == (entry := self._entry(person)):
                yield person
            else:
                heapq.heapreplace(heap, entry)

    def _take(self, person: int, size: int, weight: float) -> None:
        self._load[person] += weight
        self._room[person] -= size
        self._count[person] += size

    def _entry(self, person: int) -> tuple[float, int, int]:
        return (self._load[person], self._count[person], person)
