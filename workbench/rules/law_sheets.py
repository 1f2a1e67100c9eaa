"""A country's law laid out to be read: sections of plain lines, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.interactions import Channel
from workbench.rules.law_schema import Cap, Gap, Hours, Jurisdiction, LawRule, Lift, Said
from workbench.rules.law_words import Counted
from workbench.rules.words import N_, translate

# The order in which people ask: whom, when, how often, and then what to know.
KINDS = {
    "ban": N_("Who and what is off limits"),
    "exception": N_("Exceptions"),
    "closed": N_("Closed days"),
    "hours": N_("Hours"),
    "request": N_("Other hours at the debtor's wish"),
    "cap": N_("How often"),
    "gap": N_("How far apart"),
    "not_asked": N_("What may not be asked"),
    "disclosure": N_("What has to be said"),
    "retention": N_("How long records are kept"),
    "duty": N_("What else to know"),
}
CONFIDENCES = {
    "text": N_("the law's text was read"),
    "secondary": N_("as others report it"),
    "policy": N_("policy, not law"),
    "memory": N_("from memory only; it warns and never denies"),
}
COUNTED = {
    Counted.ATTEMPT: N_("every attempt"),
    Counted.DELIVERY: N_("what was delivered"),
    Counted.CONTACT: N_("conversations both ways"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """A title and the lines under it."""

    title: str
    lines: tuple[str, ...]


def sheet(law: Jurisdiction, language: str) -> Iterator[Section]:
    """The whole law: scope, readings with the default first, rules by kind with citation, confidence and address."""
    yield Section(f"{law.country} · {_in(law.name, language)}", tuple(_scope(law, language)))
    if law.regimes:
        default = law.regimes.default
        options = [_option(name, _in(each, language), default, language) for name, each in law.regimes.options.items()]
        yield Section(translate(N_("Regimes"), language), tuple(options))
    for name, reading in law.readings.items():
        options = [
            _option(each, _in(option.says, language), reading.default, language)
            for each, option in reading.options.items()
        ]
        about = translate(N_("Reading {name}: {about}"), language, name=name, about=_in(reading.about, language))
        yield Section(about, tuple(options))
    for kind, title in KINDS.items():
        if lines := [line for rule in law.rules if rule.kind == kind for line in _rule(law, rule, language)]:
            yield Section(translate(title, language), tuple(lines))
    if law.open_questions:
        lines = [f"· {_in(each, language)}" for each in law.open_questions]
        yield Section(translate(N_("Open questions"), language), tuple(lines))


def _scope(law: Jurisdiction, language: str) -> Iterator[str]:
    yield _in(law.scope, language)
    if not law.known_law:
        yield translate(N_("No law of collection contacts was found: its limits are policy."), language)
    yield translate(N_("Zones: {zones}"), language, zones=", ".join(law.zones))
    if law.regions:
        yield translate(N_("Regions: {regions}"), language, regions=", ".join(law.regions))
    yield translate(N_("Checked on {day}. Not legal advice."), language, day=law.checked_on)


def _option(name: str, says: str, default: str, language: str) -> str:
    return f"· {name}{translate(N_(' (default)'), language) if name == default else ''}: {says}"


def _rule(law: Jurisdiction, rule: LawRule, language: str) -> Iterator[str]:
    yield f"{rule.id} · {_in(rule.says, language)}"
    yield f"    {rule.citation} · {translate(CONFIDENCES[rule.confidence.value], language)}"
    if bounds := list(_bounds(rule, language)):
        yield f"    {' · '.join(bounds)}"
    for source in (law.sources[name] for name in rule.source):
        yield f"    {source.title}{f' <{source.url}>' if source.url else ''}"


def _bounds(rule: LawRule, language: str) -> Iterator[str]:
    """Where, when and for what a rule holds, when that is not everywhere and always."""
    if isinstance(rule, Hours):
        yield ", ".join(f"{days} {span}" for days, span in rule.hours.items())
    if isinstance(rule, Cap):
        yield _cap(rule, language)
    if isinstance(rule, Gap):
        yield " / ".join(_each(rule.wait))
    if isinstance(rule, Lift):
        yield translate(N_("lifts {names}"), language, names=", ".join(rule.lifts))
    if len(rule.channels) < len(Channel):
        yield translate(N_("only {names}"), language, names=", ".join(rule.channels))
    for names in (rule.reading, rule.regime, rule.region):
        if names:
            yield translate(N_("under {names}"), language, names=", ".join(names))
    if rule.in_force.since:
        yield translate(N_("since {day}"), language, day=rule.in_force.since)
    if rule.in_force.until:
        yield translate(N_("until {day}"), language, day=rule.in_force.until)


def _cap(rule: Cap, language: str) -> str:
    values = {
        "per": " / ".join(_period(each, language) for each in _each(rule.per)),
        "of": translate(N_("debt") if rule.of == "debt" else N_("person"), language),
        "counts": " / ".join(translate(COUNTED[each], language) for each in _each(rule.counts)),
    }
    return translate(N_("{max} per {per} and {of}; counted: {counts}"), language, max=rule.max, **values)


def _each(value: Any) -> list[Any]:
    """The values by reading, or the one for all."""
    return list(value.values()) if isinstance(value, dict) else [value]


def _period(per: str, language: str) -> str:
    named = {"day": N_("day"), "iso_week": N_("week from Monday to Sunday")}
    return translate(named.get(per, N_("{days} days in a row")), language, days=per.split(maxsplit=1)[0])


def _in(said: Said, language: str) -> str:
    return said.en if language == "en" else said.es
