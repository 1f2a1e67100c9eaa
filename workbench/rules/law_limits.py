"""How often the law lets somebody be contacted: caps by day, week or rolling days, and gaps between contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from models.interactions import Channel
from workbench.rules.law_schema import LONGEST_DAYS, Cap, Gap, LawRule
from workbench.rules.law_words import LEVELS, Counted, Level
from workbench.rules.local_clock import at_clock, date_of, local_day, monday

# No earlier contact that is older can count; a wait of clear days ends on the day after them, and clocks change.
LOOK_BACK = timedelta(days=LONGEST_DAYS + 2)


class Past(NamedTuple):
    """An earlier contact: its minute, the first whole minute not before it, and how far it got."""

    minute: int
    after: int
    level: Level
    channel: Channel
    debt: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap or a gap with its readings decided."""

    rule: Cap | Gap
    level: Level
    days: int  # of a rolling period or a clear gap; 1 = the day; 0 = the ISO week
    hours: int  # of a gap in hours
    channels: frozenset[Channel]

    def counts(self, past: Past, debt: str | None) -> bool:
        """Whether an earlier contact is of those limited here; a debt that is not known counts for every debt."""
        return (
            past.level >= self.level
            and past.channel in self.channels
            and (self.rule.of == "person" or debt is None or past.debt is None or past.debt == debt)
        )


def limit_of(rule: Cap | Gap, channel: Channel, chosen: frozenset[str]) -> Limit:
    """A cap or gap for one channel, with the readings that were chosen put in."""
    counts = _chosen(rule.counts, chosen)
    span = _chosen(rule.per if isinstance(rule, Cap) else rule.wait, chosen)
    number, _, unit = span.partition(" ")
    channels = frozenset(rule.counted_channels or rule.channels)
    if isinstance(rule, Cap) and rule.only_other_channels:
        channels -= {channel}
    if isinstance(rule, Cap) and rule.only_same_channel:
        channels &= {channel}
    return Limit(
        rule,
        LEVELS[Counted(counts)],
        days={"day": 1, "iso_week": 0}.get(span, int(number) if unit.endswith("days") else 0),
        hours=int(number) if unit == "hours" else 0,
        channels=channels,
    )


def in_force(rule: LawRule, day: int) -> bool:
    since, until = rule.in_force.since, rule.in_force.until
    if since is None and until is None:
        return True
    on = date_of(day)
    return (since is None or since <= on) and (until is None or on <= until)


def earliest(limit: Limit, zone: str, minute: int, past: Sequence[Past], debt: str | None) -> int:
    """The first minute not before this one that a cap or gap allows."""
    day = local_day(zone, minute)
    if not past or not in_force(limit.rule, day):
        return minute
    counted = [each for each in past if limit.counts(each, debt)]
    if isinstance(limit.rule, Gap):
        return max([minute, *(_gap_ends(limit, zone, each) for each in counted)])
    return _cap_ends(limit, limit.rule, zone, minute, counted)


def period(limit: Limit, day: int) -> tuple[int, int]:
    """First and last local day that are counted together with a contact on `day`."""
    if limit.days == 0:
        return monday(day), monday(day) + 6
    return day - limit.days + 1, day


def _gap_ends(limit: Limit, zone: str, past: Past) -> int:
    if limit.hours:
        return past.after + limit.hours * 60
    return at_clock(zone, local_day(zone, past.minute) + limit.days + 1, 0)


def _cap_ends(limit: Limit, cap: Cap, zone: str, minute: int, counted: Sequence[Past]) -> int:
    day = local_day(zone, minute)
    first, last = period(limit, day)
    days = sorted(on for on in (local_day(zone, each.minute) for each in counted) if first <= on <= last)
    if cap.after_contact:
        days = days[len(days) - _after_contact(zone, day, counted) :]
    allowed = cap.max + (cap.extra_after_contact if _contact_on(zone, day, counted) else 0)
    if len(days) < allowed:
        return minute
    freed = last + 1 if limit.days == 0 else days[len(days) - cap.max] + limit.days
    return at_clock(zone, freed, 0)


def _after_contact(zone: str, day: int, counted: Sequence[Past]) -> int:
    """How many contacts of a day followed its first conversation."""
    # of one minute the lesser comes first; debts, known or not, have no order
    today = sorted((each for each in counted if local_day(zone, each.minute) == day), key=lambda each: each[:3])
    talked = next((index for index, each in enumerate(today) if each.level >= Level.CONTACT), len(today))
    return max(len(today) - talked - 1, 0)


def _contact_on(zone: str, day: int, counted: Sequence[Past]) -> bool:
    return any(each.level >= Level.CONTACT and local_day(zone, each.minute) == day for each in counted)


def _chosen(value: str | Mapping[str, str], chosen: frozenset[str]) -> str:
    return next(value[name] for name in chosen if name in value) if isinstance(value, Mapping) else value
