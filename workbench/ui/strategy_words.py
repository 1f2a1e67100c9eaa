"""A strategy's parts in the reader's words."""

import re
from decimal import Decimal
from typing import Any

from models.strategies import StepKind, StrategyState
from workbench.rules.law_words import CHANNELS
from workbench.rules.strategies import Arm, Between, Conditions, Order, Segment, Step
from workbench.rules.words import N_
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, money, ngettext, number, percent

KINDS = {
    StepKind.MESSAGE: N_("Message"),
    StepKind.CALL: N_("Call by a person"),
    StepKind.HAND_OVER: N_("Proposal to hand over"),
}
ORDERS = {Order.LISTED: N_("As listed"), Order.BEST: N_("What works best with the debtor")}
ARMS = {Arm.CHAMPION: N_("Champion"), Arm.CHALLENGER: N_("Challenger"), Arm.HELD_OUT: N_("Held out")}
STATES = {
    StrategyState.DRAFT: N_("draft"),
    StrategyState.PUBLISHED: N_("in force"),
    StrategyState.RETIRED: N_("replaced"),
}


_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^=])")


def plain(text: str) -> str:
    """What somebody typed, for a place that reads Markdown: every mark stands for itself."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def day_word(offset: int) -> str:
    """When a step begins: `3 days before`, `due date`, `day 8`."""
    if offset < 0:
        return ngettext("{n} day before", "{n} days before", -offset)
    return _("Day {n}", n=offset) if offset else _("Due date")


def by(step: Step) -> str:
    """Through which channels, in their order, or that a person does it."""
    if step.kind != StepKind.MESSAGE:
        return _(KINDS[step.kind])
    named = " → ".join(_(CHANNELS[channel]) for channel in step.channels)
    return _("{channels}, the best one first", channels=named) if step.order == Order.BEST else named


def limits(step: Step, currency: str) -> list[str]:
    """For whom and how often, as far as it is not what goes without saying."""
    said = [_range(_("amount"), step.conditions.min_amount, step.conditions.max_amount, lambda v: money(v, currency))]
    said.append(ngettext("valid {n} day", "valid {n} days", step.valid_days) if step.valid_days < 365 else "")
    said.append(ngettext("once", "up to {n} times", step.max_attempts) if step.max_attempts > 1 else "")
    said.append(_("{n} days after the last one", n=step.min_gap_days) if step.min_gap_days > 1 else "")
    said.append(_("not before {clock}", clock=f"{step.at:%H:%M}") if step.at else "")
    return [each for each in said if each]


def conditions(when: Conditions, currency: str) -> list[str]:
    """Who belongs to a segment; nothing = everybody."""
    said = [
        ", ".join(_(STAGES[stage]) for stage in when.stages),
        _between(_("days past due"), when.days_past_due, number),
        _between(_("amount"), when.amount, lambda value: money(Decimal(value), currency)),
        _between(_("paid before"), when.settled, number),
        _between(_("paid late before"), when.late, number),
        _between(_("broken promises"), when.broken, number),
        _between(_("risk of not paying"), when.risk, percent),
        *(", ".join(names) for names in (when.products, when.regions, when.cities)),
    ]
    return [each for each in said if each]


def shares(segment: Segment) -> list[str]:
    """How a segment's debtors are split, where they are."""
    said = []
    if segment.challenger:
        said.append(_("{share} on the challenger", share=percent(segment.challenger.share)))
    if segment.held_out:
        said.append(_("{share} held out", share=percent(segment.held_out)))
    return said


def _between(noun: str, between: Between[Any], written: Any) -> str:
    return _range(noun, between.least, between.most, written)


def _range(noun: str, least: Any, most: Any, written: Any) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return _("{what} from {least}", what=noun, least=written(least))
    if least is None:
        return _("{what} up to {most}", what=noun, most=written(most))
    return _("{what} from {least} to {most}", what=noun, least=written(least), most=written(most))
