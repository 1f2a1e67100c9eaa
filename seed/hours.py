"""The lawful hours of the pretend year, day by day and place by place, as moments."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from seed.debts import Calendar, Numbers, Reals
from seed.portfolios import Book
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.law_regions import place_name

SHUT = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class LawfulHours:
    """(town, day - first day): when calling opens and closes (seconds since 1970) and where midnight was; SHUT = not at all."""

    first_day: int
    opens: Numbers
    closes: Numbers
    midnight: Numbers

    def open_on(self, day: int) -> bool:
        """Whether anybody may be called that day."""
        return bool((self.opens[:, day - self.first_day] != SHUT).any())

    def lawful(self, town: Numbers, day: int, starts: Numbers, ends: Numbers) -> np.ndarray:
        """Which calls lie wholly within the hours of their town."""
        column = day - self.first_day
        opens, closes = self.opens[town, column], self.closes[town, column]
        return np.asarray((opens != SHUT) & (starts >= opens) & (ends < closes))

    def local_hour(self, town: Numbers, day: int, moments: Numbers) -> Reals:
        """The hour of the day on the debtor's clock."""
        return np.asarray((moments - self.midnight[town, day - self.first_day]) / 3600)

    def next_lawful(self, town: Numbers, moments: Numbers) -> Numbers:
        """The first lawful moment not before each of these."""
        found = moments.copy()
        for row in range(len(self.opens)):
            days = self.opens[row] != SHUT
            opens, closes = self.opens[row][days], self.closes[row][days]
            mine = town == row
            day = np.searchsorted(closes, moments[mine], "right").clip(max=len(opens) - 1)
            found[mine] = np.maximum(moments[mine], opens[day])
        return found


def lawful_hours(book: Book, calendar: Calendar, first_day: int, last_day: int) -> LawfulHours:
    """Asks the law for every town and day of the span."""
    place = Place(0, book.country, book.zone, ContactPolicy(hours=book.hours))
    shape = len(book.towns), last_day - first_day + 1
    opens, closes, midnight = (np.full(shape, SHUT, np.int64) for _ in range(3))
    known: dict[str, int] = {}
    for row, town in enumerate(book.towns):
        here = place_name(book.country, town.zone, town.region)
        same = known.setdefault(here, row)
        if same != row:
            opens[row], closes[row], midnight[row] = opens[same], closes[same], midnight[same]
            continue
        for column in range(shape[1]):
            start = datetime.combine(calendar.day(first_day + column), time(), ZoneInfo(town.zone)).astimezone(UTC)
            midnight[row, column] = int(start.timestamp())
            moment = place.next_lawful(here, start)
            if moment < start + timedelta(hours=23):
                until = place.window(here, moment).until
                assert until is not None
                opens[row, column], closes[row, column] = int(moment.timestamp()), int(until.timestamp())
    return LawfulHours(first_day, opens, closes, midnight)
