"""What of a country's law binds one kind of contact, chosen once, and when it lets a contact begin.

A `Binding` is made per (law, region, regime, readings, channel, policy) and remembered; every timing rule in it
answers one question: the first minute, not before a given one, that the rule allows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from models.interactions import Channel
from workbench.rules.feasts import feasts
from workbench.rules.law_limits import Limit, in_force, limit_of
from workbench.rules.law_schema import (
    WEEKDAYS,
    Ban,
    Cap,
    Closed,
    Confidence,
    Gap,
    Hours,
    Jurisdiction,
    LawRule,
    Lift,
    Request,
    Said,
)
from workbench.rules.law_words import Counted
from workbench.rules.local_clock import DAY, at_clock, date_of, local_day, weekday
from workbench.rules.names import fold
from workbench.rules.refusals import Refused

FARTHEST_DAYS = 92  # a quarter without one lawful minute is not cured by waiting
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Policy:
    """A portfolio's own limits, which can only tighten the law; `hours` are (weekday, opens, closes) in minutes."""

    hours: tuple[tuple[int, int, int], ...] = ()
    holidays_closed: bool = False
    daily_attempts: int | None = None
    weekly_contacts: int | None = None


@dataclass(eq=False, slots=True)
class Binding:
    """The rules that bind; `warnings` are those only remembered, which never deny."""

    law: Jurisdiction | None
    country: str
    region: str | None
    channel: Channel
    hours: list[Hours] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    bans: list[Ban] = field(default_factory=list)
    lifts: list[Lift] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    warnings: "Binding | None" = None
    _spans: dict[tuple[str, int, "Wish | None"], tuple[Span, ...]] = field(default_factory=dict)
    _without: dict[frozenset[str], "Binding"] = field(default_factory=dict)

    def without(self, ids: frozenset[str]) -> "Binding":
        """The same without the rules that an exception lifts."""
        if not ids:
            return self
        if ids not in self._without:
            self._without[ids] = Binding(
                self.law,
                self.country,
                self.region,
                self.channel,
                [rule for rule in self.hours if rule.id not in ids],
                [rule for rule in self.closed if rule.id not in ids],
                [limit for limit in self.limits if limit.rule.id not in ids],
                [rule for rule in self.bans if rule.id not in ids],
                self.lifts,
                self.requests,
                self.warnings.without(ids) if self.warnings else None,
            )
        return self._without[ids]

    def feast(self, day: int) -> str | None:
        """The name of a holiday, none on other days."""
        on = date_of(day)
        return _feasts(self, on.year).get(on)

    def shut(self, day: int) -> Closed | None:
        """The rule that closes a whole local day, if one does."""
        for rule in self.closed:
            if in_force(rule, day) and (
                (rule.days and WEEKDAYS[weekday(day)] in rule.days) or (rule.holidays and self.feast(day))
            ):
                return rule
        return None

    def spans(self, zone: str, day: int, wish: "Wish | None" = None) -> tuple[Span, ...]:
        """The lawful minutes (UTC, half-open) of one local day, in order."""
        key = (zone, day, wish)
        found = self._spans.get(key)
        if found is None:
            found = self._spans[key] = tuple(self._open(zone, day, wish))
        return found

    def _open(self, zone: str, day: int, wish: "Wish | None") -> Iterator[Span]:
        if self.shut(day):
            return
        local: list[Span] = [(0, DAY)]
        for rule in self.hours:
            if in_force(rule, day):
                local = _both(local, day_hours(rule, day, wish))
        for opens, closes in local:
            start, end = at_clock(zone, day, opens), at_clock(zone, day, closes)
            if start < end:
                yield start, end

    def next_open(self, zone: str, minute: int, wish: "Wish | None" = None) -> int | None:
        """The first open minute not before this one; none when there is none for a quarter."""
        first = local_day(zone, minute)
        for day in range(first, first + FARTHEST_DAYS):
            for start, end in self.spans(zone, day, wish):
                if minute < end:
                    return max(minute, start)
        return None

    def closes(self, zone: str, minute: int, wish: "Wish | None" = None) -> int:
        """The end of the open span that a minute lies in, running over midnight when the next day is open too."""
        end = minute
        while True:
            spans = self.spans(zone, local_day(zone, end), wish)
            later = next((close for start, close in spans if start <= end < close), end)
            if later == end or later - minute > FARTHEST_DAYS * DAY:
                return end
            end = later


class Wish(NamedTuple):
    """Hours the debtor asked for, and the rules they widen."""

    opens: int
    closes: int
    widens: tuple[str, ...]


@lru_cache(maxsize=4096)
def bind(
    law: Jurisdiction | None,
    country: str,
    channel: Channel,
    *,
    region: str | None = None,
    regime: str | None = None,
    readings: tuple[str, ...] = (),
    policy: Policy | None = None,
) -> Binding:
    """Chooses the rules; raises Refused for a reading or regime that the country does not have."""
    here = region_of(law, region)
    chosen = readings_of(law, readings)
    binding = Binding(law, country, here, channel, warnings=Binding(law, country, here, channel))
    for rule in rules_here(law, channel, region=region, regime=regime, readings=readings):
        _add(binding, rule, chosen)
    for rule in own_rules(policy) if policy else ():
        if channel in rule.channels:
            _add(binding, rule, chosen)
    return binding


def rules_here(
    law: Jurisdiction | None,
    channel: Channel,
    *,
    region: str | None = None,
    regime: str | None = None,
    readings: tuple[str, ...] = (),
) -> Iterator[LawRule]:
    """The law's rules for one channel in one region, under one regime and the chosen readings, of every kind."""
    here = region_of(law, region)
    under = regime_of(law, regime, here)
    chosen = readings_of(law, readings)
    if law is None:
        return
    for rule in law.rules:
        if (
            channel in rule.channels
            and (not rule.region or here in rule.region)
            and (not rule.regime or under in rule.regime)
            and read_so(law, rule, chosen)
        ):
            yield rule


