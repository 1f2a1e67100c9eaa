"""The states of promises over columns: what `rules.promises` says of one case, of a million promises at once.

The same money feeds at most one promise, the oldest it fits: so the promises of a case are judged one after the other,
the first ones of all cases together, then the second ones. Amounts are whole cents, days are numbers, exact throughout.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.promises import PromiseState
from workbench.rules.promises import STATES

Ints = NDArray[np.int64]
WHOLE_CASE = 0  # in place of an account
NO_DAY = -1_000_000  # a promise that is open has not closed on any day
OPEN, KEPT, PARTIALLY, BROKEN, REPLACED = (
    STATES.index(state)
    for state in (
        PromiseState.OPEN,
        PromiseState.KEPT,
        PromiseState.PARTIALLY_KEPT,
        PromiseState.BROKEN,
        PromiseState.REPLACED,
    )
)
_NEVER = 2**22  # a day after all days: the calendar ends on day 2,932,896
_DAYS = 2**23  # a run of rows and a day make one number, in the order of both
_SCALE = 10_000  # of the tolerance: it has four decimals


@dataclass(frozen=True, slots=True)
class PromiseColumns:
    """One row a promise, by case, then by the day it was taken and its id; `parts` are rows of their own.

    `part_row` is the promise's place, its parts in the order of their days; a promise without parts has none.
    """

    id: Ints
    case: Ints
    account: Ints
    amount: Ints
    taken: Ints
    due: Ints
    part_row: Ints
    part_due: Ints
    part_amount: Ints

    def chosen(self, rows: Ints) -> "PromiseColumns":
        """Some of the promises, in the same order, with their parts."""
        place = np.full(len(self.id), -1, np.int64)
        place[rows] = np.arange(len(rows))
        parts = np.flatnonzero(place[self.part_row] >= 0)
        return PromiseColumns(
            self.id[rows],
            self.case[rows],
            self.account[rows],
            self.amount[rows],
            self.taken[rows],
            self.due[rows],
            place[self.part_row[parts]],
            self.part_due[parts],
            self.part_amount[parts],
        )


@dataclass(frozen=True, slots=True)
class MoneyColumns:
    """Money that came in, by case and day, and in one fixed order within a day."""

    case: Ints
    account: Ints
    day: Ints
    amount: Ints


@dataclass(frozen=True, slots=True)
class StandingColumns:
    """What the payments make of each promise: its place in `STATES`, cents in time and late, the day it closed."""

    state: Ints
    paid: Ints
    paid_late: Ints
    closed: Ints


def case_standings(
    promises: PromiseColumns, money: MoneyColumns, *, on: int, grace_days: int, tolerance: Decimal
) -> StandingColumns:
    """The states of all promises of these cases; `on` is the business date. See `rules.promises.case_standings`."""
    enough = _Enough(on, grace_days, int(tolerance * _SCALE))
    made = _standings(promises, money, enough)
    asked, rows = promises, np.arange(len(promises.id))
    while len(older := _replaced(asked, made.state[rows])):
        rows_older, newer = rows[older[:, 0]], rows[older[:, 1]]
        made.state[rows_older], made.closed[rows_older] = REPLACED, promises.taken[newer]
        made.paid_late[rows_older] = 0
        again = np.isin(promises.case, promises.case[rows_older]) & (made.state != REPLACED)
        rows = np.flatnonzero(again)
        asked = promises.chosen(rows)
        _put(made, rows, _standings(asked, money, enough))
    return made


@dataclass(frozen=True, slots=True)
class _Enough:
    """The business date, a window's grace, and which share of an amount is enough, in ten-thousandths."""

    on: int
    grace_days: int
    tolerance: int

    def of(self, amount: Ints) -> Ints:
        """The least whole cents that are the tolerated share of an amount; exact, and nothing overflows."""
        whole, rest = np.divmod(amount, _SCALE)
        return np.asarray(whole * self.tolerance - (-rest * self.tolerance) // _SCALE)


def _replaced(promises: PromiseColumns, state: Ints) -> Ints:
    """Pairs of rows: an open promise, and the newest open one after it on the same debt."""
    opened = np.flatnonzero(state == OPEN)
    case, account = promises.case[opened], promises.account[opened]
    if not (case[1:] == case[:-1]).any():
        return np.empty((0, 2), np.int64)
    of_case = opened[np.searchsorted(case, case, "right") - 1]
    order = np.lexsort((opened, account, case))
    ends = np.flatnonzero(np.append((np.diff(case[order]) != 0) | (np.diff(account[order]) != 0), values=True))
    of_account = np.empty_like(opened)
    of_account[order] = opened[order[ends[np.searchsorted(ends, np.arange(len(order)))]]]
    whole = np.flatnonzero(account == WHOLE_CASE)
    last = np.searchsorted(case[whole], case, "right") - 1
    last_whole = np.append(opened[whole], -1)[last]  # before the first there is none: the one at the end
    of_whole = np.where((last >= 0) & (promises.case[last_whole] == case), last_whole, -1)
    newest = np.where(account == WHOLE_CASE, of_case, np.maximum(of_account, of_whole))
    older = newest > opened
    return np.stack([opened[older], newest[older]], axis=1)


def _put(made: StandingColumns, rows: Ints, again: StandingColumns) -> None:
    made.state[rows], made.paid[rows] = again.state, again.paid
    made.paid_late[rows], made.closed[rows] = again.paid_late, again.closed


def _standings(promises: PromiseColumns, money: MoneyColumns, enough: _Enough) -> StandingColumns:
    """Every promise fed from the money of its case, the oldest first; then the late money."""
    state, paid, late = np.zeros((3, len(promises.id)), np.int64)
    made = StandingColumns(state, paid, late, np.full(len(promises.id), NO_DAY, np.int64))
    points = _checkpoints(promises, enough)
    rest = np.where(money.day <= enough.on, money.amount, 0)
    ranked = _by_rank(promises.case)
    for rows in ranked:
        _feed(made, rows, promises, money, rest, points, enough)
    lost = (made.state == PARTIALLY) | (made.state == BROKEN)
    for rows in ranked if rest.any() else ():
        _feed_late(made, rows[lost[rows]], promises, money, rest)
    return made


def _by_rank(case: Ints) -> list[Ints]:
    """The rows of all cases' first promises, of their second ones, and so on."""
    if not len(case):
        return []
    starts = np.flatnonzero(np.append(True, case[1:] != case[:-1]))
    rank = np.arange(len(case)) - np.repeat(starts, np.diff(np.append(starts, len(case))))
    order = np.argsort(rank, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(rank[order])) + 1)


