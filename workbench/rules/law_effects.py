"""What another version of a law would change for the debtors of one place: lawful minutes a week, channel by channel."""

from dataclasses import dataclass
from datetime import date, datetime

from models.interactions import Channel
from workbench.rules.contact_law import Decision, may_contact
from workbench.rules.contact_places import Known, Place
from workbench.rules.law_schema import Jurisdiction
from workbench.rules.lawful_hours import lawful_minutes


@dataclass(frozen=True, slots=True)
class Effect:
    """Lawful minutes of one week on one channel under two versions of the law, the portfolio's policy included."""

    channel: Channel
    before: int
    after: int


def effects(place: Place, known: Known, before: Jurisdiction, after: Jurisdiction, *, first: date) -> list[Effect]:
    """Both versions asked for the seven days from `first` on, about somebody not contacted of late.

    Refused when a version does not know the portfolio's readings or regime.
    """
    return [
        Effect(channel, *(_minutes(place, known, channel, law, first) for law in (before, after)))
        for channel in Channel
    ]


def _minutes(place: Place, known: Known, channel: Channel, law: Jurisdiction, first: date) -> int:
    def judge(at: datetime) -> Decision:
        return may_contact(place.question(known, at, channel=channel), law)

    return lawful_minutes(judge, known.zone, first)