def region_of(law: Jurisdiction | None, region: str | None) -> str | None:
    """The code of a region written by its code, with its country's or without, or by a name; None when unknown.

    What stands in brackets is a remark.
    """
    if not law or not region:
        return None
    written = region.split("(")[0].strip().removeprefix(f"{law.country}-")
    return _region_names(law).get(fold(written))


def regime_of(law: Jurisdiction | None, regime: str | None, region: str | None) -> str | None:
    """Which creditors' law applies: the one named, else that of the region, else the country's default."""
    if not law or not law.regimes:
        return None
    if regime is None:
        return (region and law.regions[region].regime) or law.regimes.default
    for known, option in law.regimes.options.items():
        if _letters(regime) in map(_letters, (known, *option.also)):
            return known
    raise Refused(
        "{country} has no regime “{name}”; known are: {known}.",
        country=law.country,
        name=regime,
        known=", ".join(law.regimes.options),
    )


def readings_of(law: Jurisdiction | None, readings: Iterable[str]) -> frozenset[str]:
    """One reading per disputed question: those named, by name or other name, else the default."""
    if not law:
        return frozenset()
    known = {
        _letters(each): (axis, name)
        for axis, reading in law.readings.items()
        for name, option in reading.options.items()
        for each in (name, *option.also)
    }
    chosen = {axis: reading.default for axis, reading in law.readings.items()}
    for name in readings:
        if _letters(name) not in known:
            raise Refused(
                "{country} has no reading “{name}”; known are: {known}.",
                country=law.country,
                name=name,
                known=", ".join(law.options) or "-",
            )
        axis, option = known[_letters(name)]
        chosen[axis] = option
    return frozenset(chosen.values())


def day_hours(rule: Hours, day: int, wish: Wish | None = None) -> list[Span]:
    """The local minutes that a rule opens on a day, with what the debtor asked for."""
    span = rule.week.get(weekday(day))
    if span is None:
        return []
    if wish and rule.id in wish.widens:
        if wish.opens <= span[1] and span[0] <= wish.closes:
            return [(min(span[0], wish.opens), max(span[1], wish.closes))]
        return sorted([span, (wish.opens, wish.closes)])
    return [span]


def _add(binding: Binding, rule: LawRule, chosen: frozenset[str]) -> None:
    into = binding if rule.confidence != Confidence.MEMORY or binding.warnings is None else binding.warnings
    if isinstance(rule, Hours):
        into.hours.append(rule)
    elif isinstance(rule, Closed):
        into.closed.append(rule)
    elif isinstance(rule, Cap | Gap):
        into.limits.append(limit_of(rule, binding.channel, chosen))
    elif isinstance(rule, Ban):
        into.bans.append(rule)
    elif isinstance(rule, Lift):
        binding.lifts.append(rule)
    elif isinstance(rule, Request):
        binding.requests.append(rule)


def _both(left: list[Span], right: list[Span]) -> list[Span]:
    """The minutes in both, in order."""
    overlaps = ((max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right)
    return sorted((start, end) for start, end in overlaps if start < end)


def read_so(law: Jurisdiction, rule: LawRule, chosen: frozenset[str]) -> bool:
    """Whether a rule holds under the chosen readings: one of those it names, of every question it speaks to."""
    wanted: dict[str, set[str]] = {}
    for name in rule.reading:
        wanted.setdefault(law.options[name], set()).add(name)
    return all(names & chosen for names in wanted.values())


def own_rules(policy: Policy) -> Iterator[LawRule]:
    """A portfolio's limits as rules, so that they bind and are shown like the law's."""
    own: dict[str, Any] = {"law": "Política de la cartera", "confidence": Confidence.POLICY}
    if policy.hours:
        week = {WEEKDAYS[day]: f"{_clock(opens)}-{_clock(closes)}" for day, opens, closes in policy.hours}
        said = Said(es="El horario propio de la cartera.", en="The portfolio's own hours.")
        yield Hours(kind="hours", id="policy.hours", hours=week, says=said, **own)
    if policy.holidays_closed:
        said = Said(es="La cartera no contacta en festivos.", en="The portfolio makes no contact on holidays.")
        yield Closed(kind="closed", id="policy.no_holiday", holidays=True, says=said, **own)
    if policy.daily_attempts is not None:
        said = Said(es="El máximo de intentos al día de la cartera.", en="The portfolio's limit of attempts a day.")
        yield Cap(
            kind="cap",
            id="policy.daily_attempts",
            max=policy.daily_attempts,
            per="day",
            counts=Counted.ATTEMPT,
            says=said,
            **own,
        )
    if policy.weekly_contacts is not None:
        said = Said(
            es="El máximo de contactos a la semana de la cartera.", en="The portfolio's limit of contacts a week."
        )
        yield Cap(
            kind="cap",
            id="policy.weekly_contacts",
            max=policy.weekly_contacts,
            per="iso_week",
            counts=Counted.CONTACT,
            says=said,
            **own,
        )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _letters(name: str) -> str:
    return "".join(each for each in fold(name) if each.isalnum())


@lru_cache(maxsize=256)
def _region_names(law: Jurisdiction) -> dict[str, str]:
    return {fold(name): code for code, region in law.regions.items() for name in (code, region.name, *region.also)}


@lru_cache(maxsize=1024)
def _feasts(binding: Binding, year: int) -> dict[date, str]:
    return feasts(binding.law, binding.country, binding.region, year)