@dataclass(frozen=True, slots=True)
class _Points:
    """Where a promise is looked at: the last day of each part's window and what is enough by then, promise by promise."""

    row: Ints
    last: Ints
    enough: Ints


def _checkpoints(promises: PromiseColumns, enough: _Enough) -> _Points:
    """One point a part, and one for each promise that has none."""
    plain = np.flatnonzero(np.bincount(promises.part_row, minlength=len(promises.id)) == 0)
    total = np.cumsum(promises.part_amount)
    first = np.searchsorted(promises.part_row, promises.part_row)
    until = total - np.append(0, total)[first]  # the parts before it and itself
    row = np.concatenate([plain, promises.part_row])
    due = np.concatenate([promises.due[plain], promises.part_due])
    amount = np.concatenate([promises.amount[plain], until])
    order = np.argsort(row, kind="stable")
    return _Points(row[order], due[order] + enough.grace_days, enough.of(amount[order]))


class _Fed:
    """The money of some promises' cases, one run of rows a promise, and what each promise would take of it."""

    def __init__(
        self,
        rows: Ints,
        promises: PromiseColumns,
        money: MoneyColumns,
        rest: Ints,
        *,
        first: Ints,
        last: Ints,
        most: Ints,
    ) -> None:
        case = promises.case[rows]
        start = np.searchsorted(money.case, case, "left")
        count = np.searchsorted(money.case, case, "right") - start
        self.ends = np.cumsum(count)
        self.starts = self.ends - count
        self.owner = np.repeat(np.arange(len(rows)), count)  # the place of the promise in `rows`
        self.money = np.arange(len(self.owner)) + np.repeat(start - self.starts, count)
        self.day = money.day[self.money]
        account = promises.account[rows][self.owner]
        fits = (account == WHOLE_CASE) | (account == money.account[self.money])
        fits &= (first[self.owner] <= self.day) & (self.day <= last[self.owner])
        line = np.append(0, np.cumsum(np.where(fits, rest[self.money], 0)))
        until = np.minimum(line[1:] - line[self.starts][self.owner], most[self.owner])
        begins = self.starts[count > 0]
        before = np.append(0, until[:-1])
        before[begins] = 0
        self.take, self.until = until - before, until

    def by(self, place: Ints, day: Ints) -> Ints:
        """What the promise at each place has taken by that day, the day included."""
        at = np.searchsorted(self.owner * _DAYS + self.day, place * _DAYS + day, "right")
        return np.asarray(np.where(at > self.starts[place], np.append(0, self.until)[at], 0))


