"""A deal before it is done: who would get what, how even it would be, and what would stay where it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from models.deals import DealKind, DealWay
from models.users import Role
from workbench.queries.deal_figures import AgentChange, Evenness, Plan, changes, evenness, promise_moves
from workbench.queries.deals import (
    STAGES,
    Market,
    Pool,
    cases_owned,
    markets,
    names,
    pool,
    who_lose_sight,
)
from workbench.queries.work_profiles import Profile, profiles
from workbench.rules.access import Permission, Viewer
from workbench.rules.deal_requests import Asked, Unfit, Why, check_asked
from workbench.rules.deals import ALL_FULL, NO_ONE_FITS, UNLIMITED, Cases, Hands, deal_out
from workbench.rules.refusals import Refused

NOBODY = 0
NONE_GIVES = frozenset({-1})  # not nobody: then anybody's cases would be dealt
MOST_NAMED = 200  # cases that stay, by reason
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cases that were asked for and stay: how many, why, and the first of them."""

    why: Why
    cases: int
    case_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotChosen:
    """Somebody asked for who gets nothing."""

    user_id: int
    name: str
    why: Unfit


@dataclass(frozen=True, slots=True)
class Preview:
    """A deal as it would be; `key` is drawn with it, so that applied twice it is done once.

    `caps` are the most cases that somebody who gets some may own, by person; who may own any number is not in it.
    """

    key: UUID
    asked: Asked
    at: datetime
    agents: tuple[AgentChange, ...]
    spread: tuple[Evenness, ...]
    left_out: tuple[LeftOut, ...]
    not_chosen: tuple[NotChosen, ...]
    portfolio_ids: tuple[int, ...]
    cases: int
    promises: int
    plan: Plan
    caps: dict[int, int]


@dataclass(frozen=True, slots=True)
class People:
    """Who gets, who gives, everybody's name, and those asked for who get nothing."""

    takers: list[Profile]
    givers: frozenset[int]
    names: dict[int, str]
    not_chosen: tuple[NotChosen, ...]


def preview(session: Session, who: Viewer, asked: Asked, *, at: datetime) -> Preview:
    """Deals the cases without writing anything; refuses what this person may not deal.

    Cases in hand, paused or of another team's people stay, and so do a debtor's other cases when one is in hand. Work
    that is covered or taken over is dealt whole, paused or not.
    """
    around = markets(session, who.portfolio_ids, at=at)
    on = _day(around, at)
    check_asked(asked, on=on)
    people = people_of(session, who, asked, on=on)
    languages = tuple(sorted({each for taker in people.takers for each in taker.skills.languages}))
    found = pool(session, who, asked, people.givers, around, languages, on=on, at=at)
    stays = _stays(found, people)
    rows = np.flatnonzero(stays == 0)
    given = np.full(len(found), NOBODY, np.int64)
    if asked.way is not DealWay.NOBODY and len(rows):
        _require_takers(people)
        dealt = _dealt(session, found, rows, people, asked, around, languages)
        ids = np.array([each.user_id for each in people.takers])
        given[rows] = np.where(dealt >= 0, ids[np.maximum(dealt, 0)], NOBODY)
        stays[rows[dealt == NO_ONE_FITS]] = _WHY.index(Why.NO_ONE_FITS)
        stays[rows[dealt == ALL_FULL]] = _WHY.index(Why.ALL_FULL)
    plan = _plan(found, given, stays == 0, people)
    moves = promise_moves(session, plan, keep=asked.keep_promises, on=on)
    takers = {each.user_id for each in people.takers}
    told = changes(session, found, plan, moves, takers, people.names, around, on=on, at=at)
    return Preview(
        key=uuid4(),
        asked=asked,
        at=at,
        agents=told,
        spread=evenness(told),
        left_out=_left_out(found, stays),
        not_chosen=people.not_chosen,
        portfolio_ids=tuple(np.unique(found.portfolio_id[np.isin(found.case_id, plan.case_id)]).tolist()),
        cases=len(plan),
        promises=len(moves.case_id),
        plan=plan,
        caps={each.user_id: each.skills.case_cap for each in people.takers if each.skills.case_cap is not None},
    )


