"""One pretend year of one book, put together from people, debts, traits and lawful hours."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from seed.contacts import SHIFT_STARTS
from seed.days import CALLING_DAYS, History, Life, live, with_calls
from seed.debts import YEAR, Calendar, Debts, Flags, Numbers, debts, only
from seed.hours import LawfulHours, lawful_hours
from seed.negotiation_policies import PRACTICES
from seed.people import Person, debtors
from seed.portfolios import BOOKS, Book
from seed.traits import traits

PROMISED_AHEAD = (
    16  # whom the strategy writes to, nobody has called so long before: no promise of a call is open when it begins
)
DAYS_AHEAD = 25  # promises and follow-ups reach so far past today
NEGOTIATED = 70  # debtors of a book at the most whom only the desks of the last weeks called
UNCALLED, UNPAID, IN_ARREARS = 45, 30, 88  # days: since when nobody called them, they paid nothing, they have owed


@dataclass(frozen=True, slots=True)
class PretendYear:
    """One book as it was lived, before it becomes rows."""

    book: Book
    calendar: Calendar
    people: list[Person]
    town: Numbers
    found: Debts
    hours: LawfulHours
    history: History


def pretend_year(book: Book, cases: int, *, number: int, at: datetime) -> PretendYear:
    """Lives a year of one book up to yesterday on its own clock; the same for the same number and day."""
    calendar = Calendar(at.astimezone(ZoneInfo(book.zone)).date())
    random = np.random.default_rng([number, BOOKS.index(book), calendar.business_date.toordinal()])
    people = debtors(book, cases, random)
    town = np.array([person.town for person in people], np.int64)
    hidden = traits(np.array([len(person.phones) for person in people]), random)
    found = debts(book, hidden.able, calendar, random)
    hours = lawful_hours(book, calendar, YEAR - CALLING_DAYS, YEAR + DAYS_AHEAD)
    life = Life(book, found, hidden, town, random)
    history = live(life, hours, calendar, _shifts(book, calendar))
    piloted = np.array([place.region == book.pilot for place in book.towns])[town]
    calls = ~(piloted[history.calls.case] & (history.calls.day >= YEAR - book.pilot_days - PROMISED_AHEAD))
    if book.code in PRACTICES:
        left = _left_alone(life, history, piloted)
        calls &= ~(left[history.calls.case] & (history.calls.day >= YEAR - UNCALLED))
    return PretendYear(book, calendar, people, town, only(found, life.billed), hours, with_calls(history, calls))


def _left_alone(life: Life, history: History, piloted: Flags) -> Flags:
    """Those with old debts who have paid nothing for weeks, the largest ones: the negotiating desks call them."""
    paid, late = history.payments, life.past_due(YEAR - 1)
    moved = np.maximum(paid.day, paid.reversed_on) >= YEAR - UNPAID
    active = np.bincount(paid.case[moved], minlength=len(late)) > 0
    fits = (late > 0) & (YEAR - life.oldest > IN_ARREARS) & ~active & ~piloted
    left = np.zeros(len(late), np.bool_)
    left[np.argsort(-np.where(fits, late, 0), kind="stable")[:NEGOTIATED]] = True
    return np.asarray(left & fits)


def _shifts(book: Book, calendar: Calendar) -> Numbers:
    """When the agents of the book begin each day, in seconds since 1970."""
    place = ZoneInfo(book.zone)
    starts = (datetime.combine(calendar.day(day), time(SHIFT_STARTS), place) for day in range(YEAR))
    return np.array([int(start.timestamp()) for start in starts], np.int64)
