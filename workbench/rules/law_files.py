"""The jurisdictions as read from their files; a file that is incomplete or contradicts itself is refused with its line."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from workbench.rules.law_schema import (
    Ban,
    Cap,
    Confidence,
    Gap,
    Hours,
    Jurisdiction,
    LawRule,
    Lift,
    Request,
)
from workbench.rules.law_words import Target

FOLDER = Path(__file__).parent.parent / "contact_law"
Complaint = tuple[tuple[Any, ...], str]
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C reads ten times as fast


class LawFileError(Exception):
    """A jurisdiction file that cannot be used: which file, which line, what is wrong and how to mend it."""


def read(text: str, name: str) -> Jurisdiction:
    """One jurisdiction from the text of its file; raises LawFileError with the line."""
    try:
        law = Jurisdiction.model_validate(yaml.load(text, Loader=LOADER))  # noqa: S506  # both loaders are safe
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise LawFileError(f"{name}{where}: this is no YAML: {getattr(error, 'problem', error)}.") from None
    except ValidationError as error:
        raise _refused(text, name, [(each["loc"], each["msg"]) for each in error.errors()]) from None
    if found := contradictions(law):
        raise _refused(text, name, found)
    return law


def _refused(text: str, name: str, complaints: list[Complaint]) -> LawFileError:
    tree = yaml.compose(text, Loader=yaml.SafeLoader)  # read again, for its lines
    return LawFileError("\n".join(_told(name, tree, path, what) for path, what in complaints))


def _told(name: str, tree: Any, path: tuple[Any, ...], what: str) -> str:
    """One complaint, with the line of the deepest part of `path` that the file has."""
    node, line, walked = tree, 1, []
    for step in path:
        found = _child(node, step)
        if found is None:
            if isinstance(step, str) and "-" not in step and step not in _KINDS:
                walked.append(step)
            continue
        node, line = found, found.start_mark.line + 1
        walked.append(str(step + 1) if isinstance(step, int) else str(step))
    return f"{name}, line {line}, {' / '.join(walked) or 'file'}: {what.removeprefix('Value error, ')}."


# pydantic names the kind of a rule as a step of its path; the file has none there
_KINDS = frozenset(get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(LawRule)[0]))


def _child(node: Any, step: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def read_file(path: Path) -> Jurisdiction:
    """The jurisdiction in a file, whose name is its country's code."""
    law = read(path.read_text(encoding="utf-8"), path.name)
    if path.stem != law.country.lower():
        raise LawFileError(
            f"{path.name}, line 1: this is the law of {law.country}; name the file {law.country.lower()}.yaml."
        )
    return law


@cache
def jurisdictions() -> Mapping[str, Jurisdiction]:
    """All countries whose law is known, by ISO code; read once a process."""
    return {law.country: law for law in map(read_file, sorted(FOLDER.glob("*.yaml")))}


def contradictions(law: Jurisdiction) -> list[Complaint]:
    """What the schema alone cannot see, each with its place in the file: names that lead nowhere, rules that clash."""
    found = [*_readings(law), *_regions(law), *_missing(law)]
    for index, rule in enumerate(law.rules):
        found += [(("rules", index, field), what) for field, what in _rule(law, rule)]
    return found + list(_twice(law))


def _readings(law: Jurisdiction) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    for axis, reading in law.readings.items():
        for name, option in reading.options.items():
            for each in (name, *option.also):
                if each in seen:
                    yield ("readings", axis, "options", name), f"“{each}” is also a reading of {seen[each]}"
                seen[each] = axis
            if option.source and option.source not in law.sources:
                yield ("readings", axis, "options", name, "source"), _no_source(law, option.source)


def _regions(law: Jurisdiction) -> Iterator[Complaint]:
    for code, region in law.regions.items():
        if region.regime and region.regime not in _regimes(law):
            yield ("regions", code, "regime"), f"there is no regime “{region.regime}”"
    for index, day in enumerate(law.holidays.add):
        if day.region and day.region not in law.regions:
            yield ("holidays", "add", index, "region"), f"there is no region “{day.region}”"


