"""When contact is lawful over some days, asked of the engine moment by moment: cells of half an hour, spans, sums."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workbench.rules.contact_law import Decision
from workbench.rules.local_clock import at_clock, day_of, moment

HALF_HOUR = 30
Judge = Callable[[datetime], Decision]  # whether one contact is lawful at a moment


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time (UTC, half-open) throughout which contact is lawful, or is not."""

    start: datetime
    end: datetime
    decision: Decision  # at its start

    @property
    def minutes(self) -> int:
        return int((self.end - self.start) / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour of a local day, `clock` minutes after midnight: how many of its minutes are lawful, and by which rule.

    `decision` is the one at its first minute; where only a part is lawful, `lawful` lies between 0 and `minutes`.
    """

    on: date
    clock: int
    minutes: int
    lawful: int
    decision: Decision


def spans(judge: Judge, start: datetime, end: datetime) -> Iterator[Span]:
    """The whole time from `start` to `end`, in spans that are lawful throughout or not at all."""
    while start < end:
        decision = judge(start)
        turns = decision.until if decision.allowed else decision.next_allowed
        stop = min(turns or end, end)
        yield Span(start, stop, decision)
        start = stop


def lawful_minutes(judge: Judge, zone: str, first: date, *, days: int = 7) -> int:
    """How many minutes are lawful in the local days from `first` on."""
    start, end = midnight(zone, first), midnight(zone, first + timedelta(days=days))
    return sum(span.minutes for span in spans(judge, start, end) if span.decision.allowed)


def day_spans(judge: Judge, zone: str, on: date) -> list[Span]:
    """The spans of one local day."""
    return list(spans(judge, midnight(zone, on), midnight(zone, on + timedelta(days=1))))


def cells(judge: Judge, zone: str, first: date, *, days: int = 7) -> Iterator[Cell]:
    """Every half hour of the local days from `first` on; what a clock change skips is left out."""
    for on in (first + timedelta(days=number) for number in range(days)):
        for clock in range(0, 24 * 60, HALF_HOUR):
            start, end = (moment(at_clock(zone, day_of(on), minute)) for minute in (clock, clock + HALF_HOUR))
            if start < end:
                found = list(spans(judge, start, end))
                lawful = sum(span.minutes for span in found if span.decision.allowed)
                minutes = sum(span.minutes for span in found)
                yield Cell(on, clock, minutes, lawful, found[0].decision)


def midnight(zone: str, on: date) -> datetime:
    """The first moment of a local day (UTC)."""
    return moment(at_clock(zone, day_of(on), 0))
