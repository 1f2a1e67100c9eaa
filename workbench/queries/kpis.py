"""The figures of the catalogue: one statement a source, whatever is asked of it; `kpi_rows` shows what they are made of.

Both are made of the same text and the same condition, so that a figure is always what its rows come to.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from workbench import db
from workbench.queries.kpi_groups import BY_PEOPLE, JOINS, KEYS, PERIODS, By, group_values, labels, read_key
from workbench.queries.kpi_parts import PARTS, PER_DAYS, How, Part
from workbench.queries.kpi_rows import Rows, Side, rows_of
from workbench.queries.kpi_scopes import Scope, allowed_scope, may_rank, previous
from workbench.queries.kpi_sources import NESTED, TIMELESS, WHOLE_DAYS, Recount
from workbench.queries.kpi_texts import Asked, asked_of, rows_text, values_of
from workbench.rules.access import Viewer
from workbench.rules.kpis import KPIS, Kpi, Source, Unit
from workbench.rules.periods import period_of, slices
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

__all__ = [
    "Breakdown",
    "By",
    "Figure",
    "Group",
    "Rows",
    "Scope",
    "Side",
    "allowed_scope",
    "breakdown",
    "figures",
    "previous",
    "rows_of",
]

Number = int | float | Decimal
Made = dict[Part, tuple[Any, int]]
_CLOCK = frozenset({By.HOUR, By.HOUR_WEEKDAY})
_NO_SIDE = {
    By.WEEKDAY: TIMELESS,
    By.CHANNEL: TIMELESS | {Source.PRESENCE, Source.SKIPS},
    By.PORTFOLIO: frozenset({Source.PRESENCE}),
}
FORGOTTEN = N_("No morning of these days is remembered.")
MIXED = N_("Choose a portfolio: these have several currencies.")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what it is made of; `value` none where there is nothing to divide by, or `because` says why.

    A share is 0..1, times are seconds, amounts `Decimal` in `currency`. `sample` is how many rows it rests on.
    """

    kpi: Kpi
    value: Number | None
    numerator: Number | None
    denominator: Number | None
    currency: str | None
    sample: int
    because: str | None = None  # a message id


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown.

    `key` is a day (the first one of its week, month or quarter), an hour, an ISO weekday, (weekday, hour), an id (0 is
    other teams, none nobody), or a channel; `label` is a name, or a message id where `named` is false.
    """

    key: Any
    label: str
    named: bool
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Figures by something: time forward, others by label; other teams and nobody come last."""

    by: By
    names: tuple[str, ...]
    groups: tuple[Group, ...]


def figures(
    session: Session,
    who: Viewer | None,
    names: Sequence[str],
    scope: Scope,
    *,
    at: datetime,
    recount: Recount | None = None,
) -> dict[str, Figure]:
    """The figures of these names for a scope, as they stand at the moment `at`, by name.

    `recount` counts one disposition otherwise than it is, to see what a change of it would do.
    """
    asked = asked_of(session, who, allowed_scope(session, who, scope), at=at)
    made = _made(session, names, asked, None, recount).get(None, {})
    return {name: _figure(name, made, asked, asked.currency) for name in names}


def breakdown(
    session: Session, who: Viewer | None, names: Sequence[str], scope: Scope, by: By, *, at: datetime
) -> Breakdown:
    """The same by day, agent, portfolio and so on; refuses a figure that has no such side."""
    scope = allowed_scope(session, who, scope)
    _require_side(names, by)
    if by in BY_PEOPLE and not may_rank(session, who, scope):
        raise Refused("There is nothing here that you may see.")
    asked = asked_of(session, who, scope, at=at)
    timeless = {name for name in names if _sources(name) & TIMELESS} if by in PERIODS else set()
    found: dict[Any, Made] = defaultdict(dict)
    for key, made in _made(session, [name for name in names if name not in timeless], asked, by).items():
        found[key] |= made
    for from_on, to_on in slices(PERIODS[by], scope.from_on, scope.to_on) if by in PERIODS else ():
        key = period_of(PERIODS[by], from_on)[0]
        part = asked_of(session, who, replace(scope, from_on=from_on, to_on=to_on), at=at) if timeless else asked
        found[key] |= _made(session, sorted(timeless), part, None).get(None, {})
    named = labels(session, by, found)
    return Breakdown(by, tuple(names), tuple(_groups(names, found, named, asked, by)))


def _groups(
    names: Sequence[str], found: dict[Any, Made], named: dict[Any, tuple[str, bool]], asked: Asked, by: By
) -> Iterable[Group]:
    """The lines in order; a portfolio's have its own currency."""
    keys = sorted(found, key=lambda key: (not named[key][1], named[key][0].casefold()))
    for key in sorted(found) if by in PERIODS or by in _CLOCK or by is By.WEEKDAY else keys:
        currency = asked.currencies.get(key) if by is By.PORTFOLIO else asked.currency
        made = {name: _figure(name, found[key], asked, currency) for name in names}
        yield Group(key, *named[key], made)


