"""A country's law laid out to be read: sections of plain lines, in the reader's language."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names

from models.interactions import Channel
from workbench.rules.law_outlines import GROUPS, group_of
from workbench.rules.law_schema import WEEKDAYS, Cap, Confidence, Gap, Hours, Jurisdiction, LawRule, Lift
from workbench.rules.law_words import CHANNELS, Counted
from workbench.rules.words import N_, translate

CONFIDENCES = {
    Confidence.TEXT: N_("the law's text was read"),
    Confidence.SECONDARY: N_("as others report it"),
    Confidence.POLICY: N_("policy, not law"),
    Confidence.MEMORY: N_("from memory only; it warns and never denies"),
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
    """The whole law: scope, readings, rules by group with citation, confidence and source, and the sources' addresses."""
    yield Section(f"{law.country} · {law.name.in_language(language)}", tuple(_scope(law, language)))
    if law.regimes:
        default = law.regimes.default
        options = [
            _option(name, each.in_language(language), default, language) for name, each in law.regimes.options.items()
        ]
        yield Section(translate(N_("Regimes"), language), tuple(options))
    for name, reading in law.readings.items():
        options = [
            _option(each, option.says.in_language(language), reading.default, language)
            for each, option in reading.options.items()
        ]
        about = translate(N_("Reading {name}: {about}"), language, name=name, about=reading.about.in_language(language))
        yield Section(about, tuple(options))
    for group, title in GROUPS.items():
        if lines := list(_rules(law, [rule for rule in law.rules if group_of(rule) == group], language)):
            yield Section(translate(title, language), tuple(lines))
    if law.open_questions:
        lines = [f"· {each.in_language(language)}" for each in law.open_questions]
        yield Section(translate(N_("Open questions"), language), tuple(lines))
    if lines := list(_sources(law)):
        yield Section(translate(N_("Sources"), language), tuple(lines))


def _scope(law: Jurisdiction, language: str) -> Iterator[str]:
    yield law.scope.in_language(language)
    if not law.known_law:
        yield translate(N_("No law of collection contacts was found: all of this is policy."), language)
    yield translate(N_("Zones: {zones}"), language, zones=", ".join(law.zones))
    if law.regions:
        regions = ", ".join(f"{region.name} ({code})" for code, region in law.regions.items())
        yield translate(N_("Regions: {regions}"), language, regions=regions)
    yield translate(N_("Checked on {day}. Not legal advice."), language, day=law.checked_on)


def _option(name: str, says: str, default: str, language: str) -> str:
    return f"· {name}{translate(N_(' (default)'), language) if name == default else ''}: {says}"


def _rules(law: Jurisdiction, rules: Iterable[LawRule], language: str) -> Iterator[str]:
    """Each rule; what is said alike under several regimes is said once, with every citation below it."""
    alike: dict[str, list[LawRule]] = {}
    for rule in rules:
        alike.setdefault(f"{rule.id} · {rule.says.in_language(language)}", []).append(rule)
    for said, same in alike.items():
        yield said
        for rule in same:
            yield from _cited(law, rule, language)


def _cited(law: Jurisdiction, rule: LawRule, language: str) -> Iterator[str]:
    yield f"    {rule.citation} · {translate(CONFIDENCES[rule.confidence], language)}"
    if bounds := [*_measures(law, rule, language), *_bounds(law, rule, language)]:
        yield f"    {' · '.join(bounds)}"
    titles = [law.sources[name].title for name in rule.source]
    if told := [title for title in titles if title not in rule.citation]:
        read = N_("    not read: {titles}") if rule.confidence == Confidence.MEMORY else N_("    read in: {titles}")
        yield translate(read, language, titles="; ".join(told))


def _sources(law: Jurisdiction) -> Iterator[str]:
    """Every source once, with its address."""
    for source in law.sources.values():
        yield f"· {source.title}{f' <{source.url}>' if source.url else ''}"


