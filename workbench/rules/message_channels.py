"""On which channel, to which number or address and from when on a message leaves: for columns of messages wanted.

The first of the wished channels that has a usable contact point, an approved template and a lawful moment before the
message expires; the usable ones after it stay as `fallbacks`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.interactions import Channel
from workbench.rules.best_contact import (
    HOURS,
    WRITTEN,
    Results,
    best_hours,
    channel_order,
    channel_rates,
    hour_rates,
    reasons,
)
from workbench.rules.held import Code
from workbench.rules.law_columns import NEVER, History, Profile, next_lawful
from workbench.rules.local_clock import at_clock
from workbench.rules.strategies import Order

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]

CODES: tuple[Code, ...] = tuple(Code)  # a column holds a code as its place here
FREE = -1  # nothing holds it
NO_CHANNEL = -1
_PLACES = len(WRITTEN) + 1  # of a packed list of channels: one digit each, 0 ends it


@dataclass(frozen=True, slots=True)
class Texts:
    """The approved templates of a portfolio, and the languages its debtors may be written to in."""

    approved: frozenset[tuple[str, Channel, int]]  # code, channel and the place of the language
    languages: tuple[str, ...]
    default: int  # the place of the portfolio's own, in which is written whoever's own is missing


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read of a run of cases, one row each in the order of their ids (`queries.message_facts.COLUMNS`).

    `profiles` are what the law asks about a row's debtor (`columns["profile"]`), `zones` the zone of each, `history`
    our contacts with them by row, `ladder` the steps taken before (`queries.message_facts.LADDER`).
    """

    columns: Columns
    profiles: list[Profile]
    zones: list[str]
    history: History
    ladder: Columns

    def __len__(self) -> int:
        return len(self.columns["case_id"])


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with what is planned: the business date (a day number), the first whole UTC minute, texts, answers so far."""

    on: int
    at: int
    texts: Texts
    results: Results | None = None  # none = nobody has answered anything yet


@dataclass(frozen=True, slots=True)
class Wish:
    """What a step or an event wants to send."""

    channels: tuple[Channel, ...]
    order: Order
    template: str
    at: time | None = None  # not before this, by the debtor's clock
    expires_days: int = 1  # business dates, the first counted


@dataclass(frozen=True, slots=True)
class Letters:
    """One row a message wanted: a code in `CODES` or FREE, and what of it is known; minutes are UTC.

    A held one keeps the first of its channels that a debtor could be reached on, if any, and its first moment.
    """

    held: IntArray
    channel: IntArray  # a place in WRITTEN or NO_CHANNEL
    fallbacks: IntArray  # packed, see `fallback_lists`
    point: IntArray
    not_before: IntArray
    expires: IntArray
    chosen: IntArray  # a place in `reasons`
    reasons: list[dict[str, Any]]


class _Search(NamedTuple):
    """The messages wanted while their channels are looked for."""

    row: IntArray
    wish: IntArray
    order: IntArray  # n x 3 places in WRITTEN, NO_CHANNEL behind the last; the masks go by it
    best: Mask
    point: Mask
    off: Mask
    text: Mask
    start: IntArray
    expires: IntArray

    @property
    def usable(self) -> Mask:
        """Where the law alone is still to be asked."""
        return self.point & ~self.off & self.text


def fallback_lists() -> list[list[str]]:
    """The channels of every packed list, by its number."""
    found = []
    for packed in range(_PLACES ** len(WRITTEN)):
        digits = [packed // _PLACES**place % _PLACES for place in range(len(WRITTEN))]
        found.append([WRITTEN[digit - 1].value for digit in digits if digit])
    return found


def letters(wishes: Sequence[Wish], row: IntArray, wish: IntArray, facts: Facts, moment: Moment) -> Letters:
    """Channel, contact point and moments of every message wanted; `row` and `wish` are places in facts and wishes."""
    search = _search(wishes, row, wish, facts, moment)
    channel, rank, hour = (np.full(len(row), NO_CHANNEL, np.int64) for _ in range(3))
    not_before = search.start.copy()
    for place in range(len(WRITTEN)):
        for number, way in enumerate(WRITTEN):
            asked = np.flatnonzero((channel < 0) & search.usable[:, place] & (search.order[:, place] == number))
            if not len(asked):
                continue
            hour[asked] = _hours(search, asked, number, facts, moment)
            start = _not_before_hour(search, asked, hour[asked], facts, moment)
            opens = lawful(facts, way, row[asked], start)
            fits = (opens != NEVER) & (opens < search.expires[asked])
            found = asked[fits]
            channel[found], rank[found], not_before[found] = number, place, opens[fits]
    held = np.where(channel >= 0, FREE, _why_not(search))
    shown = np.where(channel >= 0, channel, _first(search))
    point = np.where(shown >= 0, _per_channel(facts, "point")[row, shown], 0)
    chosen, told = _reasons(search, channel, hour, facts, moment)
    return Letters(held, shown, _packed(search, rank), point, not_before, search.expires, chosen, told)


def lawful(facts: Facts, channel: Channel, row: IntArray, start: IntArray, *, alone: bool = False) -> IntArray:
    """The first lawful minutes not before `start` on a channel, NEVER where waiting helps nothing.

    With `alone`, as if there had been no contacts before.
    """
    profiles, profile = on_channel(facts.profiles, channel), facts.columns["profile"][row]
    if alone or not len(row):
        return next_lawful(profiles, profile, start)
    mine = _for_rows(facts.history, row)
    return next_lawful(profiles, profile, start, mine, facts.columns["case_id"][row])


def _for_rows(past: History, row: IntArray) -> History:
    """Each of these rows with the contacts before it; a row that is asked twice has them twice."""
    order = np.argsort(row, kind="stable")
    first = np.searchsorted(row[order], past.case, side="left")
    times = np.searchsorted(row[order], past.case, side="right") - first
    of = np.repeat(np.arange(len(times)), times)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(times) - times, times)
    return History(
        case=order[first[of] + nth],
        minute=past.minute[of],
        level=past.level[of],
        channel=past.channel[of],
        debt=None if past.debt is None else past.debt[of],
        after=None if past.after is None else past.after[of],
    )


def on_channel(profiles: Sequence[Profile], channel: Channel) -> list[Profile]:
    """The same questions about another channel."""
    return [replace(each, channel=channel) for each in profiles]


def _search(wishes: Sequence[Wish], row: IntArray, wish: IntArray, facts: Facts, moment: Moment) -> _Search:
    order = np.array([_padded([WRITTEN.index(each) for each in one.channels]) for one in wishes]).reshape(-1, 3)[wish]
    best = np.zeros(len(row), dtype=np.bool_)
    results = _results(moment)
    for place, one in enumerate(wishes):
        rows = np.flatnonzero(wish == place)
        if results is None or one.order != Order.BEST or not len(rows):
            continue
        best[rows] = True
        rates = channel_rates(results, facts.columns["debtor_id"][row[rows]])
        order[rows, : len(one.channels)] = channel_order(rates, one.channels)
    there = order >= 0
    of, side = np.maximum(order, 0), row[:, None]
    point, off = _per_channel(facts, "point")[side, of] > 0, _per_channel(facts, "off")[side, of] > 0
    text = _written(wishes, moment.texts)[wish[:, None], of, facts.columns["language"][side]]
    zone = facts.columns["profile"][row]
    begins = _clocks(facts.zones, moment.on, [each.at or time(0) for each in wishes])[zone, wish]
    # the midnight that ends the last business date on which it may leave
    expires = (
        np.stack([_clocks(facts.zones, moment.on + each.expires_days, [time(0)])[:, 0] for each in wishes], axis=1)[
            zone, wish
        ]
        if wishes
        else np.empty(0, np.int64)
    )
    start = np.maximum(begins, moment.at)
    return _Search(row, wish, order, best, there & point, there & off, there & text, start, expires)


def _padded(numbers: list[int]) -> list[int]:
    return [*numbers, *[NO_CHANNEL] * (len(WRITTEN) - len(numbers))]


def _results(moment: Moment) -> Results | None:
    return moment.results if moment.results is not None and len(moment.results.debtor_id) else None


def _per_channel(facts: Facts, noun: str) -> IntArray:
    columns: IntArray = np.stack([facts.columns[f"{channel}_{noun}"] for channel in WRITTEN], axis=1)
    return columns


def _written(wishes: Sequence[Wish], texts: Texts) -> Mask:
    """Whether there is an approved text: by wish, channel and language (the last place = one nobody has written)."""
    found = np.zeros((len(wishes), len(WRITTEN), len(texts.languages) + 1), dtype=np.bool_)
    for number, wish in enumerate(wishes):
        for place, channel in enumerate(WRITTEN):
            found[number, place] = (wish.template, channel, texts.default) in texts.approved
            for language in range(len(texts.languages)):
                found[number, place, language] |= (wish.template, channel, language) in texts.approved
    return found


def _clocks(zones: Sequence[str], day: int, clocks: Sequence[time]) -> IntArray:
    """The UTC minutes of wall clocks on a day: a row a zone, a column a clock."""
    minutes = [[at_clock(zone, day, clock.hour * 60 + clock.minute) for clock in clocks] for zone in zones]
    return np.array(minutes, np.int64).reshape(len(zones), len(clocks))


def _hours(search: _Search, asked: IntArray, number: int, facts: Facts, moment: Moment) -> IntArray:
    """The local hour at which each debtor answers best on a channel, among those lawful today that lie ahead; -1 = any."""
    hours = np.full(len(asked), -1, np.int64)
    mine = np.flatnonzero(search.best[asked])
    results = _results(moment)
    if results is None or not len(mine):
        return hours
    clocks = _clocks(facts.zones, moment.on, _EVERY_HOUR)
    profiles = np.repeat(np.arange(len(facts.profiles)), HOURS)
    opens = next_lawful(on_channel(facts.profiles, WRITTEN[number]), profiles, clocks.ravel()) == clocks.ravel()
    row = search.row[asked[mine]]
    profile = facts.columns["profile"][row]
    ahead = clocks[profile] >= search.start[asked[mine], None]
    rates = hour_rates(results, facts.columns["debtor_id"][row], np.full(len(row), number))
    hours[mine] = best_hours(rates, opens.reshape(-1, HOURS)[profile] & ahead)
    return hours


def _not_before_hour(search: _Search, asked: IntArray, hour: IntArray, facts: Facts, moment: Moment) -> IntArray:
    clocks = _clocks(facts.zones, moment.on, _EVERY_HOUR)
    at: IntArray = clocks[facts.columns["profile"][search.row[asked]], np.maximum(hour, 0)]
    return np.where(hour >= 0, np.maximum(search.start[asked], at), search.start[asked])


def _reasons(
    search: _Search, channel: IntArray, hour: IntArray, facts: Facts, moment: Moment
) -> tuple[IntArray, list[dict[str, Any]]]:
    """Why each channel and hour was chosen; nothing (place 0) where the order is as listed."""
    chosen = np.zeros(len(channel), np.int64)
    rows = np.flatnonzero(search.best & (channel >= 0))
    results = _results(moment)
    if results is None or not len(rows):
        return chosen, [{}]
    debtor = facts.columns["debtor_id"][search.row[rows]]
    by_hour = hour_rates(results, debtor, channel[rows])
    chosen[rows] = 1 + np.arange(len(rows))
    return chosen, [{}, *reasons(channel_rates(results, debtor), channel[rows], by_hour, hour[rows])]


def _why_not(search: _Search) -> IntArray:
    """Why no channel can be used: the law where one was usable, else what is missing on all of them."""
    wished = search.order >= 0
    lacks = [
        (search.usable.any(axis=1), Code.LAW),
        (~search.point.any(axis=1), Code.NO_POINT),
        (~(search.point & ~search.off).any(axis=1), Code.OPTED_OUT),
        (~(search.text & wished).any(axis=1), Code.NO_TEMPLATE),
    ]
    return np.select(
        [held for held, _ in lacks], [CODES.index(code) for _, code in lacks], CODES.index(Code.NO_CHANNEL)
    )


def _first(search: _Search) -> IntArray:
    """The first channel that could be used but for the law."""
    rank = np.argmax(search.usable, axis=1)
    found: IntArray = search.order[np.arange(len(rank)), rank]
    return np.where(search.usable.any(axis=1), found, NO_CHANNEL)


def _packed(search: _Search, rank: IntArray) -> IntArray:
    """The usable channels behind the one that was taken."""
    packed, digit = np.zeros(len(rank), np.int64), np.ones(len(rank), np.int64)
    for place in range(1, len(WRITTEN)):
        kept = search.usable[:, place] & (rank >= 0) & (place > rank)
        packed += np.where(kept, (search.order[:, place] + 1) * digit, 0)
        digit = np.where(kept, digit * _PLACES, digit)
    return packed


_EVERY_HOUR = [time(hour) for hour in range(HOURS)]
