"""The difference of two versions of a law, in words."""

from collections.abc import Iterable
from html import escape

from models import Channel
from workbench.rules.law_diff import FieldChange, LawDiff, RuleChange
from workbench.rules.law_schema import Confidence, LawRule
from workbench.rules.law_sheets import days_in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.words import N_
from workbench.ui import i18n
from workbench.ui.compliance_words import SURE, cited, sentence
from workbench.ui.i18n import _, ngettext

# The fields of a law file as people call them; one that is not here keeps its own name.
FIELDS = {
    "hours": N_("Hours"),
    "closing_minute": N_("Closing minute"),
    "days": N_("Closed days"),
    "holidays": N_("Holidays"),
    "max": N_("At most"),
    "per": N_("Period"),
    "wait": N_("Time between"),
    "counts": N_("What counts"),
    "of": N_("Counted for each"),
    "channels": N_("Channels"),
    "counted_channels": N_("Channels counted"),
    "targets": N_("Forbidden people"),
    "targets_except": N_("Only these people"),
    "when": N_("When"),
    "unless": N_("Unless"),
    "lifts": N_("Lifts"),
    "purposes": N_("For what"),
    "widens": N_("Widens"),
    "in_force": N_("In force"),
    "reading": N_("Reading"),
    "readings": N_("Readings"),
    "regime": N_("Regime"),
    "regimes": N_("Regimes"),
    "region": N_("Region"),
    "regions": N_("Regions"),
    "confidence": N_("Confidence"),
    "source": N_("Source"),
    "sources": N_("Sources"),
    "law": N_("Law"),
    "article": N_("Article"),
    "says": N_("In words"),
    "scope": N_("Scope"),
    "checked_on": N_("Checked on"),
    "open_questions": N_("Open questions"),
    "years": N_("Years"),
    "zones": N_("Zones"),
    "known_law": N_("There is a law"),
}
ENDS = {
    "es": N_("in Spanish"),
    "en": N_("in English"),
    "from": N_("from"),
    "until": N_("until"),
    "default": N_("by default"),
}
LATER = frozenset({"checked_on", "sources", "name"})  # what nobody has to act on stands last


def diff_page(found: LawDiff) -> str:
    """The whole difference in one piece."""
    if found.same:
        return f'<div class="cw-empty"><h2>{_("These two versions say the same")}</h2></div>'
    beside = sorted(found.beside, key=lambda change: change.path[0] in LATER)
    return (
        f'<p class="cw-muted">{_summary(found)}</p>'
        + _rules(_("Rules added"), "cw-good", found.added)
        + _rules(_("Rules removed"), "cw-bad", found.removed)
        + "".join(_changed(change) for change in found.changed)
        + (_card(_("Beside the rules"), _fields(beside)) if beside else "")
    )


def _summary(found: LawDiff) -> str:
    return " · ".join(
        [
            ngettext("{n} rule added", "{n} rules added", len(found.added)),
            ngettext("{n} rule removed", "{n} rules removed", len(found.removed)),
            ngettext("{n} rule changed", "{n} rules changed", len(found.changed)),
        ]
    )


def _rules(title: str, tone: str, rules: Iterable[LawRule]) -> str:
    lines = "".join(
        f'<div class="cw-rule"><p>{escape(sentence(rule))}</p><small><b>{escape(cited(rule.id, rule.citation))}</b> · '
        f'{escape(rule.id)}</small><span class="cw-sure {tone}">{_(SURE[rule.confidence][0])}</span></div>'
        for rule in rules
    )
    return _card(f'<span class="{tone}">{title}</span>', lines) if lines else ""


def _changed(change: RuleChange) -> str:
    words = f' <span class="cw-tag">{_("only words: it binds as before")}</span>' if change.only_words else ""
    head = f"<p><b>{escape(sentence(change.after))}</b>{words}</p><small>{escape(cited(change.after.id, change.after.citation))} · {escape(change.after.id)}</small>"
    return _card(f'<span class="cw-warn">{_("Rule changed")}</span>', head + _fields(change.fields))


def _fields(changes: Iterable[FieldChange]) -> str:
    rows = "".join(
        f"<tr><td>{escape(label(each.path))}</td><td>{_value(each, each.before)}</td><td>{_value(each, each.after)}</td></tr>"
        for each in changes
    )
    head = "".join(f"<th>{text}</th>" for text in (_("What"), _("Before"), _("After")))
    return f'<table class="cw-table cw-diff"><tr>{head}</tr>{rows}</table>'


def label(path: tuple[str, ...]) -> str:
    """Where a field stands, in words: “Hours · Sat”."""
    first, *rest = path
    if first == "hours" and rest:
        rest = [days_in_words(rest[0], i18n.language())]
    return " · ".join(
        [_(FIELDS[first]) if first in FIELDS else first, *(_(ENDS[each]) if each in ENDS else each for each in rest)]
    )


def _value(change: FieldChange, value: str | None) -> str:
    if value is None:
        return '<span class="cw-muted">—</span>'
    if change.path[0] in {"channels", "counted_channels"}:
        return escape(", ".join(_(CHANNELS[Channel(each)]) for each in value.split(", ")))
    if change.path[-1] == "confidence":
        return escape(_(SURE[Confidence(value)][0]))
    if value in {"True", "False"}:
        return _("yes") if value == "True" else _("no")
    return escape(value)


def _card(title: str, inside: str) -> str:
    return f'<div class="cw-card"><div class="cw-section">{title}</div>{inside}</div>'
