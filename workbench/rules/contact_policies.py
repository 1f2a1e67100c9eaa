"""A portfolio's own policy on contacts: which law it lives under, how it reads it, and the limits it sets itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

from workbench.rules.law_binding import Policy, readings_of, regime_of, region_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.refusals import Refused

FRIDAY, SATURDAY = 4, 5


@dataclass(frozen=True, slots=True)
class Hours:
    """Local opening times, half-open: at `closes` it is already too late; no Saturday hours = no Saturday calls."""

    weekday_opens: time
    weekday_closes: time
    saturday_opens: time | None = None
    saturday_closes: time | None = None

    def by_weekday(self) -> tuple[tuple[int, int, int], ...]:
        """(weekday, first minute, first closed minute) of every open day; never a Sunday."""
        week = [(day, _minute(self.weekday_opens), _minute(self.weekday_closes)) for day in range(FRIDAY + 1)]
        if self.saturday_opens and self.saturday_closes:
            week.append((SATURDAY, _minute(self.saturday_opens), _minute(self.saturday_closes)))
        return tuple(week)


SHIPPED_HOURS = Hours(time(8), time(19))


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """What a portfolio chooses: it can only tighten the law; none of a limit = what the law says."""

    hours: Hours = SHIPPED_HOURS
    readings: tuple[str, ...] = ()
    regime: str | None = None
    region: str | None = None
    daily_attempts: int | None = None
    weekly_contacts: int | None = None
    calls_on_holidays: bool = False


SHIPPED_POLICY = ContactPolicy()


@lru_cache(maxsize=1024)
def limits_of(policy: ContactPolicy) -> Policy:
    """The policy as the law's rules take it."""
    return Policy(
        policy.hours.by_weekday(), not policy.calls_on_holidays, policy.daily_attempts, policy.weekly_contacts
    )


def check_policy(policy: ContactPolicy, country: str) -> None:
    """Refuses readings, a regime or a region that the country's law does not have, and limits that make no sense."""
    law = jurisdictions().get(country)
    if law is None and (policy.readings or policy.regime):
        raise Refused("No law is known for {country}: it has no readings and no regimes.", country=country)
    readings_of(law, policy.readings)
    if law and policy.regime and not law.regimes:
        raise Refused("{country} has one law for all creditors: it has no regimes.", country=country)
    regime_of(law, policy.regime, None)
    if law and law.regions and policy.region and not region_of(law, policy.region):
        names = ", ".join(law.regions)
        raise Refused("{country} has no region “{name}”; known are: {known}.", country=country, name=policy.region, known=names)  # fmt: skip
    if any(limit is not None and limit < 1 for limit in (policy.daily_attempts, policy.weekly_contacts)):
        raise Refused("A limit of contacts is 1 or more; leave it out for what the law says.")
    _check_hours(policy.hours)


def _check_hours(hours: Hours) -> None:
    saturday = (hours.saturday_opens, hours.saturday_closes)
    if (saturday[0] is None) != (saturday[1] is None):
        raise Refused("Saturday needs an opening and a closing hour, or neither.")
    spans: Iterable[tuple[time | None, time | None]] = ((hours.weekday_opens, hours.weekday_closes), saturday)
    if any(opens and closes and opens >= closes for opens, closes in spans):
        raise Refused("Calling hours have to close after they open.")


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
