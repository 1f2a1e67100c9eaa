"""May this contact happen now? The law's answer, with the rule, its article and the next lawful moment.

Half-open minutes of the debtor's local clock; with several possible zones a moment has to be lawful in all of them.
The jurisdictions are data (`workbench/contact_law`); `docs/contact-law.md` says how they are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from models.interactions import Channel
from workbench.rules.law_binding import FARTHEST_DAYS, Binding, Policy, Wish, bind, day_hours
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_limits import Limit, Past, earliest, in_force, period
from workbench.rules.law_reasons import Because, closed, per, shut, too_many
from workbench.rules.law_schema import Ban, Cap, Hours, Jurisdiction, LawRule, Lift
from workbench.rules.law_words import COLLECTION, OUTCOMES, PURPOSES, TARGETS_ALSO, Level, Target, plain
from workbench.rules.local_clock import DAY, at_clock, local_day, minute_of, minutes_around, moment
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

__all__ = [
    "Allowance",
    "Because",
    "Decision",
    "Policy",
    "Prior",
    "Question",
    "allowances",
    "may_contact",
    "purpose_of",
    "target_of",
]

# How an instrument is named that is part of the contract, and what says that it is not.
IN_THE_CONTRACT = ("contract", "clause")
APART = ("separate", "distinct", "different", "later", "after", "apart")


@dataclass(frozen=True, slots=True)
class Prior:
    """An earlier contact of ours with the same person; `debt` = which debt it was about, none = unknown."""

    at: datetime
    channel: Channel
    outcome: str
    debt: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One contact that somebody wants to make at `at` (aware), with all that the law may ask about it.

    `zones` are the IANA zones the person may be in; `readings` name how disputed texts are read, the country's
    defaults hold for the others; `facts` are those of `law_words.FACTS`.
    """

    country: str
    at: datetime
    zones: tuple[str, ...]
    channel: Channel
    target: str = Target.DEBTOR
    purpose: str = COLLECTION
    region: str | None = None
    regime: str | None = None
    readings: tuple[str, ...] = ()
    debt: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    priors: Sequence[Prior] = ()
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a contact is lawful, the rule that decided (none = no rule speaks of it) and why.

    `next_allowed` (UTC) is when the same contact will be lawful, none when it is now or time does not cure the
    refusal; `until` (UTC) ends the lawful span of now. `warnings` are rules only remembered, which never deny.
    """

    allowed: bool
    rule: LawRule | None
    because: Because
    next_allowed: datetime | None = None
    until: datetime | None = None
    warnings: tuple[LawRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit that binds a contact: how much of it is used, and when the counting begins anew (none used: none)."""

    rule: Cap
    used: int
    max: int
    per: str
    ends: datetime | None
    level: Level = Level.CONTACT  # how far a contact has to get to be counted


@dataclass(frozen=True, slots=True)
class Case:
    """A question made ready: minutes, the binding without what is lifted, and the debtor's own wish."""

    question: Question
    minute: int
    binding: Binding
    past: tuple[Past, ...]
    target: Target
    wish: Wish | None
    lifted_by: LawRule | None

    @property
    def zones(self) -> tuple[str, ...]:
        return self.question.zones


def may_contact(question: Question, law: Jurisdiction | None = None) -> Decision:
    """Judges one contact under its country's law, or under `law` when given.

    Refused for a country without law and policy, an unknown reading or regime, and a question without a zone.
    Source: the jurisdiction's file; the rule returned cites it.
    """
    case = case_of(question, law)
    warnings = tuple(_remembered(case))
    if ban := banned(case, case.binding.bans):
        return Decision(allowed=False, rule=ban, because=Because(), warnings=warnings)
    following = _next(case, case.minute)
    if following == case.minute:
        return _allowed(case, warnings)
    rule, because = _denied(case)
    return Decision(
        allowed=False,
        rule=rule,
        because=because,
        next_allowed=None if following is None else moment(following),
        warnings=warnings,
    )


def allowances(question: Question, law: Jurisdiction | None = None) -> list[Allowance]:
    """The limits of number that bind this contact, with what is used of each."""
    case = case_of(question, law)
    zone = question.zones[0]
    day = local_day(zone, case.minute)
    found = []
    for limit in case.binding.limits:
        if isinstance(limit.rule, Cap) and in_force(limit.rule, day):
            used = len(_within(limit, case, zone, day))
            ends = earliest(limit, zone, case.minute, case.past, question.debt)
            reset = moment(ends) if ends > case.minute else None
            found.append(Allowance(limit.rule, used, limit.rule.max, per(limit), reset, limit.level))
    return found


