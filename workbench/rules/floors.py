"""What somebody on the floor is doing, since when, and when that is long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.presences import PresenceState

LEASE_ENDING = timedelta(minutes=3)  # a lease is renewed every minute or so: one this short is about to be lost
COMING_HOURS = 4  # callbacks are shown hour by hour so far ahead


class Doing(StrEnum):
    """What somebody is doing, as the floor shows it."""

    ON_CASE = "on_case"
    IDLE = "idle"
    BREAK = "break"
    MEETING = "meeting"
    TRAINING = "training"
    OFFLINE = "offline"


class Wait(StrEnum):
    """How long ready work has waited, the youngest first: by hours while these say something, then by days."""

    ONE_HOUR = "1h"
    TWO_HOURS = "2h"
    FOUR_HOURS = "4h"
    EIGHT_HOURS = "8h"
    TODAY = "today"  # longer than that, but since today
    YESTERDAY = "yesterday"
    DAYS = "days"  # since one of the five days before
    WEEK = "week"


class Light(StrEnum):
    """How long somebody has been on a case, by their team's minutes."""

    NONE = "none"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one person: the case they hold and their presence, each with its beginning."""

    on_case: bool
    claimed_at: datetime | None
    state: PresenceState | None
    present_since: datetime | None
    last_work_at: datetime | None  # when they last ended something


def doing(seen: Seen) -> tuple[Doing, datetime | None]:
    """What a person is doing and since when; a case in hand says more than a presence."""
    if seen.on_case:
        return Doing.ON_CASE, seen.claimed_at
    if seen.state is None:
        return Doing.OFFLINE, None
    if seen.state is not PresenceState.AVAILABLE:
        return Doing(seen.state.value), seen.present_since
    since = [moment for moment in (seen.present_since, seen.last_work_at) if moment]
    return Doing.IDLE, max(since, default=None)


def light(what: Doing, since: datetime | None, at: datetime, *, amber_minutes: int, red_minutes: int) -> Light:
    """The colour of a case in hand; nothing else has one."""
    if what is not Doing.ON_CASE or since is None:
        return Light.NONE
    minutes = (at - since) / timedelta(minutes=1)
    return Light.RED if minutes >= red_minutes else Light.AMBER if minutes >= amber_minutes else Light.GREEN


def wait_bounds(at: datetime, zone: str) -> tuple[datetime, ...]:
    """The moments that part one `Wait` from the next, the latest first: who waits since one of them is the younger."""
    here = ZoneInfo(zone)
    today = at.astimezone(here).date()
    hours = [at - timedelta(hours=each) for each in WAIT_HOURS]
    days = [datetime.combine(today - timedelta(days=each), time(), here).astimezone(UTC) for each in WAIT_DAYS]
    bounds = [*hours, *days]
    return tuple(min(bounds[: place + 1]) for place in range(len(bounds)))  # at night eight hours begin yesterday


def wait_of(since: datetime, bounds: Sequence[datetime]) -> Wait:
    """How long somebody has waited since a moment, given the bounds of now."""
    return WAITS[sum(since < each for each in bounds)]


def wait_span(wait: Wait, bounds: Sequence[datetime]) -> tuple[datetime | None, datetime | None]:
    """From which moment on (none = whenever) and before which (none = now) a wait of this kind began."""
    place = WAITS.index(wait)
    return bounds[place] if place < len(bounds) else None, bounds[place - 1] if place else None


WAITS = tuple(Wait)
WAIT_HOURS = (1, 2, 4, 8)
WAIT_DAYS = (0, 1, 6)  # midnights back from today's
