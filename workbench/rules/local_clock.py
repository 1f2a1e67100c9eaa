"""Minutes since 1970 (UTC) and the local days and wall clocks they fall on, fast enough to ask a million times."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60
MONDAY_SHIFT = 3  # 1 January 1970 was a Thursday
_QUARTER = 15  # no zone has changed its offset inside a quarter of an hour since 1970
_EPOCH = date(1970, 1, 1)


def minute_of(at: datetime) -> int:
    """The whole minute a moment lies in."""
    return int(at.timestamp() // 60)


def minutes_around(at: datetime) -> tuple[int, int]:
    """The whole minute a moment lies in, and the first one not before it."""
    seconds = at.timestamp()
    minute = int(seconds // 60)
    return minute, minute + (seconds > minute * 60)


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def local_day(zone: str, minute: int) -> int:
    """The local date as days since 1970."""
    return (minute + _offset(zone, minute // _QUARTER)) // DAY


def weekday(day: int) -> int:
    """Monday = 0."""
    return (day + MONDAY_SHIFT) % 7


def monday(day: int) -> int:
    """The Monday of the ISO week of a day."""
    return day - weekday(day)


def date_of(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def day_of(on: date) -> int:
    return (on - _EPOCH).days


@lru_cache(maxsize=65_536)
def at_clock(zone: str, day: int, minute: int) -> int:
    """The UTC minute of a local wall clock; one that a clock change skips is the first minute after the gap."""
    wanted = day * DAY + minute
    found = wanted - _offset(zone, (wanted - _offset(zone, wanted // _QUARTER)) // _QUARTER)
    while found + _offset(zone, found // _QUARTER) < wanted:
        found += 1
    while (found - 1) + _offset(zone, (found - 1) // _QUARTER) >= wanted:
        found -= 1
    return found


@lru_cache(maxsize=65_536)
def _offset(zone: str, quarter: int) -> int:
    """Minutes that local time is ahead of UTC."""
    shift = datetime.fromtimestamp(quarter * _QUARTER * 60, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert shift is not None
    return int(shift.total_seconds() // 60)