@lru_cache(maxsize=1024)
def target_of(name: str) -> Target:
    """Who a word means; anybody unknown is a third party."""
    word = plain(name)
    return Target(word) if word in set(Target) else TARGETS_ALSO.get(word, Target.THIRD_PARTY)


@lru_cache(maxsize=1024)
def purpose_of(name: str) -> str:
    """What a contact is for, by any of its names; an unknown purpose is treated as collection."""
    word = plain(name)
    return next((purpose for purpose, also in PURPOSES.items() if word == purpose or word in also), COLLECTION)


def case_of(question: Question, law: Jurisdiction | None) -> Case:
    """The question made ready, under its country's law or under `law`; raises Refused as `may_contact` says."""
    law = law or jurisdictions().get(question.country)
    if law is None and question.policy is None:
        raise Refused(
            "No law is known for {country}; known are: {known}. Add a file for it, or give the portfolio's policy.",
            country=question.country,
            known=", ".join(jurisdictions()),
        )
    if not question.zones:
        raise Refused("A question needs the debtor's time zone.")
    binding = bind(
        law,
        question.country,
        question.channel,
        region=question.region,
        regime=question.regime,
        readings=question.readings,
        policy=question.policy,
    )
    minute = minute_of(question.at)
    lifts = [rule for rule in binding.lifts if _lifts(rule, question, local_day(question.zones[0], minute))]
    ids = frozenset(rule_id for rule in lifts for rule_id in rule.lifts)
    limited = binding.limits or (binding.warnings and binding.warnings.limits)
    past = tuple(map(_past, question.priors)) if limited else ()
    wish = _wish(binding, question) if binding.requests else None
    target = target_of(question.target)
    return Case(question, minute, binding.without(ids), past, target, wish, lifts[0] if lifts else None)


def _past(prior: Prior) -> Past:
    minute, after = minutes_around(prior.at)
    return Past(minute, after, level_of(prior.outcome), prior.channel, prior.debt)


@lru_cache(maxsize=1024)
def level_of(outcome: str) -> Level:
    """How far a contact of this outcome got; one that is not known counts as a conversation, the strictest."""
    return OUTCOMES.get(plain(outcome), Level.CONTACT)


def _lifts(rule: Lift, question: Question, day: int) -> bool:
    return (
        in_force(rule, day)
        and (not rule.purposes or purpose_of(question.purpose) in rule.purposes)
        and _holds(rule.when, question)
    )


def _wish(binding: Binding, question: Question) -> Wish | None:
    """The hours that the debtor asked for, when the law lets them count."""
    window = question.facts.get("consumer_requested_window")
    if not window:
        return None
    instrument = str(question.facts.get("request_instrument") or "contract").lower()
    inside = any(word in instrument for word in IN_THE_CONTRACT) and not any(word in instrument for word in APART)
    widens = tuple(
        rule_id for rule in binding.requests if not (rule.outside_the_contract and inside) for rule_id in rule.widens
    )
    opens, closes = (_minute_of_day(each) for each in window)
    return Wish(opens, closes, widens) if widens and opens < closes else None


def _minute_of_day(clock: Any) -> int:
    read = clock if isinstance(clock, time) else time.fromisoformat(str(clock))
    return read.hour * 60 + read.minute


def banned(case: Case, bans: Sequence[Ban]) -> Ban | None:
    """The first of these bans that forbids the contact."""
    day = local_day(case.zones[0], case.minute)
    return next((ban for ban in bans if in_force(ban, day) and _forbids(ban, case)), None)


def _forbids(ban: Ban, case: Case) -> bool:
    return (
        (not ban.targets or case.target in ban.targets)
        and (not ban.targets_except or case.target not in ban.targets_except)
        and _holds(ban.when, case.question)
        and not any(_holds(way_out, case.question) for way_out in ban.unless)
    )


def _holds(facts: Mapping[str, Any], question: Question) -> bool:
    """Whether the question's facts are these: a list names alternatives, true is anything but nothing."""
    for name, wanted in facts.items():
        known = _fact(name, question)
        if isinstance(wanted, bool):
            if known is None or bool(known) != wanted:
                return False
        elif isinstance(wanted, list | tuple):
            if known not in wanted:
                return False
        elif known != wanted:
            return False
    return True


