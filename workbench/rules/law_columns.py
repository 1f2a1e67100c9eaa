"""The next lawful minute for a million cases at once: the engine of `contact_law` over NumPy columns.

Cases that share everything but their history share a `Profile`; its open hours are laid out once, the limits are counted
over all earlier contacts together. Every step is the single form's own, taken for all cases that still move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.interactions import Channel
from workbench.rules.contact_law import Case, Question, banned, case_of
from workbench.rules.law_binding import FARTHEST_DAYS, Policy
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_limits import Limit
from workbench.rules.law_schema import Ban, Gap, Jurisdiction, Lift
from workbench.rules.law_words import COLLECTION, Level, Target
from workbench.rules.limit_columns import A_FORTNIGHT, Caps, CountedRows, Days, Gaps, IntArray, Mask, days_in_force
from workbench.rules.local_clock import DAY, local_day, moment

NEVER = -1  # waiting does not cure it
UNKNOWN = -1  # a debt that is not known
CHANNELS = tuple(Channel)  # a channel's code is its place here
_FIELDS = 7  # bits of a packed contact: 1 its `after` is the next minute, 2 level, 3 channel, 1 same debt

_NOT_ONE = np.iinfo(np.int64).max  # nothing is since then
Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """What many cases have in common; the fields are those of `Question`."""

    country: str
    zones: tuple[str, ...]
    channel: Channel
    target: str = Target.DEBTOR
    purpose: str = COLLECTION
    region: str | None = None
    regime: str | None = None
    readings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None

    @classmethod
    def of(cls, question: Question) -> "Profile":
        """What a question shares with others, whatever its moment, debt and history."""
        return cls(**{each.name: getattr(question, each.name) for each in fields(cls)})

    def question(self, minute: int) -> Question:
        """One case's question at a UTC minute, without its history."""
        return Question(at=moment(minute), **{each.name: getattr(self, each.name) for each in fields(self)})


class History(NamedTuple):
    """Earlier contacts in any order: the case's row, the UTC minute, the level reached, the channel's code in `CHANNELS`.

    `debt` is a code or UNKNOWN (none = all unknown); `after` is the first whole minute not before the contact
    (none = they happened on the minute).
    """

    case: IntArray
    minute: IntArray
    level: IntArray
    channel: IntArray
    debt: IntArray | None = None
    after: IntArray | None = None


def next_lawful(
    profiles: Sequence[Profile],
    profile: IntArray,
    at: int | IntArray,
    history: History | None = None,
    debt: IntArray | None = None,
    laws: Mapping[str, Jurisdiction] | None = None,
) -> IntArray:
    """The first UTC minute not before `at` when each case may be contacted; NEVER where time does not cure it.

    `profile` (n) points into `profiles`; `at` is one UTC minute or n of them; `debt` (n) as in `History`. Equals what
    `may_contact` says of each case: `at` itself where allowed, else `next_allowed`. Raises Refused as it does.
    """
    laws = jurisdictions() if laws is None else laws
    at = np.asarray(at, np.int64)
    answer = np.full(len(profile), NEVER, np.int64)
    if not len(profile):
        return answer
    of, group = _by_law_of_the_day(profiles, np.asarray(profile), at, laws)
    order = np.argsort(group.astype(np.min_scalar_type(len(of))), kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=len(of)))
    judged = []
    memory = np.zeros(len(of), np.int64)
    for index, (first, last) in enumerate(pairwise([0, *ends.tolist()])):
        if first < last:
            minute = at if at.ndim == 0 else at[order[first]]
            case = case_of(of[index].question(int(minute)), laws.get(of[index].country))
            if not banned(case, case.binding.bans):
                judged.append((case, first, last))
                memory[index] = max(map(_memory, case.binding.limits), default=0)
    oldest = int(at.min()) - memory * DAY
    past = _past(history, order, debt, np.where(memory, oldest, _NOT_ONE)[group]) if history and memory.any() else None
    for case, first, last in judged:
        mine = order[first:last]
        rows = past.of(first, last) if past else None
        answer[mine] = _group(case, at if at.ndim == 0 else at[mine], last - first, rows)
    return answer


