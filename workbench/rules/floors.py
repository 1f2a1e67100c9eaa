"""What somebody on the floor is doing, since when, and when that is long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.presences import PresenceState

LEASE_ENDING = timedelta(minutes=3)  # a lease is renewed every minute or so: one this short is about to be lost
AGES = (1, 4, 24)  # hours: the classes in which ready work is shown by how long it has waited
COMING_HOURS = 4  # callbacks are shown hour by hour so far ahead


class Doing(StrEnum):
    """What somebody is doing, as the floor shows it."""

    ON_CASE = "on_case"
    IDLE = "idle"
    BREAK = "break"
    MEETING = "meeting"
    TRAINING = "training"
    OFFLINE = "offline"


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


def age_class(waited: timedelta) -> int:
    """The first of `AGES` that the wait stays under, its index; their number for one that is longer than all."""
    hours = waited / timedelta(hours=1)
    return next((place for place, bound in enumerate(AGES) if hours < bound), len(AGES))
