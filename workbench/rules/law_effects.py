"""What another version of a law would change for the debtors of one place: lawful minutes a week, channel by channel."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from models.interactions import Channel
from workbench.rules.contact_law import Decision, may_contact
from workbench.rules.contact_places import Known, Place
from workbench.rules.law_schema import Jurisdiction
from workbench.rules.lawful_hours import lawful_minutes


@dataclass(frozen=True, slots=True)
class Minutes:
    """Lawful minutes of one week under two versions of the law."""

    before: int
    after: int

    @property
    def same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes on one channel: by the law alone, and within the portfolio's own policy, which may be tighter."""

    channel: Channel
    law: Minutes
    within_policy: Minutes


def effects(place: Place, known: Known, before: Jurisdiction, after: Jurisdiction, *, first: date) -> list[Effect]:
    """Both versions asked for the seven days from `first` on, about somebody not contacted of late.

    Refused when a version does not know the portfolio's readings or regime.
    """

    def minutes(channel: Channel, *, policy: bool) -> Minutes:
        return Minutes(*(_minutes(place, known, channel, law, first, policy=policy) for law in (before, after)))

    return [Effect(channel, minutes(channel, policy=False), minutes(channel, policy=True)) for channel in Channel]


def _minutes(place: Place, known: Known, channel: Channel, law: Jurisdiction, first: date, *, policy: bool) -> int:
    def judge(at: datetime) -> Decision:
        question = place.question(known, at, channel=channel)
        return may_contact(question if policy else replace(question, policy=None), law)

    return lawful_minutes(judge, known.zone, first)
