"""When a debtor may be called: the portfolio's local hours, no Sundays, no public holidays."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global

# Seven days hold at most one week of feasts; a month without one lawful day is a fault in the hours given.
FARTHEST_DAYS = 31
SATURDAY, SUNDAY = 5, 6
FEAST_LANGUAGE = "es"


@dataclass(frozen=True, slots=True)
class Hours:
    """Local opening times, half-open: at `closes` it is already too late; no Saturday hours = no Saturday calls."""

    weekday_opens: time
    weekday_closes: time
    saturday_opens: time | None = None
    saturday_closes: time | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """A reason in words: an English message id and what goes into its places."""

    msgid: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """Whether a call is lawful at a moment; `until` is the end of this window, `next_open` the moment itself when open (UTC)."""

    open: bool
    until: datetime | None
    next_open: datetime
    because: Because


def may_call(hours: Hours, country: str, zone: str, at: datetime) -> Window:
    """The legal window around `at` (aware) for a debtor in `zone` (IANA) under the feasts of `country` (ISO 3166 alpha-2)."""
    place = ZoneInfo(zone)
    local = at.astimezone(place)
    span = _span(hours, country, local.date())
    if span and span[0] <= local.time() < span[1]:
        until = _moment(local.date(), span[1], place)
        return Window(open=True, until=until, next_open=at, because=_words("Calls are allowed until {closes}.", span))
    reason = _why_closed(hours, country, local)
    return Window(open=False, until=None, next_open=_next_open(hours, country, place, local), because=reason)


def open_zones(hours: Hours, country: str, zones: Iterable[str], at: datetime) -> list[str]:
    """Those of `zones` where a call is lawful at `at`, in the order given."""
    return [zone for zone in zones if may_call(hours, country, zone, at).open]


def next_lawful(hours: Hours, country: str, zone: str, at: datetime) -> datetime:
    """The first moment not before `at` when a call is lawful."""
    return may_call(hours, country, zone, at).next_open


@cache
def country_zones(country: str) -> tuple[str, ...]:
    """The time zones of a country (ISO 3166 alpha-2), by CLDR's list."""
    return tuple(get_global("territory_zones").get(country, ()))


@lru_cache(maxsize=256)
def feasts(country: str, year: int) -> dict[date, str]:
    """The public holidays of a country in one year, by the package `holidays`; none for a country it does not know."""
    try:
        # by default the names would be in whatever language the server's environment speaks
        return dict(holidays.country_holidays(country, years=year, language=FEAST_LANGUAGE))
    except NotImplementedError:
        return {}


def _span(hours: Hours, country: str, day: date) -> tuple[time, time] | None:
    if day.weekday() == SUNDAY or day in feasts(country, day.year):
        return None
    if day.weekday() < SATURDAY:
        return hours.weekday_opens, hours.weekday_closes
    if hours.saturday_opens is None or hours.saturday_closes is None:
        return None
    return hours.saturday_opens, hours.saturday_closes


def _why_closed(hours: Hours, country: str, local: datetime) -> Because:
    day = local.date()
    if span := _span(hours, country, day):
        return _words("Calls are allowed from {opens} to {closes} here; it is {now}.", span, now=f"{local:%H:%M}")
    if name := feasts(country, day.year).get(day):
        return Because("No calls on a public holiday: {name}.", {"name": name})
    return Because("No calls on Sundays." if day.weekday() == SUNDAY else "No calls on Saturdays.")


def _next_open(hours: Hours, country: str, place: ZoneInfo, local: datetime) -> datetime:
    for days in range(FARTHEST_DAYS):
        day = local.date() + timedelta(days=days)
        span = _span(hours, country, day)
        if span and (days or local.time() < span[0]):
            return _moment(day, span[0], place)
    raise ValueError(f"no lawful hour within {FARTHEST_DAYS} days")


def _moment(day: date, clock: time, place: ZoneInfo) -> datetime:
    """The UTC moment of a wall clock; one that a clock change skips is the first minute after the gap."""
    moment = datetime.combine(day, clock, place).astimezone(UTC)
    while (before := moment - timedelta(minutes=1)).astimezone(place).replace(tzinfo=None) >= datetime.combine(
        day, clock
    ):
        moment = before
    return moment


def _words(msgid: str, span: tuple[time, time], **more: str) -> Because:
    return Because(msgid, {"opens": f"{span[0]:%H:%M}", "closes": f"{span[1]:%H:%M}"} | more)