def _feed(
    made: StandingColumns,
    rows: Ints,
    promises: PromiseColumns,
    money: MoneyColumns,
    rest: Ints,
    points: _Points,
    enough: _Enough,
) -> None:
    """Judges one promise of each case, and takes from `rest` what it uses up."""
    last = promises.due[rows] + enough.grace_days
    fed = _Fed(rows, promises, money, rest, first=promises.taken[rows], last=last, most=promises.amount[rows])
    missed = _missed(fed, rows, points, enough.on, len(promises.id))
    taken = np.where(fed.day <= missed[fed.owner], fed.take, 0)
    rest[fed.money] -= taken
    line = np.append(0, np.cumsum(taken))
    paid = line[fed.ends] - line[fed.starts]
    reached = np.flatnonzero(fed.until >= enough.of(promises.amount[rows])[fed.owner])
    kept_on = np.full(len(rows), _NEVER)
    kept_on[fed.owner[reached][::-1]] = fed.day[reached][::-1]  # the first of each run is written last
    lost, kept = missed < _NEVER, kept_on < _NEVER
    ended = np.where(paid > 0, PARTIALLY, BROKEN)
    made.state[rows] = np.where(lost, ended, np.where(kept, KEPT, OPEN))
    made.closed[rows] = np.where(lost, missed + 1, np.where(kept, kept_on, NO_DAY))
    made.paid[rows] = paid


def _missed(fed: _Fed, rows: Ints, points: _Points, on: int, many: int) -> Ints:
    """The last day of the window of each promise's first part that was not met."""
    missed = np.full(len(rows), _NEVER, np.int64)
    place = np.full(many, -1, np.int64)
    place[rows] = np.arange(len(rows))
    over = np.flatnonzero((place[points.row] >= 0) & (points.last < on))
    at = place[points.row[over]]
    short = fed.by(at, points.last[over]) < points.enough[over]
    missed[at[short][::-1]] = points.last[over][short][::-1]  # the first of each promise is written last
    return missed


def _feed_late(made: StandingColumns, rows: Ints, promises: PromiseColumns, money: MoneyColumns, rest: Ints) -> None:
    """Counts what came in after these promises were lost, as far as it is still missing, and takes it from `rest`."""
    if not len(rows):
        return
    missing, for_ever = promises.amount[rows] - made.paid[rows], np.full(len(rows), _NEVER, np.int64)
    fed = _Fed(rows, promises, money, rest, first=made.closed[rows], last=for_ever, most=missing)
    rest[fed.money] -= fed.take
    line = np.append(0, np.cumsum(fed.take))
    made.paid_late[rows] = line[fed.ends] - line[fed.starts]


def columns_of(rows: dict[str, Any], parts: dict[str, Any]) -> PromiseColumns:
    """The columns as the database gives them, `rows` by case, day and id, `parts` by promise and number."""
    order = np.argsort(rows["id"], kind="stable")
    at = order[np.searchsorted(rows["id"], parts["promise_id"], sorter=order)] if len(parts["promise_id"]) else _EMPTY
    by_row = np.argsort(at, kind="stable")
    return PromiseColumns(
        rows["id"],
        rows["case_id"],
        rows["account_id"],
        rows["amount"],
        rows["taken"],
        rows["due"],
        at[by_row],
        parts["due"][by_row],
        parts["amount"][by_row],
    )


_EMPTY: Ints = np.empty(0, np.int64)