class _Rows(NamedTuple):
    """Earlier contacts in order of case, minute and level; `same_debt` also where a debt is not known."""

    case: Column
    minute: Column
    after: Column
    level: Column
    channel: Column
    same_debt: Column


class _Past(NamedTuple):
    """All earlier contacts, each packed into one number: sorting numbers is several times faster than their order."""

    packed: IntArray  # from the left: place of the case, minutes since the oldest, and the bits of `_FIELDS`
    oldest: int
    bits: int  # to the right of the place

    def of(self, first: int, last: int) -> _Rows | None:
        """The rows of the cases from one place to another, counted from 0; none if they have no row."""
        start, end = np.searchsorted(self.packed, [first << self.bits, last << self.bits]).tolist()
        if start == end:
            return None
        packed = self.packed[start:end]
        minute = (packed >> _FIELDS & (1 << self.bits - _FIELDS) - 1) + self.oldest
        return _Rows(
            case=(packed >> self.bits) - first,
            minute=minute,
            after=minute + (packed >> 6 & 1),
            level=packed >> 4 & 3,
            channel=packed >> 1 & 7,
            same_debt=(packed & 1).astype(bool),
        )


def _memory(limit: Limit) -> int:
    """How many days before a contact a limit looks back, at the most."""
    return max(limit.days, limit.hours // 24, 7) + 2


def _past(history: History, order: IntArray, debt: IntArray | None, since: IntArray) -> _Past | None:
    """The earlier contacts that a case's limits may still count, those `since` a minute, by the places in `order`."""
    rows = np.flatnonzero((history.minute >= since[history.case]) & (history.level > Level.NOTHING))
    if not rows.size:
        return None
    case, minute, level, channel = (column[rows] for column in history[:4])
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    oldest = int(minute.min())
    bits = _FIELDS + int(minute.max() - oldest).bit_length()
    packed = place[case] << (bits - _FIELDS) | (minute - oldest)
    packed = packed << 1 | (0 if history.after is None else history.after[rows] - minute)
    packed = (packed << 2 | level) << 3 | channel
    packed = packed << 1 | (1 if debt is None or history.debt is None else _same_debt(debt[case], history.debt[rows]))
    return _Past(np.sort(packed), oldest, bits)


def _same_debt(asked: IntArray, told: IntArray) -> Mask:
    same: Mask = (asked == UNKNOWN) | (told == UNKNOWN) | (asked == told)
    return same


def _by_law_of_the_day(
    profiles: Sequence[Profile], profile: IntArray, at: IntArray, laws: Mapping[str, Jurisdiction]
) -> tuple[list[Profile], IntArray]:
    """Groups of cases for whom the same bans and exceptions are in force at their minute: mostly the profiles."""
    of, group = list(profiles), profile
    first, last = int(at.min()), int(at.max())
    for index, each in enumerate(profiles if first < last else ()):
        law, days = laws.get(each.country), Days(each.zones[0], first)
        turns = _turns(law, local_day(each.zones[0], first), local_day(each.zones[0], last)) if law else []
        if turns:
            group = group.copy() if group is profile else group
            mine = np.flatnonzero(profile == index)
            era = np.searchsorted(turns, days.of(at[mine]), side="right")
            group[mine[era > 0]] = len(of) + era[era > 0] - 1
            of += [each] * len(turns)
    return of, group


def _turns(law: Jurisdiction, first: int, last: int) -> list[int]:
    """The local days after `first` on which a ban or an exception begins or has ended."""
    found = set()
    for rule in law.rules:
        if isinstance(rule, Ban | Lift):
            since, until = days_in_force(rule)
            found |= {since, until + 1}
    return sorted(day for day in found if first < day <= last)


def _group(case: Case, start: IntArray, count: int, past: _Rows | None) -> IntArray:
    """The answers of one group; those without history and with one common minute are looked up once."""
    earliest = int(start.min()) if past is None else min(int(start.min()), int(past.minute.min()))
    zones = [_Zone(case, Days(zone, earliest), int(start.min())) for zone in case.zones]
    answer = np.empty(count, np.int64)
    answer[:] = _soonest(zones, np.atleast_1d(start))
    if past:
        fresh = np.diff(past.case, prepend=-1) != 0
        cases, past = past.case[fresh], past._replace(case=np.cumsum(fresh) - 1)
        for zone in zones:
            zone.count(case.binding.limits, past)
        answer[cases] = _soonest(zones, np.full(len(cases), start) if start.ndim == 0 else start[cases])
    return answer


def _soonest(zones: Sequence["_Zone"], start: IntArray) -> IntArray:
    """The first minutes that every rule allows in every zone: openings and limits in turn, until nothing moves."""
    answer = start.copy()
    moving = np.arange(len(start))
    while moving.size:
        minute = answer[moving]
        for zone in zones:
            minute = zone.opening(minute)
            if (shut := minute == NEVER).any():
                answer[moving[shut]] = NEVER
                moving, minute = moving[~shut], minute[~shut]
            for limit in zone.limits:
                minute = limit.earliest(moving, minute)
        moved = minute != answer[moving]
        moving, minute = moving[moved], minute[moved]
        late = minute - start[moving] > FARTHEST_DAYS * DAY
        answer[moving] = np.where(late, NEVER, minute)
        moving = moving[~late]
    return answer


class _Zone:
    """One zone's clock: its lawful spans, laid out as far as they are asked for, and its limits with what they count."""

    def __init__(self, case: Case, days: Days, first: int) -> None:
        self.days, self.binding, self.wish = days, case.binding, case.wish
        self.limits: list[Gaps | Caps] = []
        self.start = self.end = self.day = np.empty(0, np.int64)
        self.built = local_day(days.zone, first)

    def count(self, limits: Sequence[Limit], past: _Rows) -> None:
        """Lets the limits count these rows."""
        day = self.days.of(past.minute)
        for limit in limits:
            rows = np.array([each in limit.channels for each in CHANNELS])[past.channel]
            rows &= past.level >= limit.level
            if limit.rule.of == "debt":
                rows &= past.same_debt
            counts = np.flatnonzero(rows)
            if counts.size:
                kind = Gaps if isinstance(limit.rule, Gap) else Caps
                counted = CountedRows(*(column[counts] for column in (past.case, day, past.after, past.level)))
                self.limits.append(kind(limit, self.days, counted))

    def opening(self, minute: IntArray) -> IntArray:
        """The first open minutes not before these, NEVER where there is none for a quarter."""
        if not minute.size:
            return minute
        horizon = local_day(self.days.zone, int(minute.max())) + FARTHEST_DAYS
        found = np.searchsorted(self.end, minute, side="right")
        while found.max() == len(self.end) and self.built < horizon:
            self._lay_out(min(horizon, self.built + A_FORTNIGHT))
            found = np.searchsorted(self.end, minute, side="right")
        far_off = np.iinfo(np.int64).max
        opened: IntArray = np.maximum(minute, np.append(self.start, far_off)[found])
        far = np.flatnonzero(opened - minute > (FARTHEST_DAYS - 2) * DAY)
        if far.size:
            waits = np.append(self.day, far_off)[found[far]] - self.days.of(minute[far])
            opened[far[waits >= FARTHEST_DAYS]] = NEVER
        return opened

    def _lay_out(self, until: int) -> None:
        spans = [
            (*span, day)
            for day in range(self.built, until)
            for span in self.binding.spans(self.days.zone, day, self.wish)
        ]
        start, end, day = np.array(spans, np.int64).reshape(-1, 3).T
        self.start, self.end, self.day = (
            np.append(self.start, start),
            np.append(self.end, end),
            np.append(self.day, day),
        )
        self.built = until
