"""A country's law as one portfolio lives under it: which reading, which regime, and its rules in the order people ask."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.law_binding import read_so, readings_of, regime_of, region_of
from workbench.rules.law_schema import Ban, Duty, Jurisdiction, LawRule, Option, Reading
from workbench.rules.words import N_

# When, how often, whom, by what, and then what to say and to keep.
GROUPS = {
    "when": N_("When"),
    "how_often": N_("How often"),
    "whom": N_("Whom"),
    "channels": N_("Which channels, and when to stop"),
    "exceptions": N_("Exceptions"),
    "to_say": N_("What to say"),
    "not_to_ask": N_("What not to ask or say"),
    "records": N_("Records and duties"),
}
_OF_KIND = {
    "hours": "when",
    "closed": "when",
    "cap": "how_often",
    "gap": "how_often",
    "exception": "exceptions",
    "request": "exceptions",
    "disclosure": "to_say",
    "not_asked": "not_to_ask",
    "retention": "records",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to read a disputed question, and whether the portfolio reads it so."""

    name: str
    option: Option
    chosen: bool
    default: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """A question that the text leaves open, with all its answers; exactly one is chosen."""

    name: str
    reading: Reading
    answers: tuple[Answer, ...]

    @property
    def own(self) -> bool:
        """Whether the portfolio reads it otherwise than by default."""
        return not any(answer.chosen and answer.default for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Outline:
    """The rules that hold for a portfolio's debtors by group, and those that do not, which others live under.

    Rules of one region, and of a regime that a region brings with it, hold for the debtors who live there, whatever
    region the portfolio names.
    """

    regime: str | None
    disputes: tuple[Dispute, ...]
    groups: dict[str, tuple[LawRule, ...]]
    others: tuple[LawRule, ...]


def outline(law: Jurisdiction, policy: ContactPolicy) -> Outline:
    """Raises Refused for a reading or regime that the law does not have."""
    chosen = readings_of(law, policy.readings)
    region = region_of(law, policy.region)
    holding = [rule for rule in law.rules if _holds(law, rule, chosen, policy, region)]
    groups = {name: tuple(rule for rule in holding if group_of(rule) == name) for name in GROUPS}
    return Outline(
        regime=regime_of(law, policy.regime, region),
        disputes=tuple(_disputes(law, chosen)),
        groups={name: rules for name, rules in groups.items() if rules},
        others=tuple(rule for rule in law.rules if rule not in holding),
    )


def group_of(rule: LawRule) -> str:
    """Under which of GROUPS a rule is read."""
    if isinstance(rule, Ban):
        return "whom" if rule.targets or rule.targets_except else "channels"
    if isinstance(rule, Duty):
        return "not_to_ask" if rule.topic == "content" else "records"
    return _OF_KIND[rule.kind]


def regions_of(law: Jurisdiction, rule: LawRule, regime: str | None) -> list[str]:
    """The names of the regions in which a rule holds under a portfolio's regime; none named = everywhere."""
    codes: tuple[str, ...] = rule.region
    if rule.regime and regime not in rule.regime:
        codes = tuple(code for code, region in law.regions.items() if region.regime in rule.regime)
    return [law.regions[code].name for code in codes]


def _holds(law: Jurisdiction, rule: LawRule, chosen: frozenset[str], policy: ContactPolicy, region: str | None) -> bool:
    places: tuple[str | None, ...] = rule.region or (region, *law.regions)
    regimes = {regime_of(law, policy.regime, here) for here in places}
    return (not rule.regime or bool(regimes & set(rule.regime))) and read_so(law, rule, chosen)


def _disputes(law: Jurisdiction, chosen: frozenset[str]) -> Iterator[Dispute]:
    for name, reading in law.readings.items():
        answers = (
            Answer(each, option, chosen=each in chosen, default=each == reading.default)
            for each, option in reading.options.items()
        )
        yield Dispute(name, reading, tuple(answers))
