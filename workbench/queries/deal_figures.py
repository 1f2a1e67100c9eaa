"""What lies with each person before and after a deal, and how evenly."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from workbench.queries.deals import Market, Owned, Pool, owned, promises_due, promises_of
from workbench.rules.deals import Spread, spread

NOBODY = 0
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Money:
    """What is owed and what is expected of it, in one currency."""

    currency: str
    amount: Decimal
    expected: float


@dataclass(frozen=True, slots=True)
class Load:
    """What lies with one person: `contacts_left` this week, none where nothing limits them; `average_age` in days past due."""

    cases: int
    money: tuple[Money, ...]
    promises_due: int
    average_age: float | None
    contacts_left: int | None


@dataclass(frozen=True, slots=True)
class AgentChange:
    """One person before and after; `user_id` 0 is nobody: everybody's queue. `given` = cases this deal gives them."""

    user_id: int
    name: str
    gets: bool
    given: int
    before: Load
    after: Load


@dataclass(frozen=True, slots=True)
class Evenness:
    """How evenly one measure lies on those who get cases: before, after, and what the deal itself gives."""

    measure: str  # "cases", "balance" or "expected"
    currency: str | None
    before: Spread
    after: Spread
    given: Spread


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, one row a case: owner before and after, and who gets what is due on it; 0 is nobody.

    Where owner before and after are the same, the case is another's, and only what `givers` have on it moves.
    """

    case_id: IntArray
    owner_before: IntArray
    owner_after: IntArray
    receiver: IntArray
    givers: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.case_id)


@dataclass(frozen=True, slots=True)
class PromiseMoves:
    """The open promises that get another follower, one row each; `due` 1 = within the next days."""

    case_id: IntArray
    before: IntArray
    after: IntArray
    due: IntArray


def promise_moves(session: Session, plan: Plan, *, keep: bool, on: date) -> PromiseMoves:
    """The promises that go along: all of a case that changes hands, of another's case only those of whoever gives."""
    found = promises_of(session, plan.case_id if not keep else plan.case_id[:0], on=on)
    place = np.searchsorted(plan.case_id, found["case_id"])
    after, follower = plan.receiver[place], found["follower"]
    tied = plan.owner_before[place] == plan.owner_after[place]
    goes = (after != NOBODY) & (after != follower) & (~tied | np.isin(follower, plan.givers))
    return PromiseMoves(found["case_id"][goes], follower[goes], after[goes], found["due"][goes])


def changes(
    session: Session,
    found: Pool,
    plan: Plan,
    moves: PromiseMoves,
    takers: Collection[int],
    names: Mapping[int, str],
    around: Mapping[int, Market],
    *,
    on: date,
    at: datetime,
) -> tuple[AgentChange, ...]:
    """Everybody who gets or gives, by name, with what lies with them before and after; nobody's cases come last."""
    moved = plan.owner_before != plan.owner_after
    owners = {*plan.owner_before[moved].tolist(), *plan.owner_after[moved].tolist()}
    names = {**names, NOBODY: ""}
    people = sorted({*takers, *(owners & set(names))})
    book = {(each.owner, each.portfolio_id): each for each in owned(session, people, around, on=on, at=at)}
    due = promises_due(session, people, list(around), on=on)
    later = _moved(book, found, plan)
    due_later = {each: due.get(each, 0) for each in people}
    for before, after, soon in zip(moves.before.tolist(), moves.after.tolist(), moves.due.tolist(), strict=True):
        due_later[before] = due_later.get(before, 0) - soon
        due_later[after] = due_later.get(after, 0) + soon
    given = np.unique(plan.owner_after[moved], return_counts=True)
    counts = dict(zip(given[0].tolist(), given[1].tolist(), strict=True))
    told = [
        AgentChange(
            each,
            names[each],
            each in takers,
            counts.get(each, 0),
            _load(each, book, due.get(each, 0), around),
            _load(each, later, due_later[each], around),
        )
        for each in people
    ]
    return tuple(sorted(told, key=lambda each: (each.user_id == NOBODY, each.name, each.user_id)))


def evenness(agents: Collection[AgentChange]) -> tuple[Evenness, ...]:
    """How evenly cases, balance and expected money lie on those who get; money for each currency by itself."""
    gets = [each for each in agents if each.gets]
    told = [_even("cases", None, gets)]
    for currency in sorted({money.currency for each in gets for money in each.after.money}):
        told += [_even(measure, currency, gets) for measure in ("balance", "expected")]
    return tuple(told)


def _even(measure: str, currency: str | None, gets: Collection[AgentChange]) -> Evenness:
    before = np.array([_measured(each.before, measure, currency) for each in gets])
    after = np.array([_measured(each.after, measure, currency) for each in gets])
    return Evenness(measure, currency, spread(before), spread(after), spread(after - before))


def _measured(load: Load, measure: str, currency: str | None) -> float:
    if measure == "cases":
        return float(load.cases)
    mine = next((each for each in load.money if each.currency == currency), None)
    return 0.0 if mine is None else float(mine.amount) if measure == "balance" else mine.expected


def _moved(book: Mapping[tuple[int, int], Owned], found: Pool, plan: Plan) -> dict[tuple[int, int], Owned]:
    """The book after the plan: each case's figures taken from one and given to the other."""
    later = dict(book)
    place = np.searchsorted(found.case_id, plan.case_id)
    counts = (found.amount[place] > 0) & (plan.owner_before != plan.owner_after)
    for people, sign in ((plan.owner_before, -1), (plan.owner_after, 1)):
        rows = np.flatnonzero(counts)
        keys, of = np.unique(np.stack([people[rows], found.portfolio_id[place[rows]]]), axis=1, return_inverse=True)
        for number, key in enumerate(map(tuple, keys.T.tolist())):
            its = place[rows[of.reshape(-1) == number]]
            later[key] = _plus(later.get(key) or Owned(key[0], key[1], 0, Decimal(0), 0.0, 0, 0), found, its, sign)
    return later


def _plus(lies: Owned, found: Pool, rows: IntArray, sign: int) -> Owned:
    return Owned(
        lies.owner,
        lies.portfolio_id,
        lies.cases + sign * len(rows),
        lies.amount + sign * Decimal(int(found.amount[rows].sum())) / 100,
        lies.expected + sign * float(found.score[rows].sum()),
        lies.age + sign * int(found.age[rows].sum()),
        lies.contacts_left + sign * int(found.contacts_left[rows].sum()),
    )


def _load(user_id: int, book: Mapping[tuple[int, int], Owned], due: int, around: Mapping[int, Market]) -> Load:
    mine = [each for (owner, _), each in book.items() if owner == user_id and each.cases]
    cases = sum(each.cases for each in mine)
    limited = [each for each in mine if around[each.portfolio_id].weekly is not None]
    return Load(
        cases=cases,
        money=_money(mine, around),
        promises_due=due,
        average_age=sum(each.age for each in mine) / cases if cases else None,
        contacts_left=sum(each.contacts_left for each in limited) if limited else None,
    )


def _money(mine: Collection[Owned], around: Mapping[int, Market]) -> tuple[Money, ...]:
    by_currency: dict[str, list[Owned]] = defaultdict(list)
    for each in mine:
        by_currency[around[each.portfolio_id].currency].append(each)
    return tuple(
        Money(currency, sum((each.amount for each in lies), Decimal(0)), sum(each.expected for each in lies))
        for currency, lies in sorted(by_currency.items())
    )
