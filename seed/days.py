"""The pretend year, day by day: bills fall due, people are called, promise, pay or do not."""

from dataclasses import dataclass

import numpy as np

from seed.contacts import (
    CALL_BACK,
    CALLED_A_DAY,
    CALLS_A_DAY,
    CALLS_A_SATURDAY,
    FOLLOW_UP_HOURS,
    MINUTES_A_CALL,
    NO_COMMITMENT,
    PROMISE,
    REACHED,
    SPOILS_PHONE,
    STOPS_CALLS,
    Calls,
    choose_phones,
    outcomes,
    seconds_on_the_phone,
    worth_calling,
)
from seed.debts import YEAR, Calendar, Debts, Flags, Numbers, Reals, owed_by_day
from seed.habits import CUT_OFF, calendar_factor, chance_to_pay, keeps_promise, pays_whole
from seed.hours import LawfulHours
from seed.portfolios import Book
from seed.traits import NO_PHONE, Traits, answers

CALLING_DAYS = 90
GRACE_DAYS = 3
REST_AFTER_TALK = 7  # days: the strictest of the four countries leaves a debtor in peace for a week once reached
SATURDAY = 5
HEARD_A_DAY = 0.04  # of those past due: as many as the calls reach later
BROKEN_LIMIT, LEAST_SHARE = 3, 10  # as the portfolios are opened: a tenth of the balance at least


@dataclass(frozen=True, slots=True)
class Payments:
    """Money in, sorted by case and day; `reversed_on` is -1 for what stayed."""

    case: Numbers
    day: Numbers
    cents: Numbers
    reversed_on: Numbers


