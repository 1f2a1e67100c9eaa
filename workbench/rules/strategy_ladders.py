"""Which segment has a case, which arm of its experiment, and which step is due: for a column of cases, or for one.

A column's names, all of one length, integers but `p_unpaid`:
    day              days past due of the case's anchor on the business date; negative = not yet due
    stage            place in `ageing.STAGES`
    amount           cents of the debts a message would list
    settled, late    receivables settled so far, and how many of them late
    broken           promises broken
    p_unpaid         probability that it stays unpaid (float)
    products, regions, cities   bits: 2**n is set where the case has the nth name of `names_of` (see `Names.bits`)
    last_step        place in `step_codes` of the last step that was sent (or, for people, written) in this episode,
                     which is all that has the same case and anchor; -1 = none, or no step of this strategy
    last_day         the `day` for which that step was planned (its on_date less its anchor); `BEFORE` = none
    attempts         how often that step was sent in this episode
    days_since_sent  business dates since a step's message was last sent to the case; `NEVER` = none
    today            1 = the case has a step's row of this business date, whatever became of it
    live             1 = a step's message of the case is planned, queued or sending
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.rules.ageing import NO_DATE, STAGES
from workbench.rules.names import fold
from workbench.rules.strategy_schema import Between, Conditions, Definition, Segment, Step

Columns = Mapping[str, NDArray[Any]]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NO_SEGMENT = -1
BEFORE = NO_DATE  # a `last_day` that is not there
NEVER = 1_000_000  # a `days_since_sent` that is not there


class Arm(IntEnum):
    """What a segment's experiment does with a debtor."""

    CHAMPION = 0
    CHALLENGER = 1
    HELD_OUT = 2

    @property
    def code(self) -> str:
        """As messages keep it."""
        return self.name.lower()


class NotDue(IntEnum):
    """Why no step is due."""

    NO_SEGMENT = -1  # no segment takes the case
    NOT_STARTED = -2  # the ladder's first step lies ahead
    NOTHING_DUE = -3  # between two steps: the days of the last one are over, or a later one was sent already
    ATTEMPTS = -4  # the step was sent as often as it may be
    GAP = -5  # the last message is too recent
    TODAY = -6  # one step a day
    LIVE = -7  # one is on its way
    HELD_OUT = -8  # a step would be due, but the debtor is in the share that gets nothing


@dataclass(frozen=True, slots=True)
class Facts:
    """One case, as one row of the columns."""

    day: int
    stage: int = 0
    amount: int = 0
    settled: int = 0
    late: int = 0
    broken: int = 0
    p_unpaid: float = 0.0
    products: int = 0
    regions: int = 0
    cities: int = 0
    last_step: int = -1
    last_day: int = BEFORE
    attempts: int = 0
    days_since_sent: int = NEVER
    today: int = 0
    live: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """The products, regions and cities a strategy asks for, folded; a case's are bits in their order."""

    products: tuple[str, ...]
    regions: tuple[str, ...]
    cities: tuple[str, ...]

    def bits(self, noun: str, written: Iterable[str]) -> dict[str, int]:
        """The bit of each of these names as they stand in the database; those not asked for are left out."""
        asked: tuple[str, ...] = getattr(self, noun)
        return {each: 1 << asked.index(fold(each)) for each in written if fold(each) in asked}


def names_of(definition: Definition) -> Names:
    """All names that the segments ask for, each once."""

    def of(noun: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(fold(name) for each in definition.segments for name in getattr(each.when, noun)))

    return Names(of("products"), of("regions"), of("cities"))


def ladders(definition: Definition) -> list[tuple[int, Arm, tuple[Step, ...]]]:
    """Every ladder with its segment's place and its arm; who is held out would be on the champion's."""
    found = []
    for place, segment in enumerate(definition.segments):
        found.append((place, Arm.CHAMPION, segment.steps))
        if segment.challenger:
            found.append((place, Arm.CHALLENGER, segment.challenger.steps))
    return found


def ladder(segment: Segment, arm: int) -> tuple[Step, ...]:
    """The steps of a segment's arm; a step's number is its place in them."""
    return segment.challenger.steps if segment.challenger and arm == Arm.CHALLENGER else segment.steps


