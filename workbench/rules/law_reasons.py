"""Why the law says yes or no, as message ids with their values, and in the reader's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from workbench.rules.law_binding import Wish, day_hours
from workbench.rules.law_limits import Limit
from workbench.rules.law_schema import Cap, Closed, Hours, LawRule
from workbench.rules.local_clock import at_clock, moment
from workbench.rules.words import N_, translate


class Because(NamedTuple):
    """A reason in words: an English message id and what goes into its places; empty = the rule's own sentence."""

    msgid: str = ""
    params: Mapping[str, Any] = {}


def too_many(limit: Limit) -> Because:
    """Why a cap or gap says no."""
    if not isinstance(limit.rule, Cap):
        return Because(N_("It is too soon after the last contact."))
    if limit.rule.only_other_channels:
        return Because(N_("There was a contact by another channel already."))
    said = {
        "day": N_("Today's limit of contacts is reached ({max})."),
        "iso_week": N_("This week's limit of contacts is reached ({max})."),
    }
    values = {"max": limit.rule.max, "days": limit.days}
    return Because(said.get(per(limit), N_("The limit of contacts in {days} days is reached ({max}).")), values)


def shut(rule: Closed, feast: str | None) -> Because:
    """Why a whole day is closed."""
    if rule.holidays and feast:
        return Because(N_("No contact on a public holiday: {name}."), {"name": feast})
    return Because()


def closed(rule: Hours, zone: str, day: int, minute: int, wish: Wish | None) -> Because:
    """Why a minute lies outside a day's hours."""
    spans = day_hours(rule, day, wish)
    if not spans:
        return Because()
    now = moment(minute)
    last = spans[-1][1] - (rule.closing_minute == "included")
    opens, closes = (moment(at_clock(zone, day, each)) for each in (spans[0][0], last))
    said = N_("Contact is allowed from {opens} to {closes} here; it is {now}.")
    return Because(said, {"opens": opens, "closes": closes, "now": now})


def per(limit: Limit) -> str:
    if limit.days == 0:
        return "iso_week"
    return "day" if limit.days == 1 else f"{limit.days} days"


def in_words(because: Because, rule: LawRule | None, *, language: str, zone: str) -> str:
    """The reason in a language, its moments as clocks of `zone`; a reason without words of its own is the rule's sentence."""
    if not because.msgid:
        return rule.says.in_language(language) if rule else ""
    values = {
        name: f"{value.astimezone(ZoneInfo(zone)):%H:%M}" if isinstance(value, datetime) else value
        for name, value in because.params.items()
    }
    return translate(because.msgid, language, **values)


def cited(rule_id: str, law: str, language: str) -> str:
    """Law and article, or that it is only policy; laws keep their names in every language, our remarks do not."""
    if rule_id.startswith("policy."):
        return translate(N_("portfolio policy"), language)
    for remark, msgid in _REMARKS.items():
        law = law.replace(remark, translate(msgid, language))
    return law


# What the files write where a law would stand, or after one that speaks of others.
_REMARKS = {"Política, sin norma": N_("Policy, no law"), "(por analogía)": N_("(by analogy)")}