def people_of(session: Session, who: Viewer, asked: Asked, *, on: date) -> People:
    """Those whom the deal gives to and takes from; refuses when they are not this person's to deal with."""
    who.require(Permission.ASSIGN_WORK)
    for portfolio_id in asked.portfolio_ids:
        who.require_portfolio(portfolio_id)
    known = names(session, who)
    if not set(asked.owners) <= set(known):
        raise Refused("There is nothing here that you may see.")
    givers = frozenset[int]()
    if asked.kind in (DealKind.COVER, DealKind.LEAVER):
        if asked.of_user not in known:
            raise Refused("There is nothing here that you may see.")
        givers = frozenset({asked.of_user or 0})
    elif asked.kind is DealKind.PORTFOLIO:
        givers = _require_move(session, who, asked)
    takers = profiles(session, who, on=on)
    if asked.kind is DealKind.PORTFOLIO:
        takers = [each for each in takers if asked.to_team in each.team_ids]
    reasons = {each.user_id: _unfit(each, givers, asked, on) for each in takers}
    fit = [each for each in takers if reasons[each.user_id] is None]
    if not asked.agents:
        chosen = [each for each in fit if each.role is Role.AGENT]
        return People(_by_id(chosen), givers, known, _not_chosen(reasons, known))
    chosen = [each for each in fit if each.user_id in asked.agents]
    wanted = {each: reasons.get(each, Unfit.UNKNOWN) for each in asked.agents}
    return People(_by_id(chosen), givers, known, _not_chosen(wanted, known))


def may_have(taker: Profile, portfolio_id: int, to_team: int | None) -> bool:
    """Whether somebody sees a portfolio, or will when it has gone to their team, and knows it."""
    sees = portfolio_id in taker.visible or (to_team is not None and to_team in taker.team_ids)
    return sees and (not taker.skills.portfolio_ids or portfolio_id in taker.skills.portfolio_ids)


def _by_id(chosen: list[Profile]) -> list[Profile]:
    return sorted(chosen, key=lambda each: each.user_id)


def _unfit(each: Profile, givers: frozenset[int], asked: Asked, on: date) -> Unfit | None:
    if each.user_id in givers:
        return Unfit.LEAVES
    last = asked.until_on or on
    return Unfit.AWAY if any(away.from_on <= last and away.until_on >= on for away in each.absences) else None


def _not_chosen(reasons: Mapping[int, Unfit | None], known: Mapping[int, str]) -> tuple[NotChosen, ...]:
    return tuple(NotChosen(user, known.get(user, "?"), why) for user, why in reasons.items() if why)


def _require_move(session: Session, who: Viewer, asked: Asked) -> frozenset[int]:
    who.require(Permission.MOVE_PORTFOLIOS)
    if asked.from_team not in who.team_ids:
        raise Refused("There is nothing here that you may see.")
    assert asked.from_team is not None
    assert asked.to_team is not None
    return frozenset(who_lose_sight(session, asked.portfolio_ids, asked.from_team, asked.to_team)) or NONE_GIVES


def _require_takers(people: People) -> None:
    if not people.takers:
        raise Refused("None of the people chosen can be given work today.")


def dealing_day(session: Session, who: Viewer, at: datetime) -> date:
    """Today where this person's portfolios are."""
    return _day(markets(session, who.portfolio_ids, at=at), at)


def _day(around: Mapping[int, Market], at: datetime) -> date:
    """Of several zones the earliest."""
    return min((at.astimezone(ZoneInfo(each.time_zone)).date() for each in around.values()), default=at.date())


_WHY = (None, *Why)


def _stays(found: Pool, people: People) -> IntArray:
    """For each case 0 or the place of its reason in _WHY; a debtor in hand keeps all their cases where they are."""
    stays = np.zeros(len(found), np.int64)
    if not people.givers:
        stays[found.paused == 1] = _WHY.index(Why.PAUSED)
        stays[~np.isin(found.owner, [NOBODY, *people.names])] = _WHY.index(Why.OTHER_TEAM)
    stays[found.in_hand == 1] = _WHY.index(Why.IN_HAND)
    return stays