def step_codes(definition: Definition) -> tuple[str, ...]:
    """The codes of all steps, each once: the same code in two ladders is the same step."""
    return tuple(dict.fromkeys(step.code for _, _, steps in ladders(definition) for step in steps))


def segments_of(definition: Definition, columns: Columns) -> Ints:
    """The place of the first segment whose conditions hold, `NO_SEGMENT` where none does."""
    names = names_of(definition)
    chosen = np.full(len(columns["day"]), NO_SEGMENT, dtype=np.int64)
    for place, segment in reversed(list(enumerate(definition.segments))):
        chosen[_holds(segment.when, columns, names)] = place
    return chosen


def segment_of(definition: Definition, facts: Facts) -> int:
    """The same for one case."""
    names = names_of(definition)
    for place, segment in enumerate(definition.segments):
        if _holds_for(segment.when, facts, names):
            return place
    return NO_SEGMENT


def arms(definition: Definition, segment: Ints, debtor_id: ArrayLike, *, seed: int) -> Ints:
    """The `Arm` of each debtor: a hash of its id and the seed falls into the share held out, the challenger's, or neither.

    The seed is the portfolio's id, so that a debtor keeps its place in every version and every segment.
    """
    drawn = _drawn(np.asarray(debtor_id, dtype=np.int64).astype(np.uint64), seed)
    held_out = np.array([each.held_out for each in definition.segments])[segment]
    tried = held_out + np.array([each.challenger.share if each.challenger else 0.0 for each in definition.segments])[segment]  # fmt: skip
    found = np.where(drawn < held_out, Arm.HELD_OUT, np.where(drawn < tried, Arm.CHALLENGER, Arm.CHAMPION))
    return np.where(segment == NO_SEGMENT, Arm.CHAMPION, found).astype(np.int64)


def arm_of(definition: Definition, segment: int, debtor_id: int, *, seed: int) -> Arm:
    """The same for one debtor."""
    if segment == NO_SEGMENT:
        return Arm.CHAMPION
    chosen, drawn = definition.segments[segment], _drawn_one(debtor_id, seed)
    if drawn < chosen.held_out:
        return Arm.HELD_OUT
    challenged = chosen.challenger and drawn < chosen.held_out + chosen.challenger.share
    return Arm.CHALLENGER if challenged else Arm.CHAMPION


def due_steps(definition: Definition, segment: Ints, arm: Ints, columns: Columns) -> Ints:
    """The number of the step that is due on each case's ladder, or a `NotDue` below zero."""
    due = np.full(len(segment), NotDue.NO_SEGMENT, dtype=np.int64)
    codes = step_codes(definition)
    for place, of_arm, steps in ladders(definition):
        on_it = arm == Arm.CHALLENGER if of_arm == Arm.CHALLENGER else arm != Arm.CHALLENGER
        rows = np.flatnonzero((segment == place) & on_it)
        if len(rows):
            due[rows] = _due(steps, codes, {name: columns[name][rows] for name in _LADDER})
    due[(due >= 0) & (arm == Arm.HELD_OUT)] = NotDue.HELD_OUT
    return due


def due_step(definition: Definition, segment: int, arm: int, facts: Facts) -> int:
    """The same for one case."""
    if segment == NO_SEGMENT:
        return NotDue.NO_SEGMENT
    due = _due_one(ladder(definition.segments[segment], arm), step_codes(definition), facts)
    return NotDue.HELD_OUT if due >= 0 and arm == Arm.HELD_OUT else due


_LADDER = ("day", "amount", "last_step", "last_day", "attempts", "days_since_sent", "today", "live")


def _due(steps: tuple[Step, ...], codes: tuple[str, ...], columns: Columns) -> Ints:
    day, amount = columns["day"], columns["amount"]
    last_place = np.full(len(day), -1, dtype=np.int64)
    for number, step in enumerate(steps):  # their offsets rise: the last that fits is the greatest
        last_place[(day >= step.offset) & _within(amount, *_cents(step))] = number
    offset, until, gap, most = np.array(
        [(each.offset, each.offset + each.valid_days, each.min_gap_days, each.max_attempts) for each in steps]
    )[last_place].T
    same = columns["last_step"] == np.array([codes.index(each.code) for each in steps])[last_place]
    return np.select(
        [
            columns["today"] != 0,
            columns["live"] != 0,
            last_place < 0,
            day >= until,
            same & (columns["attempts"] >= most),
            ~same & (offset <= columns["last_day"]),
            columns["days_since_sent"] < gap,
        ],
        [
            NotDue.TODAY,
            NotDue.LIVE,
            NotDue.NOT_STARTED,
            NotDue.NOTHING_DUE,
            NotDue.ATTEMPTS,
            NotDue.NOTHING_DUE,
            NotDue.GAP,
        ],
        last_place,
    )


