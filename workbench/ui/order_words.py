"""Orders and their named rules in the reader's words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel import Locale

from models import Channel, Stage
from workbench.rules.law_words import CHANNELS
from workbench.rules.order_complaints import FIELDS
from workbench.rules.order_rules import FLAGS, NOUNS, Rule
from workbench.rules.reasons import times_words
from workbench.rules.strategy_schema import Between
from workbench.rules.words import N_
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, language, money, number

CHANNEL_LISTS = ("channels", "without_channels")
CURVES = ("score", "risk", "amount", "days_past_due", "random")
LABELS = {
    "draft": N_("The draft"),
    "rules": N_("Ours, rules in force"),
    "last_week": N_("Last week's rules"),
    "score": N_("Our score"),
    "risk": N_("Amount × risk"),
    "amount": N_("By amount"),
    "days_past_due": N_("Oldest first"),
    "random": N_("At random"),
}
# Okabe and Ito's palette, told apart by people who do not see red and green
COLOURS = {
    "draft": "#D55E00",
    "rules": "#56B4E9",
    "last_week": "#F0E442",
    "score": "#0072B2",
    "risk": "#009E73",
    "amount": "#E69F00",
    "days_past_due": "#CC79A7",
    "random": "#999999",
}


def amount(value: float, currency: str) -> str:
    """A sum of money that was added up in columns."""
    return money(Decimal(f"{value:.2f}"), currency)


def deed(rule: Rule) -> str:
    """What a rule does: `×1.5`, or that it keeps out and why."""
    if rule.ban is not None:
        return _("keeps out: {why}", why=rule.ban)
    return f"×{times_words(rule.multiplier or 1.0, language())}"


def name_of(noun: str, name: str) -> str:
    """What a condition's value is called: a country and a channel by their names in the reader's language."""
    if noun == "countries":
        return str(Locale.parse(language()).territories.get(name.upper(), name))
    return _(CHANNELS[Channel(name)]) if noun in CHANNEL_LISTS else name


def whom(rule: Rule, currency: str) -> str:
    """Whom a rule is about: all of its conditions, one after the other."""
    when = rule.when
    said = [", ".join(_(STAGES[Stage(each)]) for each in when.stages)]
    for name in ("days_past_due", "past_due", "balance", "broken"):
        between = getattr(when, name)
        as_money = name in {"past_due", "balance"}
        said.append(_between(_(FIELDS[name]), between, currency if as_money else None))
    said += [_named(noun, getattr(when, noun)) for noun in (*NOUNS, *CHANNEL_LISTS)]
    flags = {flag: getattr(when, flag) for flag in FLAGS}
    said += [
        f"{_(FIELDS[flag])}: {_('yes') if asked else _('no')}" for flag, asked in flags.items() if asked is not None
    ]
    return " · ".join(each for each in said if each)


def _named(noun: str, chosen: Sequence[str]) -> str:
    return f"{_(FIELDS[noun])}: {', '.join(name_of(noun, each) for each in chosen)}" if chosen else ""


def _between(label: str, between: Between[Any], currency: str | None) -> str:
    def of(value: Any) -> str:
        return money(value, currency) if currency else number(value)

    if between.least is None and between.most is None:
        return ""
    least = "" if between.least is None else f"≥ {of(between.least)}"
    most = "" if between.most is None else f"≤ {of(between.most)}"
    return f"{label} {' '.join(each for each in (least, most) if each)}"
