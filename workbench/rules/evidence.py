"""A debtor's contacts as evidence: each with what the law said of it, then or, where nobody asked then, anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.interactions import Channel
from workbench.rules.contact_law import Allowance, Prior, allowances, level_of
from workbench.rules.contact_places import Known, Place
from workbench.rules.law_limits import LOOK_BACK
from workbench.rules.law_versions import as_stored
from workbench.rules.law_words import Level


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the law said of a contact; `anew` = judged only now, by the file and the facts known today."""

    allowed: bool
    rule: str | None
    law: str | None
    confidence: str | None
    version: str
    anew: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it was saved; `counts` = it was an attempt of ours, `came` how far it got (`law_words.OUTCOMES`)."""

    at: datetime
    portfolio_id: int
    portfolio: str
    case_id: int
    channel: Channel
    inbound: bool
    by: str | None
    address: str | None
    outcome: str
    note: str
    counts: bool
    came: str
    stored: Mapping[str, Any] | None
    override_reason: str | None
    override_by: str | None

    @property
    def ours(self) -> bool:
        """Whether the law limits it: an attempt that went out from us."""
        return self.counts and not self.inbound

    @property
    def level(self) -> Level:
        """How far it got; nothing of ours counts nothing."""
        return level_of(self.came) if self.ours else Level.NOTHING

    def prior(self) -> Prior:
        """The same as the law counts it later."""
        return Prior(self.at, self.channel, self.came, str(self.case_id))


@dataclass(frozen=True, slots=True)
class Used:
    """A limit of number on one channel, with what of it is used."""

    channel: Channel
    allowance: Allowance


def verdict(contact: Contact, contacts: Sequence[Contact], place: Place, known: Known) -> Verdict | None:
    """What was stored with the contact, else the law's answer now about then; none for what the law does not limit.

    `contacts` are all of the debtor's, `known` their zone, region and facts as known today.
    """
    if not contact.ours:
        return None
    stored = contact.stored
    if stored is None:
        earlier = tuple(
            each.prior()
            for each in contacts
            if each.ours and each is not contact and contact.at - LOOK_BACK < each.at <= contact.at
        )
        then = Known(known.zone, known.region, known.facts, earlier)
        decision = place.judge(then, contact.at, debt=str(contact.case_id), channel=contact.channel)
        stored = as_stored(decision, place.country)
    return Verdict(
        allowed=stored["allowed"],
        rule=stored.get("rule"),
        law=stored.get("law"),
        confidence=stored.get("confidence"),
        version=stored["version"],
        anew=contact.stored is None,
    )


def limits_used(
    contacts: Sequence[Contact], place: Place, known: Known, *, case_id: int, at: datetime
) -> Iterator[Used]:
    """The limits that bind another contact now, each told once, by the first channel it binds."""
    priors = tuple(each.prior() for each in contacts if each.ours and at - LOOK_BACK < each.at <= at)
    told: set[str] = set()
    for channel in Channel:
        asked = place.question(
            Known(known.zone, known.region, known.facts, priors), at, debt=str(case_id), channel=channel
        )
        for each in allowances(asked):
            if each.rule.id not in told:
                told.add(each.rule.id)
                yield Used(channel, each)