def _dealt(
    session: Session,
    found: Pool,
    rows: IntArray,
    people: People,
    asked: Asked,
    around: Mapping[int, Market],
    languages: tuple[str, ...],
) -> IntArray:
    """The index of the taker of each of these rows, or why there is none."""
    places, portfolio = np.unique(found.portfolio_id[rows], return_inverse=True)
    width = len(STAGES) * (len(languages) + 1)
    code = portfolio * width + found.stage[rows] * (len(languages) + 1) + found.language[rows]
    codes, kind = np.unique(code, return_inverse=True)
    fits = np.array([_fits(each, places, people.takers, languages, asked.to_team) for each in codes.tolist()])
    amount, score = _comparable(found, rows, around)
    cases = Cases(found.case_id[rows], found.debtor_id[rows], kind, amount, score, found.band[rows])
    hands = _hands(session, found, rows, people, asked, fits, amount, score)
    return deal_out(cases, hands, asked.way)


def _fits(
    code: int, portfolios: IntArray, takers: list[Profile], languages: tuple[str, ...], to_team: int | None
) -> list[bool]:
    rest, language = divmod(code, len(languages) + 1)
    portfolio, stage = divmod(rest, len(STAGES))
    spoken = languages[language - 1] if language else None
    return [
        may_have(each, int(portfolios[portfolio]), to_team)
        and (not each.skills.stages or STAGES[stage] in each.skills.stages)
        and (not each.skills.languages or spoken in each.skills.languages)
        for each in takers
    ]


def _comparable(
    found: Pool, rows: IntArray, around: Mapping[int, Market]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amounts and expected money as they are or, of several currencies, each as a part of its own currency's mean."""
    amount, score = found.amount[rows].astype(np.float64), found.score[rows].astype(np.float64)
    currency = np.array([around[each].currency for each in found.portfolio_id[rows].tolist()])
    if len(set(currency.tolist())) > 1:
        for each in set(currency.tolist()):
            mine = currency == each
            amount[mine] /= amount[mine].mean() or 1.0
            score[mine] /= score[mine].mean() or 1.0
    return amount, score


def _hands(
    session: Session,
    found: Pool,
    rows: IntArray,
    people: People,
    asked: Asked,
    fits: NDArray[np.bool_],
    amount: NDArray[np.float64],
    score: NDArray[np.float64],
) -> Hands:
    """Room under both caps, and the load each begins with; what is dealt anew counts as given up first."""
    ids = [each.user_id for each in people.takers]
    outside = Counter(cases_owned(session, ids))
    outside.subtract(Counter(found.owner[rows].tolist()))
    has = np.array([max(outside[each], 0) for each in ids], np.int64)
    asked_room = np.full(len(ids), UNLIMITED if asked.cap is None else asked.cap)
    if asked.count_owned and asked.cap is not None:
        asked_room = asked_room - has
    own = [each.skills.case_cap for each in people.takers]
    own_room = np.array([UNLIMITED if each is None else each for each in own]) - np.where(
        [e is not None for e in own], has, 0
    )
    largest = np.array([_cents(each.skills.balance_cap) for each in people.takers])
    load = has.astype(np.float64) * (_per_case(asked.way, amount, score) if asked.count_owned else 0.0)
    return Hands(fits, load, np.maximum(np.minimum(asked_room, own_room), 0), largest)


def _per_case(way: DealWay, amount: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """What a case that is owned already weighs: as much as the mean of those dealt."""
    if way is DealWay.BALANCE:
        return float(amount.mean())
    return float(score.mean()) if way is DealWay.EXPECTED else 1.0


def _cents(limit: Decimal | None) -> float:
    return float("inf") if limit is None else float(limit * 100)


def _plan(found: Pool, given: IntArray, goes: NDArray[np.bool_], people: People) -> Plan:
    """The rows that change: another owner, or something of a giver's on another's case."""
    tied = found.tied == 1
    after = np.where(tied, found.owner, given)
    receiver = np.where(tied & (found.owner != NOBODY), found.owner, given)
    rows = np.flatnonzero(goes & (tied | (after != found.owner)))
    return Plan(found.case_id[rows], found.owner[rows], after[rows], receiver[rows], tuple(sorted(people.givers)))


def _left_out(found: Pool, stays: IntArray) -> tuple[LeftOut, ...]:
    told = []
    for place, why in enumerate(_WHY):
        if why and len(rows := np.flatnonzero(stays == place)):
            told.append(LeftOut(why, len(rows), tuple(found.case_id[rows[:MOST_NAMED]].tolist())))
    return tuple(told)
