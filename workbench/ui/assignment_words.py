"""Words of the assignment page: queues, buckets, whose a case is, what somebody may be given."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from models import Portfolio, Queue, Stage
from workbench.queries.assignment import NOBODY, OTHERS, Holder
from workbench.queries.work_profiles import Away, Profile
from workbench.rules.words import N_
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, day, money, number

QUEUES = {
    Queue.CALL: N_("Calls"),
    Queue.NEGOTIATION: N_("Negotiation"),
    Queue.REVIEW: N_("Review"),
}


def queues(found: Collection[Queue]) -> str:
    """The queues a case lies in, in their order; none when nothing waits for anybody."""
    return " · ".join(_(QUEUES[each]) for each in QUEUES if each in found) or _("no open work")


def stage(value: Stage) -> str:
    """A stage's name."""
    return _(STAGES[value])


def bucket(starts: Collection[int], place: int) -> str:
    """The days past due of an ageing bucket, such as 31-60."""
    edges = list(starts)
    if place <= 0:
        return _("current")
    if place >= len(edges):
        return f"{edges[-1]}+"
    return f"{edges[place - 1]}-{edges[place] - 1}"


def buckets(portfolios: Iterable[Portfolio]) -> dict[int, str]:
    """The buckets of these portfolios by their place; where they differ each says its own days."""
    shapes = list(dict.fromkeys(tuple(each.bucket_starts) for each in portfolios))
    most = max((len(each) for each in shapes), default=0)
    return {
        place: " / ".join(dict.fromkeys(bucket(each, place) for each in shapes if place <= len(each)))
        for place in range(most + 1)
    }


def owner(user_id: int, holders: Mapping[int, Holder]) -> str:
    """Whose a case is: nobody's, somebody's, or of a team that is not told by name."""
    if user_id == NOBODY:
        return _("Nobody")
    if user_id == OTHERS or user_id not in holders:
        return _("Other teams")
    held = holders[user_id]
    return held.name if held.active else _("{name} (left)", name=held.name)


def amounts(sums: Mapping[str, Decimal]) -> str:
    """Amounts by currency, never added up across them."""
    return " · ".join(money(amount, currency) for currency, amount in sums.items() if amount) or "—"


def away(absence: Away) -> str:
    """The days of an absence, and why."""
    days = day(absence.from_on)
    if absence.until_on != absence.from_on:
        days = _("{first} to {last}", first=days, last=day(absence.until_on))
    return f"{days} · {absence.reason}" if absence.reason else days


def person(found: Profile) -> str:
    """Somebody's name, and until when they are away."""
    if found.away is None:
        return found.name
    return _("{name} (away until {day})", name=found.name, day=day(found.away.until_on))


def knows(found: Profile, portfolios: Mapping[int, Any]) -> str:
    """What somebody may be given, in one line; nothing said is everything."""
    skills = found.skills
    parts = [", ".join(stage(each) for each in Stage if each in skills.stages)]
    parts += [", ".join(sorted(skills.languages))]
    parts += [", ".join(portfolios[each].name for each in portfolios if each in skills.portfolio_ids)]
    return " · ".join(each for each in parts if each) or _("everything")


def cap(value: Decimal | int | None) -> str:
    """A cap, or that there is none."""
    return "—" if value is None else number(value)