def _fact(name: str, question: Question) -> Any:
    known = question.facts.get(name)
    if name == "product" and known is not None:
        return str(known).lower().replace(" ", "_").removesuffix("_credit").removesuffix("_loan")
    if name == "channel_authorised" and known is None and "authorised_channels" in question.facts:
        return question.channel.value in question.facts["authorised_channels"]
    return known


def _next(case: Case, minute: int) -> int | None:
    """The first minute that every rule allows in every zone; none when there is none for a quarter."""
    start = minute
    while True:
        reached = minute
        for zone in case.zones:
            opened = case.binding.next_open(zone, minute, case.wish)
            if opened is None:
                return None
            minute = opened
            for limit in case.binding.limits:
                minute = earliest(limit, zone, minute, case.past, case.question.debt)
        if minute == reached:
            return minute
        if minute - start > FARTHEST_DAYS * DAY:
            return None


def _allowed(case: Case, warnings: tuple[LawRule, ...]) -> Decision:
    until = min(case.binding.closes(zone, case.minute, case.wish) for zone in case.zones)
    rule, because = _spoke(case, until)
    return Decision(allowed=True, rule=rule, because=because, until=moment(until), warnings=warnings)


def _spoke(case: Case, until: int) -> tuple[LawRule | None, Because]:
    """The most particular rule that was asked and allows: an exception, who, how often, when."""
    if case.lifted_by:
        return case.lifted_by, Because()
    if case.target != Target.DEBTOR:
        particular = [ban for ban in case.binding.bans if case.target in ban.targets_except]
        if particular:
            return particular[0], Because()
    zone = case.zones[0]
    day = local_day(zone, case.minute)
    for limit in case.binding.limits:
        if in_force(limit.rule, day) and _asked(limit, case, zone, day):
            return limit.rule, Because()
    closes = moment(until)
    for rule in case.binding.hours:
        if in_force(rule, day):
            return rule, Because(N_("Contact is allowed until {closes}."), {"closes": closes})
    return None, Because(N_("No rule of this country speaks of it."))


def _asked(limit: Limit, case: Case, zone: str, day: int) -> bool:
    """Whether an earlier contact fell into the limit's period, counted or not."""
    first, last = period(limit, day)
    return any(first <= local_day(zone, each.minute) <= last for each in case.past)


def _within(limit: Limit, case: Case, zone: str, day: int) -> list[Past]:
    first, last = period(limit, day)
    return [
        each
        for each in case.past
        if limit.counts(each, case.question.debt) and first <= local_day(zone, each.minute) <= last
    ]


def _denied(case: Case) -> tuple[LawRule, Because]:
    """The rule that says no: the limit that lifts last, else the closed day, else the hours; the law before a policy."""
    found: list[tuple[int, LawRule, Because]] = []
    for zone in case.zones:
        for limit in case.binding.limits:
            ends = earliest(limit, zone, case.minute, case.past, case.question.debt)
            if ends > case.minute:
                found.append((ends, limit.rule, too_many(limit)))
    if found:
        return max(found, key=lambda each: each[0])[1:]
    return next(filter(None, (_outside(case, case.binding, zone) for zone in case.zones)))


def _outside(case: Case, binding: Binding, zone: str) -> tuple[LawRule, Because] | None:
    day = local_day(zone, case.minute)
    if rule := binding.shut(day):
        return rule, shut(rule, binding.feast(day))
    for hours in binding.hours:
        if in_force(hours, day) and not _within_hours(hours, case, zone, day):
            return hours, closed(hours, zone, day, case.minute, case.wish)
    return None


def _within_hours(rule: Hours, case: Case, zone: str, day: int) -> bool:
    return any(
        at_clock(zone, day, opens) <= case.minute < at_clock(zone, day, closes)
        for opens, closes in day_hours(rule, day, case.wish)
    )


def _remembered(case: Case) -> list[LawRule]:
    """Rules only known from memory that would deny: they warn."""
    doubtful = case.binding.warnings
    if doubtful is None:
        return []
    day = local_day(case.zones[0], case.minute)
    said: list[LawRule] = [ban for ban in doubtful.bans if in_force(ban, day) and _forbids(ban, case)]
    said += [
        limit.rule
        for limit in doubtful.limits
        if any(earliest(limit, zone, case.minute, case.past, case.question.debt) > case.minute for zone in case.zones)
    ]
    found = [outside for zone in case.zones if (outside := _outside(case, doubtful, zone))]
    return [*said, *(rule for rule, _ in found[:1])]