def _measures(law: Jurisdiction, rule: LawRule, language: str) -> Iterator[str]:
    """The hours, the number, the wait or the rules lifted."""
    if isinstance(rule, Hours):
        yield ", ".join(f"{days_in_words(days, language)} {span}" for days, span in rule.hours.items())
    if isinstance(rule, Cap):
        yield _cap(law, rule, language)
        yield from _counting(rule, language)
    if isinstance(rule, Gap):
        yield _by_reading(law, rule.wait, _wait, language)
    if isinstance(rule, Lift):
        yield translate(N_("lifts {names}"), language, names=", ".join(rule.lifts))


def _bounds(law: Jurisdiction, rule: LawRule, language: str) -> Iterator[str]:
    """Where, when and for what a rule holds, when that is not everywhere and always."""
    if len(rule.channels) < len(Channel):
        names = ", ".join(translate(CHANNELS[each], language) for each in rule.channels)
        yield translate(N_("only: {names}"), language, names=names)
    if rule.reading:
        yield translate(N_("reading {names}"), language, names=", ".join(rule.reading))
    if rule.regime:
        yield translate(N_("regime {names}"), language, names=", ".join(rule.regime))
    if rule.region:
        yield translate(N_("in {names}"), language, names=", ".join(law.regions[each].name for each in rule.region))
    if rule.in_force.since:
        yield translate(N_("since {day}"), language, day=rule.in_force.since)
    if rule.in_force.until:
        yield translate(N_("until {day}"), language, day=rule.in_force.until)


def _cap(law: Jurisdiction, rule: Cap, language: str) -> str:
    values = {
        "per": _by_reading(law, rule.per, _period, language),
        "of": translate(N_("debt") if rule.of == "debt" else N_("person"), language),
        "counts": _by_reading(law, rule.counts, _counted, language),
    }
    return translate(N_("at most {max} {per}, per {of}; counted: {counts}"), language, max=rule.max, **values)


def _counting(rule: Cap, language: str) -> Iterator[str]:
    """What a limit counts otherwise than all alike."""
    if rule.only_other_channels:
        yield translate(N_("only what came by other channels counts"), language)
    if rule.only_same_channel:
        yield translate(N_("each channel counts by itself"), language)
    if rule.after_contact:
        yield translate(N_("only what follows the day's first contact counts"), language)
    if rule.extra_after_contact:
        yield translate(N_("{n} more on the day of a contact"), language, n=rule.extra_after_contact)


def _by_reading(law: Jurisdiction, value: Any, word: Callable[[Any, str], str], language: str) -> str:
    """The value in words; where it depends on a reading, the default's first and the others after it."""
    if not isinstance(value, dict):
        return word(value, language)
    defaults = {reading.default for reading in law.readings.values()}
    ordered = sorted(value.items(), key=lambda each: each[0] not in defaults)
    first, *others = dict.fromkeys(word(each, language) for _name, each in ordered)
    if not others:
        return first
    return translate(N_("{first} (or, by another reading, {others})"), language, first=first, others=", ".join(others))


def days_in_words(days: str, language: str) -> str:
    """The days of a law file, as `mon-fri` or `all`, in a language."""
    if days == "all":
        return translate(N_("every day"), language)
    names = get_day_names("abbreviated", locale=language)
    return "-".join(names[WEEKDAYS.index(each)] for each in days.split("-"))


def _wait(wait: str, language: str) -> str:
    number, _, unit = wait.partition(" ")
    return translate(N_("{n} hours") if unit == "hours" else N_("{n} clear days"), language, n=number)


def _counted(counted: Counted, language: str) -> str:
    return translate(COUNTED[counted], language)


def _period(per: str, language: str) -> str:
    named = {"day": N_("a day"), "iso_week": N_("a week from Monday to Sunday")}
    return translate(named.get(per, N_("in {days} days in a row")), language, days=per.split(maxsplit=1)[0])