def _missing(law: Jurisdiction) -> Iterator[Complaint]:
    """A country has to say when, and whom: silence would allow everything."""
    if not any(isinstance(rule, Hours) for rule in law.rules):
        yield ("rules",), "no rule says at what hours; add one of kind hours, as policy when there is no law"
    if not any(isinstance(rule, Ban) and (rule.targets or rule.targets_except) for rule in law.rules):
        yield ("rules",), "no rule says whom; add one of kind ban with targets_except, as policy when there is no law"
    if not any(isinstance(rule, Ban) and rule.when.get("opted_out") for rule in law.rules):
        yield ("rules",), "no rule heeds who opted out; add one of kind ban with when: {opted_out: true}"


def _rule(law: Jurisdiction, rule: LawRule) -> Iterator[tuple[str, str]]:
    if not rule.id.startswith(f"{law.country.lower()}."):
        yield "id", f"the id of a rule of {law.country} begins with “{law.country.lower()}.”"
    if not rule.source and rule.confidence in {Confidence.TEXT, Confidence.SECONDARY}:
        yield "source", f"confidence {rule.confidence.value} needs a source; what is only remembered is memory"
    for source in rule.source:
        if source not in law.sources:
            yield "source", _no_source(law, source)
    for field, names, known in (
        ("reading", rule.reading, law.options),
        ("regime", rule.regime, _regimes(law)),
        ("region", rule.region, law.regions),
    ):
        for name in (name for name in names if name not in known):
            yield field, f"there is no {field} “{name}”; known are: {', '.join(known) or 'none'}"
    yield from _kind(law, rule)


def _kind(law: Jurisdiction, rule: LawRule) -> Iterator[tuple[str, str]]:
    ids = {each.id for each in law.rules}
    if isinstance(rule, Lift | Request):
        field, names = ("lifts", rule.lifts) if isinstance(rule, Lift) else ("widens", rule.widens)
        for name in (name for name in names if name not in ids):
            yield field, f"there is no rule “{name}”"
    if isinstance(rule, Cap | Gap):
        for field in ("per", "counts", "wait"):
            yield from _by_reading(law, field, getattr(rule, field, None))
    if isinstance(rule, Ban) and Target.DEBTOR in rule.targets and not rule.when:
        yield "targets", "this forbids every contact with the debtor"


def _by_reading(law: Jurisdiction, field: str, value: Any) -> Iterator[tuple[str, str]]:
    """A value that depends on the reading names all readings of one question, and only those."""
    if not isinstance(value, dict):
        return
    axes = {law.options.get(name) for name in value}
    if None in axes or len(axes) != 1:
        yield field, f"{', '.join(value)}: these are not the readings of one question of this file"
        return
    if missing := law.readings[str(axes.pop())].options.keys() - value.keys():
        yield field, f"say what holds under {', '.join(sorted(missing))} too"


def _twice(law: Jurisdiction) -> Iterator[Complaint]:
    """The same id twice only for readings, regimes or regions of which never two hold."""
    first: dict[str, list[LawRule]] = {}
    for index, rule in enumerate(law.rules):
        for other in first.setdefault(rule.id, []):
            apart = any(
                getattr(rule, field)
                and getattr(other, field)
                and not set(getattr(rule, field)) & set(getattr(other, field))
                for field in ("reading", "regime", "region")
            )
            if not apart:
                yield ("rules", index, "id"), f"{rule.id} is there twice, and both could hold at once"
        first[rule.id].append(rule)


def _regimes(law: Jurisdiction) -> Mapping[str, Any]:
    return law.regimes.options if law.regimes else {}


def _no_source(law: Jurisdiction, name: str) -> str:
    return f"there is no source “{name}”; known are: {', '.join(law.sources) or 'none'}"
