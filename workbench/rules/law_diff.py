"""What differs between two versions of a country's law, rule by rule and field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from workbench.rules.law_schema import Jurisdiction, LawRule

# what moves when contact is lawful, how often, with whom; the rest is what people read
_WORDS = frozenset({"says", "source", "article", "law", "confidence", "topic"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `path` leads to it (`hours`, `mon-fri`), none = it is not there in that version."""

    path: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The same rule in two versions, with the fields that differ."""

    before: LawRule
    after: LawRule
    fields: tuple[FieldChange, ...]

    @property
    def only_words(self) -> bool:
        """Whether the rule binds exactly as before and is only told or cited otherwise."""
        return all(field.path[0] in _WORDS for field in self.fields)


@dataclass(frozen=True, slots=True)
class LawDiff:
    """All that differs: rules added, removed and changed, and what stands beside the rules (scope, readings, …)."""

    added: tuple[LawRule, ...]
    removed: tuple[LawRule, ...]
    changed: tuple[RuleChange, ...]
    beside: tuple[FieldChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.beside)


def compare(before: Jurisdiction, after: Jurisdiction) -> LawDiff:
    """The difference between two versions of one country's law."""
    pairs, removed, added = _paired(before.rules, after.rules)
    changes = (RuleChange(old, new, tuple(_changes(_rule(old), _rule(new)))) for old, new in pairs)
    return LawDiff(
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(change for change in changes if change.fields),
        beside=tuple(_changes(_beside(before), _beside(after))),
    )


def _paired(
    before: Sequence[LawRule], after: Sequence[LawRule]
) -> tuple[list[tuple[LawRule, LawRule]], list[LawRule], list[LawRule]]:
    """The same rules of both, then what is only in one; an id used for several readings is told apart by those."""
    pairs: list[tuple[LawRule, LawRule]] = []
    left, right = list(before), list(after)
    for same in (_exactly, _by_id):
        for old in list(left):
            new = next((each for each in right if same(each) == same(old)), None)
            if new is not None:
                pairs.append((old, new))
                left.remove(old)
                right.remove(new)
    order = {id(rule): place for place, rule in enumerate(after)}
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), left, right


def _exactly(rule: LawRule) -> tuple[Any, ...]:
    return rule.id, rule.reading, rule.regime, rule.region


def _by_id(rule: LawRule) -> str:
    return rule.id


def _rule(rule: LawRule) -> Mapping[tuple[str, ...], str]:
    fields = _plain(rule)
    del fields["id"]
    return dict(_flat(fields))


def _beside(law: Jurisdiction) -> Mapping[tuple[str, ...], str]:
    fields = _plain(law)
    del fields["rules"], fields["country"]
    return dict(_flat(fields))


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=False)


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every leaf with the way to it; lists of plain words are one leaf, nothing is no leaf."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(each, (*path, str(name)))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, each in enumerate(value, start=1):
            yield from _flat(each, (*path, str(number)))
    elif isinstance(value, list):
        if value:
            yield path, ", ".join(map(str, value))
    elif value is not None and value != "":
        yield path, str(value)


def _changes(before: Mapping[tuple[str, ...], str], after: Mapping[tuple[str, ...], str]) -> Iterator[FieldChange]:
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield FieldChange(path, before.get(path), after.get(path))
