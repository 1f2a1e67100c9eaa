"""From the pretend calls to rows: contact points with their tallies, interactions, promises."""

from uuid import UUID

import numpy as np
from psycopg.types.json import Jsonb

from models import ContactKind, ContactStatus, PhoneKind, PromiseState
from seed.contacts import CODES, REACHED, note_of
from seed.days import GRACE_DAYS, Payments, Promises
from seed.debts import YEAR, Flags, Numbers
from seed.judged import decisions
from seed.people import Person
from seed.rows import Numbering, Rows, moments, money
from seed.years import PretendYear
from workbench.rules.law_versions import as_stored
from workbench.rules.promises import STATES, promise_states

TOLERANCE = 0.95
STOP = "call.no_contact_here"
WRONG_CODES = ("call.wrong_number", "call.moved_on")
NEXT_ONE = 8  # seconds from an outcome to the next debtor
NIGHTS_AHEAD = 2  # the newest promises are left open for the nights that follow the load


def _first_points(people: list[Person]) -> Numbers:
    """How many contact points come before each person's: their phones first, then the e-mail."""
    counts = np.array([len(_points(person)) for person in people], np.int64)
    return np.asarray(np.cumsum(counts) - counts)


def contact_point_rows(year: PretendYear, to: Numbering) -> Rows:
    """Phones and e-mails, with the tally of the calls made to them."""
    people, calls = year.people, year.history.calls
    points = [(row, value, kind) for row, person in enumerate(people) for value, kind in _points(person)]
    many = len(points)
    point = _first_points(people)[calls.case] + calls.phone
    last = np.full(many, -1)
    np.maximum.at(last, point, np.arange(len(point)))
    codes = [CODES[calls.code[row]] if row >= 0 else None for row in last.tolist()]
    stopped = {row for row, code in zip(calls.case.tolist(), calls.code.tolist(), strict=True) if CODES[code] == STOP}
    status = [_status(code, row in stopped, kind) for (row, _, kind), code in zip(points, codes, strict=True)]
    last_at = moments(calls.start[np.maximum(last, 0)]) if len(point) else [None] * many
    return {
        "id": to.ids("contact_point", many),
        "debtor_id": to.ids("debtor", np.array([row for row, _, _ in points])),
        "kind": [(ContactKind.EMAIL if kind == "email" else ContactKind.PHONE).value for _, _, kind in points],
        "value": [value for _, value, _ in points],
        "raw": [value for _, value, _ in points],
        "phone_kind": [None if kind == "email" else PhoneKind(kind).value for _, _, kind in points],
        "status": [found for found, _ in status],
        "status_reason": [reason for _, reason in status],
        "source": ["demo"] * many,
        "attempts": np.bincount(point, minlength=many).tolist(),
        "right_parties": np.bincount(point, REACHED[calls.code], many).astype(np.int64).tolist(),
        "last_disposition": codes,
        "last_at": [at if row >= 0 else None for at, row in zip(last_at, last.tolist(), strict=True)],
    }


def _points(person: Person) -> list[tuple[str, str]]:
    return [*person.phones, *([(person.email, "email")] if person.email else [])]


def _status(code: str | None, stopped: bool, kind: str) -> tuple[str, str | None]:  # noqa: FBT001
    if kind == "email":
        return ContactStatus.ACTIVE.value, None
    if code in WRONG_CODES:
        return ContactStatus.WRONG_PERSON.value, code
    if stopped:
        return ContactStatus.OPTED_OUT.value, STOP
    return ContactStatus.ACTIVE.value, None


def interaction_rows(year: PretendYear, follow_up: Numbers, to: Numbering, random: np.random.Generator) -> Rows:
    """Every call as its agent would have saved it."""
    calls, starts = year.history.calls, _first_points(year.people)
    many = len(calls.case)
    keys = random.bytes(16 * many)
    return {
        "id": to.ids("interaction", many),
        "submission_key": [str(UUID(bytes=keys[16 * row : 16 * row + 16], version=4)) for row in range(many)],
        "portfolio_id": [to.portfolio_id] * many,
        "case_id": to.ids("collection_case", calls.case),
        "user_id": [to.agents[agent] for agent in calls.agent.tolist()],
        "contact_point_id": to.ids("contact_point", starts[calls.case] + calls.phone),
        "channel": ["call"] * many,
        "direction": ["outbound"] * many,
        "disposition_code": [CODES[code] for code in calls.code.tolist()],
        "claimed_at": moments(_taken(year)),
        "started_at": moments(calls.start),
        "ended_at": moments(calls.end),
        "note": note_of(calls.code, random),
        "follow_up_at": moments(follow_up),
        "decision": [Jsonb(as_stored(decision, year.book.country)) for decision in decisions(year)],
    }


