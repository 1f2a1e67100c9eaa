"""When a portfolio's debtors may be called: its country's law and its own policy, both asked of the one engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import get_global

from models.interactions import Channel
from workbench.rules.contact_law import Allowance, Because, Decision, Prior, Question, allowances, may_contact
from workbench.rules.contact_policies import ContactPolicy, limits_of
from workbench.rules.law_binding import region_of, rules_here
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_limits import in_force
from workbench.rules.law_regions import zone_and_region
from workbench.rules.law_schema import LawRule, NotAsked
from workbench.rules.law_words import Target
from workbench.rules.local_clock import local_day, minute_of

# Waiting does not cure a ban: what it keeps out waits until the fact behind it is taken away, whatever the date.
UNTIL_TOLD_OTHERWISE = datetime(2200, 1, 1, tzinfo=UTC)


@cache
def country_zones(country: str) -> tuple[str, ...]:
    """The time zones of a country (ISO 3166 alpha-2), by CLDR's list."""
    return tuple(get_global("territory_zones").get(country, ()))


@dataclass(frozen=True, slots=True)
class Known:
    """What the law may ask about a debtor: where, under which facts, and our contacts of late."""

    zone: str
    region: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    priors: Sequence[Prior] = ()

    def before(self, at: datetime) -> "Known":
        """What was known when a contact began: without what came after."""
        return replace(self, priors=tuple(prior for prior in self.priors if prior.at <= at))

    def asking(self) -> "Known":
        """What is known of a debtor who has just written to us: an answer is what they asked for."""
        return replace(self, facts={**self.facts, "requested_by_debtor": True})

    def after(self, contact: Prior) -> "Known":
        """What is known once another contact has been made."""
        return replace(self, priors=(*self.priors, contact))


@dataclass(frozen=True, slots=True)
class Window:
    """Whether a contact is lawful at a moment; `until` ends this window, `next_open` is the moment itself when open (UTC).

    `cured` is False when waiting does not help: then `next_open` is UNTIL_TOLD_OTHERWISE.
    """

    open: bool
    until: datetime | None
    next_open: datetime
    because: Because
    rule: LawRule | None
    cured: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a portfolio's debtors live, under which law and which policy of its own."""

    portfolio_id: int
    country: str
    time_zone: str
    policy: ContactPolicy

    def question(
        self,
        known: Known,
        at: datetime,
        *,
        debt: str | None = None,
        channel: Channel = Channel.CALL,
        target: str = Target.DEBTOR,
    ) -> Question:
        """What the engine is asked about one contact with a debtor."""
        return Question(
            country=self.country,
            at=at,
            zones=(known.zone,),
            channel=channel,
            target=target,
            region=self._region(known.region),
            regime=self.policy.regime,
            readings=self.policy.readings,
            debt=debt,
            facts=known.facts,
            priors=known.priors,
            policy=limits_of(self.policy),
        )

    def judge(
        self, known: Known, at: datetime, *, debt: str | None = None, channel: Channel = Channel.CALL
    ) -> Decision:
        """Whether this debtor may be contacted at `at`, by the law and the policy."""
        return may_contact(self.question(known, at, debt=debt, channel=channel))

    def allowances(self, known: Known, at: datetime, *, debt: str | None = None) -> list[Allowance]:
        """The limits of number that bind a call to this debtor, with what is used of each."""
        return allowances(self.question(known, at, debt=debt))

    def window(self, place: str, at: datetime) -> Window:
        """The lawful window at `at` for any debtor of a place (a zone, with or without its region), whatever their history."""
        return self.window_of(Known(*zone_and_region(place)), at)

    def window_of(self, known: Known, at: datetime, *, debt: str | None = None) -> Window:
        """The lawful window at `at` for one debtor."""
        decision = self.judge(known, at, debt=debt)
        later = at if decision.allowed else decision.next_allowed
        return Window(
            open=decision.allowed,
            until=decision.until,
            next_open=later or UNTIL_TOLD_OTHERWISE,
            because=decision.because,
            rule=decision.rule,
            cured=later is not None,
        )

    def next_lawful(self, place: str, at: datetime) -> datetime:
        """The first moment not before `at` when debtors of a place may be called."""
        return self.window(place, at).next_open

    def open_zones(self, zones: Iterable[str], at: datetime) -> list[str]:
        """Those of `zones` (places) that may be called at `at`, in the order given."""
        return [zone for zone in zones if self.window(zone, at).open]

    def today(self, at: datetime) -> date:
        """The business day: the portfolio's own date at `at`."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def tomorrow(self, zone: str, at: datetime) -> datetime:
        """The midnight that ends the debtor's day."""
        day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
        return datetime.combine(day, time(), ZoneInfo(zone))

    def fields_not_asked(self, known: Known, at: datetime) -> frozenset[str]:
        """The fields of the outcome form that the law does not let anybody ask for."""
        return frozenset(rule.field for rule in self.call_rules(known, at) if isinstance(rule, NotAsked))

    def call_rules(self, known: Known, at: datetime) -> tuple[LawRule, ...]:
        """The law's rules of every kind that are in force for a call to this debtor at `at`."""
        return _call_rules(self, self._region(known.region), local_day(known.zone, minute_of(at)))

    def _region(self, region: str | None) -> str | None:
        """The debtor's own region when the law knows it, else the portfolio's."""
        return region_of(jurisdictions().get(self.country), region) or self.policy.region


@lru_cache(maxsize=4096)
def _call_rules(place: Place, region: str | None, day: int) -> tuple[LawRule, ...]:
    law, policy = jurisdictions().get(place.country), place.policy
    rules = rules_here(law, Channel.CALL, region=region, regime=policy.regime, readings=policy.readings)
    return tuple(rule for rule in rules if in_force(rule, day))
