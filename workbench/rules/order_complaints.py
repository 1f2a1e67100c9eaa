"""What is wrong with rules for the order as they were written: where, what, and how to mend it, in the reader's language."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from workbench.rules.names import fold
from workbench.rules.order_rules import MOST_NAMES, NOUNS, Rule, Rules, When, Written, names_of
from workbench.rules.refusals import Refused
from workbench.rules.strategy_complaints import Because, Path, because_of, crossed
from workbench.rules.strategy_schema import Between
from workbench.rules.words import N_, Worded, translate

FIELDS: dict[str, str] = {
    "balance": N_("Balance"),
    "ban": N_("Reason for keeping out"),
    "broken": N_("Broken promises"),
    "channels": N_("Can be reached by"),
    "cities": N_("Cities"),
    "countries": N_("Countries"),
    "days_past_due": N_("Days past due"),
    "has_email": N_("Has an e-mail"),
    "has_phone": N_("Has a phone that works"),
    "least": N_("at least"),
    "most": N_("at most"),
    "multiplier": N_("Multiplier"),
    "name": N_("Name"),
    "owned": N_("Has an owner"),
    "past_due": N_("Past due"),
    "products": N_("Products"),
    "references": N_("Creditor's codes"),
    "regions": N_("Regions"),
    "rules": N_("Rules"),
    "segments": N_("Segments of the strategy"),
    "stages": N_("Stages"),
    "teams": N_("Owner's teams"),
    "when": N_("Conditions"),
    "without_channels": N_("Cannot be reached by"),
    "zones": N_("Time zones"),
}


Known = Mapping[str, Collection[str]]  # the teams and segments that are there, by noun


@dataclass(frozen=True, slots=True)
class Where(Worded):
    """A place in the rules: “Rule 2 (VIP) · Conditions · Balance”."""

    path: Path
    raw: Any = field(repr=False)

    def in_language(self, language: str) -> str:
        """The place, its rule by number and name."""
        said: list[str] = []
        for above, each in zip(("", *self.path), self.path, strict=False):
            if above == "rules" and isinstance(each, int):
                said[-1:] = [self._numbered(each, language)]
            elif isinstance(each, str) and each in FIELDS:
                said.append(translate(FIELDS[each], language))
        return " · ".join(said) or translate(N_("The rules"), language)

    def _numbered(self, place: int, language: str) -> str:
        said = translate(N_("Rule {n}"), language, n=place + 1)
        rule = self.raw[place] if place < len(self.raw) else None
        name = rule.get("name") if isinstance(rule, Mapping) else None
        return f"{said} ({name})" if name else said


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, and where."""

    path: Path
    because: Because
    raw: Any = field(repr=False, default=())

    def refused(self) -> Refused:
        """The complaint as a refusal."""
        return Refused("{where}: {because}", where=Where(self.path, self.raw), because=self.because)


def complaints(raw: Sequence[Any], known: Known | None = None) -> list[Complaint]:
    """Everything wrong with rules as they were written, in their order; none = `read_rules` reads them.

    With `known`, also what names a team or a segment that is not there.
    """
    try:
        written = Written.model_validate({"rules": raw})
    except ValidationError as error:
        return [Complaint(each["loc"], _because(each), raw) for each in error.errors()]
    wrong = [*contradictions(written.rules), *(_unknown(written.rules, known) if known is not None else ())]
    return [Complaint(("rules", *path), because, raw) for path, because in wrong]


def read_rules(raw: Sequence[Any], known: Known | None = None) -> Rules:
    """The rules in a JSON list; refuses the first thing that is wrong (`complaints` has all of them)."""
    if wrong := complaints(raw, known):
        raise wrong[0].refused()
    return Written.model_validate({"rules": raw}).rules


def contradictions(rules: Rules) -> Iterator[tuple[Path, Because]]:
    """What the schema alone cannot see."""
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        if fold(rule.name) in seen:
            yield (place, "name"), Because(N_("another rule has this name: give it one of its own"))
        seen.add(fold(rule.name))
        yield from _deed(place, rule)
        for name, value in rule.when:
            if isinstance(value, Between) and crossed(value.least, value.most):
                yield (place, "when", name), Because("the range ends before it begins: swap its ends")
    for noun in NOUNS:
        if len(names_of(rules)[noun]) > MOST_NAMES:
            yield (noun,), Because(N_("all rules together can name {n} of them at most"), n=MOST_NAMES)


def _unknown(rules: Rules, known: Known) -> Iterator[tuple[Path, Because]]:
    """Names of teams and segments that are not there, each with the place where it stands."""
    for place, rule in enumerate(rules):
        for noun, msgid in _NOT_THERE.items():
            there = {fold(each) for each in known.get(noun, ())}
            if strange := [each for each in getattr(rule.when, noun) if fold(each) not in there]:
                yield (place, "when", noun), Because(msgid, names=", ".join(strange))


def _deed(place: int, rule: Rule) -> Iterator[tuple[Path, Because]]:
    if (rule.multiplier is None) == (rule.ban is None):
        because = N_("it needs a multiplier, or the reason why it keeps out, and not both")
        yield (place, "multiplier"), Because(because)
    elif rule.when == When():
        because = N_("it takes everybody, and so changes no order: add a condition")
        empties = N_("it keeps everybody out, and nobody would be called: add a condition")
        yield (place, "when"), Because(because if rule.ban is None else empties)


def _because(error: Any) -> Because:
    if error["type"] == "extra_forbidden":
        return Because(N_("a rule has no such field: take it out"))
    if error["type"] in _UNKNOWN:
        return Because(_UNKNOWN[error["type"]], said=str(error["input"]))
    return because_of(error)


_NOT_THERE = {
    "segments": N_("the strategy in force has no segment {names}: choose one of its own"),
    "teams": N_("no team of this portfolio that you see has the code {names}"),
}
_UNKNOWN = {
    "country": N_("{said} is no country: write its two letters, such as MX"),
    "reach": N_("{said} is no channel of rules: choose a call or a written message"),
}
