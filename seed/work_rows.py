"""From the pretend calls to the work they left: what waits, for whom and until when, and what went to another queue."""

import numpy as np

from models import Band, Queue, WorkState
from seed.contacts import CALL_BACK, FOLLOW_UP_HOURS, NEXT_QUEUE, SPOILS_PHONE, STOPS_CALLS, Calls
from seed.days import GRACE_DAYS, REST_AFTER_TALK
from seed.debts import YEAR, Flags, Numbers
from seed.hours import SHUT
from seed.rows import Numbering, Rows, moments
from seed.years import PretendYear
from workbench.rules.law_regions import place_name

LAST_SLOT = 1_800  # seconds before closing: nobody agrees on a later call
NEVER = -1


def follow_ups(year: PretendYear, random: np.random.Generator) -> Numbers:
    """When each call said the next one should be: its hours later, an agreed hour, or when its promise would be broken."""
    calls, promises, town, hours = year.history.calls, year.history.promises, year.town, year.hours
    soonest = calls.start + FOLLOW_UP_HOURS[calls.code] * 3600
    soonest = np.where(calls.code == CALL_BACK, _agreed_hours(year, random), soonest)
    soonest[promises.call] = hours.midnight[town[promises.case], promises.due + GRACE_DAYS + 1 - hours.first_day]
    return hours.next_lawful(town[calls.case], soonest)


def _agreed_hours(year: PretendYear, random: np.random.Generator) -> Numbers:
    """Some moment of the lawful hours a week after each call; the day's beginning when nobody may be called that day."""
    calls, hours = year.history.calls, year.hours
    place = year.town[calls.case], calls.day + REST_AFTER_TALK - hours.first_day
    opens, lasts = hours.opens[place], hours.closes[place] - hours.opens[place] - LAST_SLOT
    into = (random.random(len(opens)) * lasts).astype(np.int64) // 900 * 900
    return np.where(opens == SHUT, hours.midnight[place], opens + into)


def work_item_rows(year: PretendYear, follow_up: Numbers, at: int, to: Numbering) -> Rows:
    """A call item per case and, of the cases that the last days handed over, one in the queue that has them now."""
    last = _last_calls(year.history.calls, len(year.people))
    opened = _handed_over(year, last)
    handed = np.flatnonzero(opened >= 0)
    case = np.concatenate([np.arange(len(last)), handed])
    queue = np.concatenate([np.full(len(last), QUEUES.index(Queue.CALL)), opened[handed]])
    closed = np.concatenate([opened >= 0, np.zeros(len(handed), np.bool_)])
    # a review begins at once, a negotiation when the debtor has had time to think
    until = np.where((last >= 0)[case] & (queue != QUEUES.index(Queue.REVIEW)), follow_up[last][case], 0)
    waits = (until > at) & ~closed
    callback = (queue == QUEUES.index(Queue.CALL)) & ~closed & _asked_back(year.history.calls, last)[case]
    band = np.where(queue == QUEUES.index(Queue.NEGOTIATION), Band.NEGOTIATION.value, Band.SCORE.value)
    listed = np.where(until > 0, until, _billed(year)[case])
    author = [to.agents[agent] for agent in year.history.calls.agent[last][case].tolist()]
    state = np.select([closed, waits], [STATES.index(WorkState.CLOSED), STATES.index(WorkState.WAITING)], 0)
    places = [place_name(year.book.country, town.zone, town.region) for town in year.book.towns]
    return {
        "id": to.ids("work_item", len(case)),
        "portfolio_id": [to.portfolio_id] * len(case),
        "case_id": to.ids("collection_case", case),
        "debtor_id": to.ids("debtor", case),
        "queue": [QUEUES[place].value for place in queue.tolist()],
        "state": [STATES[place].value for place in state.tolist()],
        "zone": [places[town] for town in year.town[case].tolist()],
        "band": np.where(callback, Band.CALLBACK.value, band).tolist(),
        "score": [0.0] * len(case),
        "reserved_for": [
            agent if own else None for agent, own in zip(author, (callback & waits).tolist(), strict=True)
        ],
        "not_before": [on if later else None for on, later in zip(moments(until), waits.tolist(), strict=True)],
        "ready_at": [
            None if rests else since
            for since, rests in zip(moments(np.minimum(listed, at)), (closed | waits).tolist(), strict=True)
        ],
    }


QUEUES: tuple[Queue, ...] = tuple(Queue)
STATES: tuple[WorkState, ...] = (WorkState.READY, WorkState.WAITING, WorkState.CLOSED)


def _last_calls(calls: Calls, cases: int) -> Numbers:
    """The row of each case's last call, NEVER for who was not called."""
    last = np.full(cases, NEVER)
    np.maximum.at(last, calls.case, np.arange(len(calls.case)))
    return last


def _asked_back(calls: Calls, last: Numbers) -> Flags:
    return np.asarray((last >= 0) & (calls.code[last] == CALL_BACK))


def _handed_over(year: PretendYear, last: Numbers) -> Numbers:
    """The queue (as a place) that has each case instead of the calls, -1 for none.

    What a call of the last week led to is still open; who has no number left waits for somebody to find one. Where
    nothing is past due any more there is nothing left to do.
    """
    calls = year.history.calls
    recent = (last >= 0) & (calls.day[last] > YEAR - REST_AFTER_TALK)
    led_to = np.array([-1 if queue is None else QUEUES.index(Queue(queue)) for queue in NEXT_QUEUE])
    opened = np.where(recent, led_to[calls.code[last]], -1)
    opened = np.where(_without_phone(year) & (opened < 0), QUEUES.index(Queue.REVIEW), opened)
    return np.where(_past_due(year), opened, -1)


def _past_due(year: PretendYear) -> Flags:
    """Who owes what fell due before today."""
    found, paid, cases = year.found, year.history.payments, len(year.people)
    due, live = found.due < YEAR, paid.reversed_on < 0
    owed = np.bincount(found.case[due], found.cents[due], cases)
    return np.asarray(owed > np.bincount(paid.case[live], paid.cents[live], cases))


def _billed(year: PretendYear) -> Numbers:
    """The midnight after the last bill of each case that has fallen due: the night that puts it before somebody."""
    found, hours = year.found, year.hours
    due = found.due < YEAR
    last = np.full(len(year.people), hours.first_day)
    np.maximum.at(last, found.case[due], found.due[due] + 1)
    return np.asarray(hours.midnight[year.town, last - hours.first_day])


def _without_phone(year: PretendYear) -> Flags:
    """Whose numbers all turned out to be somebody else's, or who asked for no more calls."""
    calls, cases = year.history.calls, len(year.people)
    spoiled = SPOILS_PHONE[calls.code]
    pairs = np.unique(np.stack([calls.case[spoiled], calls.phone[spoiled]]), axis=1)
    stopped = np.bincount(calls.case, STOPS_CALLS[calls.code], cases) > 0
    phones = np.array([len(person.phones) for person in year.people])
    return np.asarray(stopped | (np.bincount(pairs[0], minlength=cases) >= phones))
