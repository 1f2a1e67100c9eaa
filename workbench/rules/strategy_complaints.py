"""What is wrong with a strategy as it was written: where, what, and how to mend it, in the reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from models.strategies import StepKind
from workbench.rules.refusals import Refused
from workbench.rules.strategy_ladders import ladders, names_of
from workbench.rules.strategy_schema import MOST_NAMES, WRITTEN, Between, Definition, Step
from workbench.rules.words import N_, Worded, translate

Path = tuple[str | int, ...]

FIELDS: dict[str, str] = {
    "amount": N_("Amount"),
    "at": N_("Not before (local time)"),
    "broken": N_("Broken promises"),
    "challenger": N_("Challenger"),
    "channels": N_("Channels"),
    "cities": N_("Cities"),
    "code": N_("Code"),
    "costs": N_("Costs"),
    "days_past_due": N_("Days past due"),
    "events": N_("Events"),
    "expires_days": N_("Waits at most (days)"),
    "held_out": N_("Held out"),
    "installment_due": N_("Installment due"),
    "kind": N_("Kind"),
    "late": N_("Paid late before"),
    "least": N_("at least"),
    "max_amount": N_("Largest amount"),
    "max_attempts": N_("Attempts at most"),
    "min_amount": N_("Smallest amount"),
    "min_gap_days": N_("Days since the last message"),
    "most": N_("at most"),
    "name": N_("Name"),
    "offset": N_("Day"),
    "order": N_("Order of channels"),
    "payment_thanks": N_("Thanks for a payment"),
    "products": N_("Products"),
    "promise_broken": N_("Promise broken"),
    "promise_due": N_("Promise due"),
    "regions": N_("Regions"),
    "risk": N_("Risk of not paying"),
    "segments": N_("Segments"),
    "settled": N_("Paid before"),
    "share": N_("Share"),
    "stages": N_("Stages"),
    "steps": N_("Steps"),
    "template": N_("Template"),
    "templates": N_("Templates"),
    "valid_days": N_("Days it stays valid"),
    "when": N_("Conditions"),
}


class Because(Worded):
    """What is wrong and how to mend it: a message id and what fills its places."""

    def __init__(self, msgid: str, /, **values: Any) -> None:
        self.msgid, self.values = msgid, values

    def in_language(self, language: str) -> str:
        """The sentence."""
        return translate(self.msgid, language, **self.values)


@dataclass(frozen=True, slots=True)
class Where(Worded):
    """A place in a strategy: “Segment 1 (Todos) · Step 2 (Llamada) · Day”."""

    path: Path
    raw: Any = field(repr=False)

    def in_language(self, language: str) -> str:
        """The place, its segments and steps by their number and name."""
        said: list[str] = []
        node, above = self.raw, ""
        for each in self.path:
            if isinstance(node, Mapping):
                node = node.get(each)
            else:
                node = node[each] if isinstance(node, list | tuple) and isinstance(each, int) else None
            if above in {"segments", "steps"} and isinstance(each, int):
                said[-1:] = [_numbered(above, each, node, language)]
            elif isinstance(each, str) and each in FIELDS:
                said.append(translate(FIELDS[each], language))
            elif above not in {"", "stages", "channels"}:
                said.append(str(each))
            above = str(each)
        return " · ".join(said) or translate(N_("The strategy"), language)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, and where."""

    path: Path
    because: Because
    raw: Any = field(repr=False, default=None)

    def refused(self) -> Refused:
        """The complaint as a refusal."""
        return Refused("{where}: {because}", where=Where(self.path, self.raw), because=self.because)


def complaints(raw: object) -> list[Complaint]:
    """Everything wrong with a strategy as it was written, in its order; none = `Definition` reads it."""
    try:
        definition = Definition.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors()
        return [Complaint(_walked(each["loc"]), because_of(each), raw) for each in wrong if not follows(each, wrong)]
    written = definition.model_dump(mode="json")
    return [Complaint(path, because, written) for path, because in contradictions(definition)]


def contradictions(definition: Definition) -> Iterator[tuple[Path, Because]]:
    """What the schema alone cannot see."""
    yield from _segments(definition)
    for place, segment in enumerate(definition.segments):
        at = ("segments", place)
        for name, value in segment.when:
            if isinstance(value, Between) and crossed(value.least, value.most):
                yield (*at, "when", name), Because("the range ends before it begins: swap its ends")
        yield from _ladder((*at, "steps"), segment.steps)
        if segment.challenger:
            yield from _ladder((*at, "challenger", "steps"), segment.challenger.steps)
            if segment.held_out + segment.challenger.share >= 1:
                yield (*at, "challenger", "share"), Because("with the share held out nobody is left: lower one of them")
    yield from _kinds(definition)
    for name, notice in definition.events:
        if notice:
            yield from _channels(("events", name), notice.channels)
    yield from _channels(("costs",), tuple(definition.costs))


def _segments(definition: Definition) -> Iterator[tuple[Path, Because]]:
    codes: set[str] = set()
    for place, segment in enumerate(definition.segments):
        if segment.code in codes:
            yield ("segments", place, "code"), Because("another segment has this code: give it one of its own")
        codes.add(segment.code)
        if place < len(definition.segments) - 1 and segment.when == type(segment.when)():
            yield ("segments", place, "when"), Because("it takes everybody, so the next ones stay empty: put it last")
    names = names_of(definition)
    for noun in ("products", "regions", "cities"):
        if len(getattr(names, noun)) > MOST_NAMES:
            yield ("segments", noun), Because("a strategy can name {n} of them at most", n=MOST_NAMES)


