"""When a timetable entry falls due: cron strings read in a place's own zone, right on the days the clocks change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

# A wall clock repeats or skips at most two hours; starting that much to the side makes no due time fall into the seam.
_SEAM = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which one entry is due, for one portfolio or (none) for all of them."""

    name: str
    portfolio_id: int | None
    due_at: datetime


def last_due(cron: str, zone: str, at: datetime) -> datetime:
    """The latest due moment not after `at`, in UTC.

    As Debian's cron: a time that the clocks skip is due when they have jumped, one that they repeat is due once.
    """
    moments = _moments(cron, zone, at + _SEAM, reverse=True)
    return next(moment for moment in moments if moment <= at)


def next_due(cron: str, zone: str, at: datetime) -> datetime:
    """The first due moment after `at`, in UTC."""
    moments = _moments(cron, zone, at - _SEAM, reverse=False)
    return next(moment for moment in moments if moment > at)


def business_date(due_at: datetime, zone: str) -> date:
    """The business date that a run is for: the calendar day of its due moment, there."""
    return due_at.astimezone(ZoneInfo(zone)).date()


def _moments(cron: str, zone: str, start: datetime, *, reverse: bool) -> Iterator[datetime]:
    for moment in CronSim(cron, start.astimezone(ZoneInfo(zone)), reverse=reverse):
        yield moment.astimezone(UTC)