def _taken(year: PretendYear) -> Numbers:
    """When each debtor was taken: one looks at the case for a minute or three, after what came before it."""
    calls = year.history.calls
    order = np.lexsort((calls.start, calls.agent))
    before = np.full(len(order), np.iinfo(np.int64).min)
    same = calls.agent[order][1:] == calls.agent[order][:-1]
    before[order[1:][same]] = calls.end[order[:-1][same]] + NEXT_ONE
    looks = 60 + (calls.start // 60 * 37 + calls.case * 11) % 120
    return np.asarray(np.minimum(np.maximum(calls.start - looks, before), calls.start))


def promise_rows(year: PretendYear, to: Numbering) -> Rows:
    """Promises with what was paid on them; the newest are left for the nights to judge."""
    calls, promises, calendar = year.history.calls, year.history.promises, year.calendar
    many = len(promises.case)
    ends, known = promises.due + GRACE_DAYS, _known_until(promises)
    paid, kept_on = _paid_within(promises, year.history.payments, np.minimum(ends, known))
    # judged one promise at a time against the day until which it is known: `over` is all that the rule asks of days
    state = promise_states(promises.cents, paid, ends - known, 0, TOLERANCE)
    shut = state != STATES.index(PromiseState.OPEN)
    closed = calendar.days(np.where(state == STATES.index(PromiseState.KEPT), kept_on, ends + 1))
    starts = _first_points(year.people)
    return {
        "id": to.ids("promise", many),
        "portfolio_id": [to.portfolio_id] * many,
        "case_id": to.ids("collection_case", promises.case),
        "interaction_id": to.ids("interaction", promises.call),
        "contact_point_id": to.ids("contact_point", starts[promises.case] + calls.phone[promises.call]),
        "channel": ["call"] * many,
        "taken_by": [to.agents[agent] for agent in calls.agent[promises.call].tolist()],
        "amount": money(promises.cents),
        "paid": money(paid),
        "taken_on": calendar.days(promises.taken),
        "due_on": calendar.days(promises.due),
        "state": [STATES[place].value for place in state.tolist()],
        "closed_on": [on if over else None for on, over in zip(closed, shut.tolist(), strict=True)],
        "created_at": moments(calls.end[promises.call]),
    }


def in_a_promise(promises: Promises, paid: Payments) -> Flags:
    """Which payments fall into the days of a promise of their case."""
    starts = np.searchsorted(_when(paid.case, paid.day), _when(promises.case, promises.taken), "left")
    ends = np.searchsorted(_when(paid.case, paid.day), _when(promises.case, promises.due + GRACE_DAYS), "right")
    marks = np.zeros(len(paid.case) + 1, np.int64)
    np.add.at(marks, starts, 1)
    np.add.at(marks, ends, -1)
    return np.asarray(np.cumsum(marks)[:-1] > 0)


def _known_until(promises: Promises) -> Numbers:
    """The day until which each promise has been judged: a case has at most one that is still open."""
    order = np.lexsort((promises.taken, promises.case))
    newest = np.ones(len(order), np.bool_)
    newest[order[:-1]] = promises.case[order[:-1]] != promises.case[order[1:]]
    return np.where(newest, YEAR - NIGHTS_AHEAD, YEAR - 1)


def _paid_within(promises: Promises, paid: Payments, until: Numbers) -> tuple[Numbers, Numbers]:
    """What stayed of the payments from the promise to the last day (cents, the promise's amount at most), and when it was enough."""
    live = paid.reversed_on < 0
    when, line = _when(paid.case[live], paid.day[live]), np.concatenate([[0], np.cumsum(paid.cents[live])])
    first = np.searchsorted(when, _when(promises.case, promises.taken), "left")
    last = np.maximum(first, np.searchsorted(when, _when(promises.case, until), "right"))
    enough = line[first] + np.ceil(promises.cents * TOLERANCE - 1e-6)
    payment = np.searchsorted(line, enough, "left").clip(1, len(line) - 1) - 1
    return np.minimum(line[last] - line[first], promises.cents), paid.day[live][payment]


def _when(case: Numbers, day: Numbers) -> Numbers:
    return case * 1_000 + day