def _due_one(steps: tuple[Step, ...], codes: tuple[str, ...], facts: Facts) -> int:
    reached = [step for step in steps if step.offset <= facts.day and _fits(facts.amount, *_cents(step))]
    if facts.today or facts.live:
        return NotDue.TODAY if facts.today else NotDue.LIVE
    if not reached:
        return NotDue.NOT_STARTED
    step = reached[-1]
    same = facts.last_step == codes.index(step.code)
    if step.is_valid_on(facts.day) and same and facts.attempts >= step.max_attempts:
        return NotDue.ATTEMPTS
    if not step.is_valid_on(facts.day) or (not same and step.offset <= facts.last_day):
        return NotDue.NOTHING_DUE
    return NotDue.GAP if facts.days_since_sent < step.min_gap_days else steps.index(step)


def _cents(step: Step) -> tuple[int | None, int | None]:
    least, most = step.conditions.min_amount, step.conditions.max_amount
    return (None if least is None else int(least * 100), None if most is None else int(most * 100))


def _ranges(when: Conditions) -> list[tuple[str, Between[Any], int]]:
    """Column, range, and by how much the range's numbers are multiplied to be the column's."""
    return [
        ("day", when.days_past_due, 1),
        ("amount", when.amount, 100),
        ("settled", when.settled, 1),
        ("late", when.late, 1),
        ("broken", when.broken, 1),
        ("p_unpaid", when.risk, 1),
    ]


def _holds(when: Conditions, columns: Columns, names: Names) -> Mask:
    held: Mask = np.ones(len(columns["day"]), dtype=np.bool_)
    if when.stages:
        held &= np.isin(columns["stage"], [STAGES.index(each) for each in when.stages])
    for name, between, times in _ranges(when):
        held &= _within(columns[name], *_scaled(between, times))
    for noun in ("products", "regions", "cities"):
        if wanted := _wanted(when, noun, names):
            held &= (columns[noun] & wanted) != 0
    return held


def _holds_for(when: Conditions, facts: Facts, names: Names) -> bool:
    return (
        (not when.stages or STAGES[facts.stage] in when.stages)
        and all(_fits(getattr(facts, name), *_scaled(between, times)) for name, between, times in _ranges(when))
        and all(
            not (wanted := _wanted(when, noun, names)) or bool(getattr(facts, noun) & wanted)
            for noun in ("products", "regions", "cities")
        )
    )


def _scaled(between: Between[Any], times: int) -> tuple[float | None, float | None]:
    def of(end: Any) -> float | None:
        return None if end is None else (int(end * times) if times > 1 else end)

    return of(between.least), of(between.most)


def _wanted(when: Conditions, noun: str, names: Names) -> int:
    return sum(set(names.bits(noun, getattr(when, noun)).values()))


def _within(values: NDArray[Any], least: float | None, most: float | None) -> Mask:
    held: Mask = np.ones(len(values), dtype=np.bool_)
    if least is not None:
        held &= values >= least
    if most is not None:
        held &= values <= most
    return held


def _fits(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


# SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), its 53 high bits as a
# fraction: every debtor's draw is its own, and the same on every machine.
_GOLDEN, _FIRST, _SECOND, _ALL = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, (1 << 64) - 1


def _drawn(ids: NDArray[np.uint64], seed: int) -> NDArray[np.float64]:
    mixed = ids * np.uint64(_GOLDEN) + np.uint64(_seeded(seed))
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _drawn_one(number: int, seed: int) -> float:
    mixed = (number * _GOLDEN + _seeded(seed)) & _ALL
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & _ALL
    return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53


def _seeded(seed: int) -> int:
    """Where a seed's numbers begin: far from the next seed's."""
    return (seed * _FIRST + _SECOND) & _ALL