@dataclass(frozen=True, slots=True)
class Promises:
    """What was promised in which call (a row of the calls)."""

    case: Numbers
    call: Numbers
    cents: Numbers
    taken: Numbers
    due: Numbers


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened to one book in a year."""

    payments: Payments
    calls: Calls
    promises: Promises


class Life:
    """Where every case of a book stands on the day being lived."""

    def __init__(self, book: Book, found: Debts, hidden: Traits, town: Numbers, random: np.random.Generator) -> None:
        many = len(town)
        self.book, self.hidden, self.town, self.random = book, hidden, town, random
        self.found, self.billed = found, np.ones(len(found.case), np.bool_)
        self.owed = owed_by_day(found, many)
        self.paid = np.zeros(many, np.int64)
        self.total = np.bincount(found.case, found.cents, many).astype(np.int64)
        self.oldest = np.full(many, -1, np.int64)  # day of the oldest unpaid bill
        self.usable: Flags = hidden.phone_quality != NO_PHONE
        self.liked = np.full(many, -1, np.int64)
        self.tries = np.zeros(many, np.int64)
        self.next_try = np.zeros(many, np.int64)
        self.talked = np.full(many, -99, np.int64)
        self.called_back = np.zeros(many, np.bool_)  # they asked to be called: they will pick up
        self.broken = np.zeros(many, np.int64)
        self.pays_on = np.full(many, -1, np.int64)
        self.pays_cents = np.zeros(many, np.int64)
        self.promised_for = np.full(many, -1, np.int64)
        self.bouncing_until = np.full(many, -1, np.int64)

    def past_due(self, day: int) -> Numbers:
        """What each case owes that has fallen due, in cents; brings the age of the oldest bill up to the day."""
        late = np.maximum(self.owed[:, day] - self.paid, 0)
        rows = np.flatnonzero(late > 0)
        self.oldest[late == 0] = -1
        unknown = rows[(self.oldest[rows] < 0) | (self.owed[rows, self.oldest[rows]] <= self.paid[rows])]
        self.oldest[unknown] = (self.owed[unknown] > self.paid[unknown, None]).argmax(axis=1)
        return np.asarray(late)

    def reminded(self, day: int) -> None:
        """What the creditor's own reminders did before the calls were recorded here: some debtors heard a voice."""
        heard = (self.oldest >= 0) & (self.oldest < day) & (self.random.random(len(self.oldest)) < HEARD_A_DAY)
        self.talked[heard & (day - self.talked > REST_AFTER_TALK)] = day

    def stop_billing(self, day: int) -> None:
        """Takes back the bills of the day of whoever has owed for too long; on the last day, those still to come too."""
        cut = (self.oldest >= 0) & (day - self.oldest > CUT_OFF)
        today = (self.found.due == day) if day < YEAR - 1 else (self.found.due >= day)
        stopped = np.flatnonzero(today & cut[self.found.case])
        self.billed[stopped] = False
        many, case, cents = len(self.total), self.found.case[stopped], self.found.cents[stopped]
        self.total -= np.bincount(case, cents, many).astype(np.int64)
        rows = np.unique(case[self.found.due[stopped] == day])
        lost = np.bincount(case, cents * (self.found.due[stopped] == day), many).astype(np.int64)
        self.owed[rows, day:] -= lost[rows, None]

    def call(self, day: int, weekday: int, starts_at: int, hours: LawfulHours) -> Calls:
        """A day's calls by the book's agents, each at a lawful moment for its debtor; unlawful ones are not made."""
        late = self.past_due(day)
        per_agent = CALLS_A_SATURDAY if weekday == SATURDAY else CALLS_A_DAY
        agents = len(self.book.agents)
        may = (late > 0) & (self.oldest < day) & (self.next_try <= day) & self.usable.any(axis=1)
        most = min(agents * per_agent, round(CALLED_A_DAY * len(late)))
        case = worth_calling(late, day - self.oldest, self.called_back, may, most, self.random)
        nth = np.arange(len(case))
        start = starts_at + (nth // agents) * MINUTES_A_CALL * 60 + self.random.integers(0, 30, len(case))
        phone = choose_phones(self.usable[case], self.liked[case], self.tries[case], self.random)
        chance = answers(self.hidden, case, hours.local_hour(self.town[case], day, start), weekday)
        chance = np.where(self.called_back[case], np.maximum(chance, 0.8), chance)
        code = outcomes(self.hidden, case, self.hidden.phone_quality[case, phone], chance, self.random)
        # whoever broke three promises needs a supervisor to be believed again
        code[(code == PROMISE) & (self.broken[case] >= BROKEN_LIMIT)] = NO_COMMITMENT
        end = start + seconds_on_the_phone(code, self.random)
        calls = Calls(case, phone, nth % agents, start, end, code, np.full(len(case), day))
        return calls.only(hours.lawful(self.town[case], day, start, end))

    def remember(self, calls: Calls, day: int) -> None:
        """What the calls of the day change for the days to come."""
        reached, case = REACHED[calls.code], calls.case
        self.tries[case] += 1
        self.liked[case[reached]] = calls.phone[reached]
        self.talked[case[reached]] = day
        spoiled = SPOILS_PHONE[calls.code]
        self.usable[case[spoiled], calls.phone[spoiled]] = False
        self.usable[case[STOPS_CALLS[calls.code]]] = False
        wait = np.where(reached, REST_AFTER_TALK, np.maximum(1, -(-FOLLOW_UP_HOURS[calls.code] // 24)))
        pause = self.random.integers(0, 3, len(case))  # three tries in a week at the most, on average
        self.called_back[case] = calls.code == CALL_BACK
        self.next_try[case] = day + np.where(calls.code == CALL_BACK, REST_AFTER_TALK, wait + pause)

    def promise(self, calls: Calls, first_call: int, day: int) -> Promises:
        """The promises of a day's calls; whether they will be kept is decided here and known to nobody."""
        made = np.flatnonzero(calls.code == PROMISE)
        case, many = calls.case[made], len(made)
        late = self.past_due(day)[case]
        share = np.where(self.random.random(many) < 0.45, 1.0, self.random.uniform(0.35, 0.8, many))
        least = -(-(self.total - self.paid)[case] // (LEAST_SHARE * self.book.step_cents)) * self.book.step_cents
        cents = np.maximum(np.minimum(self._rounded(late * share), late), least)
        due = day + self.random.integers(2, 13, many)
        self.next_try[case] = np.maximum(day + REST_AFTER_TALK, due + GRACE_DAYS + 1)
        self.promised_for[case] = due
        luck = self.random.random(many)
        keeps = luck < keeps_promise(self.hidden, day)[case]
        self.broken[case] += ~keeps
        partly = ~keeps & (luck > 0.9)
        self.pays_on[case] = np.where(keeps | partly, due + self.random.choice([-1, 0, 0, 0, 1, 2], many), -1)
        part = self._rounded(cents * self.random.uniform(0.3, 0.8, many))
        self.pays_cents[case] = np.where(partly, part, cents)
        return Promises(case, made + first_call, cents, np.full(many, day), due)

    def pay(self, day: int, day_of_month: int, weekday: int) -> Payments:
        """Who pays that day and how much: habit, pay days, a fresh talk, or the promise that falls due."""
        late = self.past_due(day)
        as_promised = (self.pays_on == day) & (self.bouncing_until < day)
        chance = chance_to_pay(self.hidden, day, np.where(self.oldest < 0, 0, day - self.oldest), day - self.talked)
        # who promised waits for the day, who asked to be called waits for the call
        settled = (self.promised_for >= day) | (self.called_back & (day - self.talked <= REST_AFTER_TALK))
        chance *= calendar_factor(day_of_month, weekday) * np.where(settled, 0.15, 1.0)
        unasked = (late > 0) & (self.random.random(len(late)) < chance)
        case = np.flatnonzero(as_promised | (unasked & (self.bouncing_until < day)))
        cents = np.where(as_promised[case], self.pays_cents[case], self._instalment(late, day)[case])
        bounced = (self.random.random(len(case)) < 0.012) & (day + 6 < YEAR)
        back_on = np.where(bounced, day + self.random.integers(2, 7, len(case)), -1)
        self.bouncing_until[case] = back_on
        self.paid[case] += np.where(bounced, 0, cents)
        self.pays_on[case[as_promised[case]]] = -1
        return Payments(case, np.full(len(case), day), cents, back_on)

    def _instalment(self, late: Numbers, day: int) -> Numbers:
        part = self._rounded(late * self.random.uniform(0.25, 0.9, len(late)))
        return np.where(pays_whole(self.hidden, day, self.random), late, np.minimum(part, late))

    def _rounded(self, cents: Reals | Numbers) -> Numbers:
        step = self.book.step_cents
        return np.asarray((cents / step).round().clip(1) * step, np.int64)


def live(life: Life, hours: LawfulHours, calendar: Calendar, shifts: Numbers) -> History:
    """Lives the year; `shifts` has the moment when each day's shift starts (seconds since 1970)."""
    payments: list[Payments] = []
    calls: list[Calls] = []
    promises: list[Promises] = []
    made = 0
    for day in range(YEAR):
        date = calendar.day(day)
        if day >= YEAR - CALLING_DAYS and hours.open_on(day):
            called = life.call(day, date.weekday(), int(shifts[day]), hours)
            life.remember(called, day)
            promises.append(life.promise(called, made, day))
            calls.append(called)
            made += len(called.case)
        life.past_due(day)
        life.stop_billing(day)
        if day < YEAR - CALLING_DAYS:
            life.reminded(day)
        payments.append(life.pay(day, date.day, date.weekday()))
    return History(_in_order(payments), Calls.joined(calls), _joined_promises(promises))


def with_calls(history: History, kept: Flags) -> History:
    """The history with these calls only, and the promises made in them."""
    promises = history.promises
    rows = kept[promises.call]
    columns = {name: getattr(promises, name)[rows] for name in Promises.__slots__}
    columns["call"] = (np.cumsum(kept) - 1)[columns["call"]]
    return History(history.payments, history.calls.only(kept), Promises(**columns))


def _in_order(days: list[Payments]) -> Payments:
    columns = [np.concatenate([getattr(day, name) for day in days]) for name in Payments.__slots__]
    order = np.lexsort((columns[1], columns[0]))
    return Payments(*(column[order] for column in columns))


def _joined_promises(days: list[Promises]) -> Promises:
    return Promises(*(np.concatenate([getattr(day, name) for day in days]) for name in Promises.__slots__))