def _made(
    session: Session, names: Sequence[str], asked: Asked, by: By | None, recount: Recount | None = None
) -> dict[Any, Made]:
    """The parts of these figures by group: one statement for each pass over a source."""
    wanted = dict.fromkeys(part for name in names for part in PARTS[name] if part is not None)
    found: dict[Any, Made] = defaultdict(dict)
    for source, parts in _passes(wanted, by) if asked.clocks else ():
        values = values_of(session, asked, source, [end for part in parts for end in part.ends]) | group_values(asked)
        values |= recount.binds if recount else {}
        rows = rows_text(asked, source, values, people=by in BY_PEOPLE or by is By.CHANNEL, recount=recount is not None)
        statement = _statement(rows, parts, by, narrow=asked.people is not None)
        for row in session.execute(text(statement), values, execution_options=db.AFRESH):
            found[read_key(by, row[0])] |= {part: (row[1 + 2 * n], row[2 + 2 * n]) for n, part in enumerate(parts)}
    return found


def _passes(wanted: Iterable[Part], by: By | None) -> Iterable[tuple[Source, list[Part]]]:
    """What is counted together: the parts of a source, of nested ones all in the widest.

    Different cases are counted by themselves in a breakdown, where neighbours in each of its lines would be many.
    """
    together: dict[Source, list[Part]] = defaultdict(list)
    for part in wanted:
        if by and part.how is How.CASES:
            yield part.source, [part]
        else:
            together[NESTED[0] if part.source in NESTED else part.source].append(part)
    for source, parts in together.items():
        yield max((part.source for part in parts), key=NESTED.index) if source in NESTED else source, parts


def _statement(rows: str, parts: list[Part], by: By | None, *, narrow: bool) -> str:
    """The parts in one pass; a line of a breakdown has at least one row of one of them."""
    conditions = ["r.user_id = ANY(CAST(:people AS bigint[]))"] if narrow else []
    by_case = any(part.how is How.CASES for part in parts)
    if all(part.where != "true" for part in parts) and (by is not None or len(parts) == 1):
        conditions.append(f"({' OR '.join(dict.fromkeys(f'({part.where})' for part in parts))})")
    mine = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    grouped = "GROUP BY 1" if by is not None else ""
    joined = JOINS.get(by, "") if by else ""
    if by_case:
        each = ", ".join(
            f"{part.of_neighbours} AS made_{n}, {part.sample} AS times_{n}" for n, part in enumerate(parts)
        )
        made = ", ".join(
            f"{part.of_all(f'made_{n}')}, coalesce(sum(times_{n}), 0)::bigint" for n, part in enumerate(parts)
        )
        return f"""SELECT {"key" if by else "NULL"}, {made} FROM (
            SELECT {KEYS[by]} AS key, r.case_id >> 6 AS word, {each} FROM ({rows}) r {joined} {mine} GROUP BY 1, 2) c
            {grouped}"""
    made = ", ".join(f"{part.made}, {part.sample}" for part in parts)
    return f"SELECT {KEYS[by]}, {made} FROM ({rows}) r {joined} {mine} {grouped}"


def _figure(name: str, made: Made, asked: Asked, currency: str | None) -> Figure:
    """A figure of its parts; a group without rows of a source has none of them."""
    kpi = KPIS[name]
    if kpi.in_money and currency is None and asked.clocks:
        return Figure(kpi, None, None, None, None, 0, MIXED)
    over, under = PARTS[name]
    numerator, sample = made.get(over, (over.nothing, 0))
    if not sample and kpi.source in TIMELESS and not (under and made.get(under, (under.nothing, 0))[1]):
        return Figure(kpi, None, None, None, None, 0, FORGOTTEN)
    if under is None:
        denominator, value = None, numerator
    else:
        denominator, sample = made.get(under, (under.nothing, 0))
        value = _divided(numerator, denominator, asked.days if name in PER_DAYS else 1)
    return Figure(kpi, value, numerator, denominator, currency if kpi.unit is Unit.MONEY else None, sample)


def _divided(numerator: Any, denominator: Any, days: int) -> float | None:
    return float(numerator) / float(denominator) * days if denominator else None


def _sources(name: str) -> set[Source]:
    return {part.source for part in PARTS[name] if part is not None}


def _require_side(names: Sequence[str], by: By) -> None:
    """Refuses what cannot be told apart so: money has days and no hours, presence no portfolio."""
    none = WHOLE_DAYS if by in _CLOCK else _NO_SIDE.get(by, frozenset())
    for name in names:
        if _sources(name) & none:
            raise Refused("“{figure}” has no such side: choose another way to tell it apart.", figure=name)
