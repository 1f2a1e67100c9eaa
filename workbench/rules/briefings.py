"""What an agent has to know before calling one debtor: may I, until when, how often, what to say, what not to ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from workbench.rules.contact_law import Allowance, Decision
from workbench.rules.contact_places import Known, Place
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_schema import Disclosure, LawRule, NotAsked, Source


@dataclass(frozen=True, slots=True)
class Briefing:
    """The law about a call to one debtor at one moment.

    `rule` is what the answer rests on: of a refusal the rule that refuses, of a permission the one that ends it.
    """

    decision: Decision
    rule: LawRule | None
    allowances: tuple[Allowance, ...]
    to_say: tuple[Disclosure, ...]
    not_asked: tuple[NotAsked, ...]
    sources: Mapping[str, Source]
    zone: str

    @property
    def allowed(self) -> bool:
        return self.decision.allowed

    @property
    def hidden_fields(self) -> frozenset[str]:
        """The fields of the outcome form that the law does not let anybody fill in."""
        return frozenset(rule.field for rule in self.not_asked)


def briefing(place: Place, known: Known, at: datetime, *, spoken: bool, debt: str | None = None) -> Briefing:
    """What the law says of a call to this debtor at `at`; `spoken` = there has been a conversation with them before."""
    decision = place.judge(known, at, debt=debt)
    law = jurisdictions().get(place.country)
    rules = place.call_rules(known, at)
    to_say = (rule for rule in rules if isinstance(rule, Disclosure))
    return Briefing(
        decision=decision,
        rule=_ends(place, known, decision) or decision.rule,
        allowances=tuple(place.allowances(known, at, debt=debt)),
        to_say=tuple(rule for rule in to_say if rule.at == "every_contact" or not spoken),
        not_asked=tuple(rule for rule in rules if isinstance(rule, NotAsked)),
        sources=law.sources if law else {},
        zone=known.zone,
    )


def _ends(place: Place, known: Known, decision: Decision) -> LawRule | None:
    """The rule that closes the lawful span of now: law or policy, whichever ends it first."""
    if decision.until is None:
        return None
    if known.facts:  # an hour asked for may end it
        return place.judge(Known(known.zone, known.region, known.facts), decision.until).rule
    return _closes(place, known.zone, known.region, decision.until)


@lru_cache(maxsize=4096)
def _closes(place: Place, zone: str, region: str | None, until: datetime) -> LawRule | None:
    after = place.judge(Known(zone, region), until)
    return None if after.allowed else after.rule
