"""An agent's day as one line of time: work on cases, breaks, and the gaps between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAP = timedelta(minutes=2)  # shorter pauses between two debtors are breath, not a gap


class SpanKind(StrEnum):
    OUTCOME = "outcome"  # a case, from when it was taken until its outcome was saved
    PUT_DOWN = "put_down"  # a case that was skipped or given back
    BREAK = "break"
    TRAINING = "training"
    MEETING = "meeting"
    GAP = "gap"  # available, and nothing in hand


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the day; `ref` says which interaction or audit entry it is about, none for the others."""

    kind: SpanKind
    started_at: datetime
    ended_at: datetime
    ref: int | None = None

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.started_at


def timeline(
    worked: Iterable[Span], away: Iterable[Span], available: Sequence[tuple[datetime, datetime]]
) -> list[Span]:
    """All spans in the order of time, with a gap wherever somebody was available and had nothing in hand for long.

    `worked` and `away` may overlap (a call that ran into a break); `available` are spans of presence.
    """
    busy = sorted([*worked, *away], key=lambda span: span.started_at)
    gaps = [gap for start, end in available for gap in _gaps(start, end, busy)]
    return sorted([*busy, *gaps], key=lambda span: (span.started_at, span.ended_at))


def total(spans: Iterable[Span], *kinds: SpanKind) -> timedelta:
    """The time covered by spans of these kinds; what two of them cover counts once."""
    covered, until = timedelta(), None
    for span in sorted((each for each in spans if each.kind in kinds), key=lambda each: each.started_at):
        start = span.started_at if until is None else max(span.started_at, until)
        if span.ended_at > start:
            covered += span.ended_at - start
            until = span.ended_at
    return covered


def _gaps(start: datetime, end: datetime, busy: Sequence[Span]) -> Iterable[Span]:
    free_from = start
    for span in busy:
        if span.ended_at <= free_from:
            continue
        if span.started_at >= end:
            break
        if span.started_at - free_from >= GAP:
            yield Span(SpanKind.GAP, free_from, span.started_at)
        free_from = max(free_from, span.ended_at)
    if end - free_from >= GAP:
        yield Span(SpanKind.GAP, free_from, end)