def _kinds(definition: Definition) -> Iterator[tuple[Path, Because]]:
    """The same code in two ladders is the same step: it cannot be a message here and a call there."""
    kinds: dict[str, StepKind] = {}
    for place, _arm, steps in ladders(definition):
        for step in steps:
            if kinds.setdefault(step.code, step.kind) != step.kind:
                yield (
                    ("segments", place, "steps"),
                    Because("the code {code} stands for steps of two kinds: give one of them another", code=step.code),
                )


def _ladder(at: Path, steps: tuple[Step, ...]) -> Iterator[tuple[Path, Because]]:
    codes: set[str] = set()
    for number, step in enumerate(steps):
        here = (*at, number)
        if step.code in codes:
            yield (*here, "code"), Because("another step of this ladder has this code: give it one of its own")
        codes.add(step.code)
        yield from _step(here, step)
    for number, (step, following) in enumerate(pairwise(steps), start=1):
        if step.offset == following.offset and _overlap(step, following):
            yield (*at, number, "offset"), Because("two steps on one day need amounts that exclude each other")


def _step(here: Path, step: Step) -> Iterator[tuple[Path, Because]]:
    if step.kind == StepKind.MESSAGE:
        if not step.channels:
            yield (*here, "channels"), Because("a message needs at least one channel")
        if not step.template:
            yield (*here, "template"), Because("a message needs a template")
        yield from _channels(here, step.channels)
    else:
        for name in ("channels", "template"):
            if getattr(step, name):
                yield (*here, name), Because("only messages have one: leave it empty")
    if crossed(step.conditions.min_amount, step.conditions.max_amount):
        yield (*here, "min_amount"), Because("the range ends before it begins: swap its ends")
    needed = (step.max_attempts - 1) * step.min_gap_days + 1
    if needed > step.valid_days:
        yield (*here, "valid_days"), Because("its attempts need {n} days: allow as many, or fewer attempts", n=needed)


def _channels(here: Path, channels: tuple[Any, ...]) -> Iterator[tuple[Path, Because]]:
    if len(set(channels)) < len(channels):
        yield (*here, "channels"), Because("a channel is there twice")
    if set(channels) - set(WRITTEN):
        yield (*here, "channels"), Because("messages leave by: {known}", known=", ".join(WRITTEN))


def crossed(least: Any, most: Any) -> bool:
    """Whether a range ends before it begins."""
    return least is not None and most is not None and bool(least > most)


def _overlap(step: Step, other: Step) -> bool:
    """Whether an amount exists for which both are meant."""
    low = max(each.conditions.min_amount or 0 for each in (step, other))
    tops = [each.conditions.max_amount for each in (step, other) if each.conditions.max_amount is not None]
    return not tops or low <= min(tops)


def _numbered(noun: str, place: int, node: Any, language: str) -> str:
    name = node.get("name") or node.get("code") if isinstance(node, Mapping) else None
    said = translate(N_("Segment {n}") if noun == "segments" else N_("Step {n}"), language, n=place + 1)
    return f"{said} ({name})" if name else said


def follows(error: Any, wrong: Sequence[Any]) -> bool:
    """Whether a list counts as too short only because what is in it is wrong."""
    loc = error["loc"]
    return error["type"] == "too_short" and any(
        len(each["loc"]) > len(loc) and each["loc"][: len(loc)] == loc for each in wrong
    )


def _walked(steps: tuple[str | int, ...]) -> Path:
    """A path as the definition has it: pydantic names the keys of a map by a step of their own."""
    return tuple(each for each in steps if each != "[key]")


# pydantic's kinds of error (its documentation, "Validation Errors"); the places are those of its `ctx`
_SAID = {
    "missing": N_("it is missing: fill it in"),
    "extra_forbidden": N_("a strategy has no such field: take it out"),
    "enum": N_("it has to be one of: {expected}"),
    "greater_than": N_("it has to be more than {gt}"),
    "greater_than_equal": N_("it has to be {ge} or more"),
    "less_than_equal": N_("it has to be {le} or less"),
    "string_pattern_mismatch": N_("write it with small letters, digits and _, beginning with a letter"),
    "string_too_short": N_("it is empty: fill it in"),
    "string_too_long": N_("it is longer than {max_length} letters: shorten it"),
    "too_short": N_("it needs at least one"),
    "too_long": N_("it has more than {max_length}: take some out"),
    "decimal_max_places": N_("it has more than {decimal_places} decimals: round it"),
}
_WHOLE = frozenset({"int_type", "int_parsing", "int_from_float", "int_parsing_size"})
_NUMBERS = frozenset(
    {"float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number", "decimal_max_digits"}
)


def because_of(error: Any) -> Because:
    """One of pydantic's errors in our words."""
    kind = error["type"]
    if kind in _SAID:
        said = {
            name: value.replace(" or ", ", ") if name == "expected" else value
            for name, value in error.get("ctx", {}).items()
        }
        return Because(_SAID[kind], **said)
    if kind in _WHOLE:
        return Because(N_("it has to be a whole number"))
    if kind in _NUMBERS or kind == "decimal_whole_digits":
        return Because(N_("it has to be a number"))
    if kind.startswith("time_"):
        return Because(N_("it has to be a time of day, such as 09:30"))
    return Because(N_("it cannot be read: {said}"), said=error["msg"])
