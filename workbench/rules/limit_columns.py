"""The limits of `law_limits` for many cases at once, and the local days of a zone as a column."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.rules.law_limits import Limit
from workbench.rules.law_schema import Cap, LawRule
from workbench.rules.law_words import Level
from workbench.rules.local_clock import DAY, MONDAY_SHIFT, at_clock, day_of, local_day

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

_DAY_BITS = 20  # of a key case << 20 | day; enough until the year 4840
A_FORTNIGHT = 14  # so many days are laid out at a time
_OPEN = (-(10**6), 10**6)  # days of a rule without first or last day


class Days:
    """The local days of a zone from some minute on, with the UTC minutes they begin at."""

    def __init__(self, zone: str, earliest: int) -> None:
        self.zone = zone
        self.first = local_day(zone, earliest) - 1
        self.begins = np.empty(0, np.int64)
        self._reach(self.first + A_FORTNIGHT)

    def of(self, minute: IntArray) -> IntArray:
        if minute.size:
            self._reach(local_day(self.zone, int(minute.max())) + 2)
        day: IntArray = (minute - self.begins[0]) // DAY  # as if no clock was ever changed: off by one day at the most
        day += minute >= self.begins[day + 1]
        day -= minute < self.begins[day]
        return day + self.first

    def begin(self, day: IntArray) -> IntArray:
        if day.size:
            self._reach(int(day.max()))
        begins: IntArray = self.begins[day - self.first]
        return begins

    def _reach(self, day: int) -> None:
        built = self.first + len(self.begins)
        if day >= built:
            self.begins = np.append(self.begins, [at_clock(self.zone, each, 0) for each in range(built, day + 1)])


class CountedRows(NamedTuple):
    """The earlier contacts that a limit counts, in order of case and minute."""

    case: IntArray
    day: IntArray
    after: IntArray
    level: IntArray


class Gaps:
    """A gap for many cases: each has one moment at which its last wait ends."""

    def __init__(self, limit: Limit, days: Days, counted: CountedRows) -> None:
        self.force = InForce(limit.rule, days)
        ends = counted.after + limit.hours * 60 if limit.hours else days.begin(counted.day + limit.days + 1)
        firsts = np.flatnonzero(np.diff(counted.case, prepend=-1))
        self.ends = np.full(int(counted.case[-1]) + 2, np.iinfo(np.int64).min)  # the last for all cases beyond
        self.ends[counted.case[firsts]] = np.maximum.reduceat(ends, firsts)

    def earliest(self, case: IntArray, minute: IntArray) -> IntArray:
        return np.where(
            self.force.on(minute), np.maximum(minute, self.ends[np.minimum(case, len(self.ends) - 1)]), minute
        )


class Caps:
    """A cap for many cases: counted contacts as sorted keys of case and local day."""

    def __init__(self, limit: Limit, days: Days, counted: CountedRows) -> None:
        assert isinstance(limit.rule, Cap)
        self.rule, self.length, self.days = limit.rule, limit.days, days
        self.force = InForce(limit.rule, days)
        self.keys = (counted.case << _DAY_BITS) | counted.day
        self.talks = np.flatnonzero(counted.level >= Level.CONTACT)

    def earliest(self, case: IntArray, minute: IntArray) -> IntArray:
        """The first minutes not before these that the cap allows these cases."""
        today = self.days.of(minute)
        first, last = self._period(today)
        case = case << _DAY_BITS
        after = np.searchsorted(self.keys, case | last, side="right")
        allowed = self.rule.max + self._extra(case | today)
        full = self._used(case, today, first, after) >= allowed
        full &= self.force.on(minute)
        hit = np.flatnonzero(full)
        if not hit.size:
            return minute
        if self.length:
            freed = (self.keys[after[hit] - self.rule.max] & ((1 << _DAY_BITS) - 1)) + self.length
        else:
            freed = last[hit] + 1
        moved = minute.copy()
        moved[hit] = self.days.begin(freed)
        return moved

    def _period(self, day: IntArray) -> tuple[IntArray, IntArray]:
        if self.length:
            return day - self.length + 1, day
        monday = day - (day + MONDAY_SHIFT) % 7
        return monday, monday + 6

    def _used(self, case: IntArray, today: IntArray, first: IntArray, after: IntArray) -> IntArray:
        """How many count in the period; where only what followed a conversation counts, how many did today."""
        if not self.rule.after_contact:
            return after - np.searchsorted(self.keys, case | first)
        talk, end = self._first_talk(case | today)
        used: IntArray = np.maximum(end - talk - 1, 0)
        return used

    def _extra(self, key: IntArray) -> IntArray | int:
        if not self.rule.extra_after_contact:
            return 0
        talk, end = self._first_talk(key)
        return np.where(talk < end, self.rule.extra_after_contact, 0)

    def _first_talk(self, key: IntArray) -> tuple[IntArray, IntArray]:
        """Where the first conversation of a case's day stands, and where its day ends; not before the end = none."""
        start = np.searchsorted(self.keys, key)
        end = np.searchsorted(self.keys, key, side="right")
        talk = np.append(self.talks, len(self.keys))[np.searchsorted(self.talks, start)]
        return np.minimum(talk, end), end


class InForce:
    """The local days on which a rule is in force."""

    def __init__(self, rule: LawRule, days: Days) -> None:
        self.since, self.until = days_in_force(rule)
        self.days = days
        self.always = self.since <= days.first and self.until == _OPEN[1]

    def on(self, minute: IntArray) -> Mask | Literal[True]:
        if self.always:
            return True
        day = self.days.of(minute)
        return (self.since <= day) & (day <= self.until)


def days_in_force(rule: LawRule) -> tuple[int, int]:
    """First and last day, far off where it is open."""
    since, until = rule.in_force.since, rule.in_force.until
    return (day_of(since) if since else _OPEN[0], day_of(until) if until else _OPEN[1])
