"""Work items with what the law may ask about their debtors, as columns for the engine's column form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from workbench.queries.columns import read_columns, read_few_columns, typed
from workbench.queries.contact_history import OUTCOME
from workbench.queries.contact_rules import places
from workbench.rules.contact_law import level_of
from workbench.rules.contact_places import UNTIL_TOLD_OTHERWISE, Known
from workbench.rules.law_columns import CHANNELS, History, Profile
from workbench.rules.law_limits import LOOK_BACK

FEW = 200  # debtors; up to here a prepared statement beats a COPY that is planned anew
READY, WAITING, CLAIMED = range(3)
NO_MOMENT = -1
IntArray = NDArray[np.int64]
OUTCOMES = (
    "no_answer",
    "wrong_number",
    "third_party",
    "delivered",
    "answered",
)  # the words of OUTCOME, in the query's order


@dataclass(frozen=True, slots=True)
class Items:
    """Open call and negotiation items: one row each; `profile` points into `profiles` (with the debtor's facts)."""

    profiles: list[Profile]
    id: IntArray
    debt: IntArray
    state: IntArray
    not_before: IntArray  # UTC seconds, NO_MOMENT for none
    profile: IntArray
    history: History


def debtors_to_watch(
    session: Session, portfolio_id: int, first_case: int, last_case: int, *, at: datetime
) -> list[int]:
    """The debtors of a run of cases whose contacts of late (for any case) or facts may forbid a call."""
    cases = {"portfolio": portfolio_id, "first": first_case, "last": last_case}
    asked = cases | {"since": at - LOOK_BACK, "banned": UNTIL_TOLD_OTHERWISE}
    return [row[0] for row in _rows(session, _TO_WATCH, asked)]


def items_of(session: Session, debtor_ids: Sequence[int], *, at: datetime) -> Items:
    """These debtors' items that wait for a call, in all portfolios, with all their contacts until `at`."""
    asked = {"debtors": list(debtor_ids), "since": at - LOOK_BACK, "at": at}
    rows = _rows(session, _ITEMS, asked)
    found = _profiles(session, rows)
    ids, debts, debtors, states, moments = (_column(rows, place) for place in range(5))
    read = read_few_columns if len(debtor_ids) <= FEW else read_columns
    statement = typed(_CONTACTS, _CONTACT_COLUMNS) if read is read_few_columns else _CONTACTS
    contacts = read(session, statement, _CONTACT_COLUMNS, asked)
    return Items(
        profiles=found[0],
        id=ids,
        debt=debts,
        state=states,
        not_before=moments,
        profile=found[1],
        history=_history(debtors, contacts),
    )


def _rows(session: Session, statement: str, asked: dict[str, Any]) -> list[Any]:
    return list(session.connection().connection.cursor().execute(statement, asked).fetchall())


def _column(rows: list[Any], place: int) -> IntArray:
    return np.array([row[place] for row in rows], np.int64)


def _profiles(session: Session, rows: list[Any]) -> tuple[list[Profile], IntArray]:
    """What the rows have in common, and which of it each row has."""
    here = places(session, {row[5] for row in rows})
    known: dict[tuple[Any, ...], int] = {}
    profiles: list[Profile] = []
    for portfolio_id, zone, region, _text, facts in (row[5:] for row in rows):
        key = (portfolio_id, zone, region, _text)
        if key not in known:
            known[key] = len(profiles)
            profiles.append(Profile.of(here[portfolio_id].question(Known(zone, region, facts), _ANY_MOMENT)))
    return profiles, np.array([known[tuple(row[5:9])] for row in rows], np.int64)


def _history(debtors: IntArray, contacts: dict[str, Any]) -> History:
    """Every contact once for each item of its debtor; items come in the order of their debtors."""
    first = np.searchsorted(debtors, contacts["debtor"], side="left")
    times = np.searchsorted(debtors, contacts["debtor"], side="right") - first
    of = np.repeat(np.arange(len(times)), times)
    item = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(times) - times, times)
    seconds = contacts["seconds"][of]
    return History(
        case=item,
        minute=seconds // 60,
        level=_LEVELS[contacts["outcome"][of]],
        channel=contacts["channel"][of],
        debt=contacts["debt"][of],
        after=-(-seconds // 60),
    )


_ANY_MOMENT = datetime.fromisoformat("2000-01-01T00:00+00:00")
_LEVELS = np.array([int(level_of(outcome)) for outcome in OUTCOMES], np.int64)
_CONTACT_COLUMNS = {"debtor": "i8", "seconds": "i8", "outcome": "i8", "channel": "i8", "debt": "i8"}
_SECONDS = "ceil(extract(epoch FROM {at}))::int8"
_ITEMS = f"""
    SELECT w.id, w.case_id, w.debtor_id,
        CASE w.state WHEN 'ready' THEN {READY} WHEN 'waiting' THEN {WAITING} ELSE {CLAIMED} END,
        coalesce({_SECONDS.format(at="w.not_before")}, {NO_MOMENT}),
        w.portfolio_id, d.time_zone, d.region, d.contact_facts::text, d.contact_facts
    FROM debtor d JOIN collection_case c ON c.debtor_id = d.id JOIN work_item w ON w.case_id = c.id
    WHERE d.id = ANY(%(debtors)s) AND w.queue IN ('call', 'negotiation') AND w.state <> 'closed'
    ORDER BY w.debtor_id, w.id
"""
_CONTACTS = f"""
    SELECT c.debtor_id AS debtor, {_SECONDS.format(at="i.started_at")} AS seconds,
        array_position(ARRAY{list(OUTCOMES)!r}, {OUTCOME.format(d="x")}) - 1 AS outcome,
        array_position(ARRAY{[each.value for each in CHANNELS]!r}, i.channel::text) - 1 AS channel, i.case_id AS debt
    FROM collection_case c JOIN interaction i ON i.case_id = c.id
    JOIN disposition x ON x.code = i.disposition_code AND x.counts_attempt
    WHERE c.debtor_id = ANY(%(debtors)s) AND i.direction = 'outbound'
      AND i.started_at > %(since)s AND i.started_at <= %(at)s
"""
# a debtor is known to one creditor: contacts for another case of theirs are in that creditor's portfolios
_TO_WATCH = """
    SELECT c.debtor_id FROM collection_case c
    WHERE c.portfolio_id = %(portfolio)s AND c.id BETWEEN %(first)s AND %(last)s AND (
        c.debtor_id IN (SELECT d.id FROM debtor d WHERE d.contact_facts <> '{}')
        OR c.debtor_id IN (SELECT theirs.debtor_id FROM portfolio p
            JOIN portfolio sister ON sister.creditor_id = p.creditor_id
            JOIN interaction i ON i.portfolio_id = sister.id AND i.started_at > %(since)s
            JOIN collection_case theirs ON theirs.id = i.case_id WHERE p.id = %(portfolio)s))
    UNION
    SELECT w.debtor_id FROM work_item w
    WHERE w.portfolio_id = %(portfolio)s AND w.case_id BETWEEN %(first)s AND %(last)s
      AND w.state = 'waiting' AND w.not_before >= %(banned)s
"""
