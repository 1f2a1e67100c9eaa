"""What may stand in a template, and what a message has to say; every finding names the line and how to mend it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from jinja2 import Environment, TemplateSyntaxError, nodes

from models.interactions import Channel
from workbench.rules.letter_values import OPT_OUT_WORDS
from workbench.rules.placeholders import DEBT_FIELDS, FILTERS, PLACEHOLDERS, accepts
from workbench.rules.sms_text import foreign_to_gsm, plain
from workbench.rules.words import N_

CODES = (
    "reminder_before_due",
    "due_today",
    "first_notice",
    "second_notice",
    "firm_notice",
    "final_notice",
    "promise_due_tomorrow",
    "promise_due_today",
    "promise_broken",
    "payment_thanks",
    "agreement_letter",
    "installment_due",
)
_AGREED = {"agreement_total", "agreement_payments", "installment_amount", "installment_due_on"}
_OF_AGREEMENTS = {"agreement_letter", "installment_due"}
SUBJECT_LENGTH = 150
BODY_LENGTH = {Channel.EMAIL: 6_000, Channel.SMS: 640, Channel.WHATSAPP: 1_024}  # the last is WhatsApp's own limit
_LOOP = "{% for debt in debts %} {{ debt.amount }} {% endfor %}"
_DEEPEST = 3  # blocks within blocks
_WHATSAPP_NAME = re.compile(r"[a-z0-9_]{1,512}")
_UNREAD = re.compile(r"\{\{|\}\}|\{%|%\}")
_HALF = re.compile(r"(?<!\{)\{\s*([a-z_]+)\s*\}(?!\})|\[([a-z_]+)\]|<<\s*([a-z_]+)\s*>>|%([a-z_]+)%")
_SYNTAX = Environment(autoescape=False)  # noqa: S701  # only takes templates apart, never runs one


class Letter(Protocol):
    """What is filled to be sent: a row, or what is being typed."""

    @property
    def channel(self) -> Channel: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def body(self) -> str: ...


class Written(Letter, Protocol):
    """A template as far as its text goes."""

    @property
    def code(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def whatsapp_name(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A template's text that is no row yet."""

    code: str
    channel: Channel
    language: str
    subject: str | None
    body: str
    whatsapp_name: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong where: `because` is a message id, `values` fill it; one that does not block is advice."""

    part: str  # subject, body or whatsapp_name
    line: int
    because: str
    values: dict[str, Any] = field(default_factory=dict)
    blocks: bool = True


def check(template: Written) -> list[Finding]:
    """Everything that keeps a text from being approved, and advice; nothing found = it may be."""
    found = [*structure(template.body, "body"), *_length(template)]
    if template.channel == Channel.EMAIL:
        found += _subject(template.subject or "")
    if not any(each.blocks for each in found):
        found += [*_known_then(template), *_has_to_say(template)]
        if template.channel == Channel.WHATSAPP:
            found += _whatsapp(template)
        if template.channel == Channel.SMS:
            found += _sms(template.body)
    return sorted(found, key=lambda each: (not each.blocks, each.part != "subject", each.line))


def structure(source: str, part: str) -> Iterator[Finding]:
    """What in a text is not one of the few things a template may hold."""
    try:
        tree = parsed(source)
    except TemplateSyntaxError as wrong:
        because = N_(
            "A mark is not closed or not understood: a placeholder is {example}; “if” and “for” need their end."
        )
        yield Finding(part, wrong.lineno, because, {"example": "{{ total }}"})
        return
    yield from _allowed(tree, part, inside=(), depth=0)
    for number, line in enumerate(source.splitlines(), 1):
        if any(unicodedata.category(each)[0] == "C" and each != "\t" for each in line):
            because = N_("There is an invisible character in this line: type it anew, without pasting.")
            yield Finding(part, number, because)


def parsed(source: str) -> nodes.Template:
    """The template's syntax tree."""
    return _SYNTAX.parse(source.replace("\r\n", "\n"))


def source_of(node: nodes.Node) -> str:
    """A placeholder with its filters, as one would write it."""
    if isinstance(node, nodes.Filter) and node.node is not None:
        arguments = ", ".join(repr(each.as_const()) for each in node.args)
        return f"{source_of(node.node)} | {node.name}" + (f"({arguments})" if arguments else "")
    if isinstance(node, nodes.Getattr):
        return f"{source_of(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else "?"


def _allowed(node: nodes.Node, part: str, inside: tuple[str, ...], depth: int) -> Iterator[Finding]:
    if isinstance(node, nodes.Template | nodes.Output):
        for each in node.iter_child_nodes():
            yield from _allowed(each, part, inside, depth)
    elif isinstance(node, nodes.TemplateData):
        yield from _data(node, part)
    elif isinstance(node, nodes.If):
        yield from _if(node, part, inside, depth)
    elif isinstance(node, nodes.For):
        yield from _for(node, part, inside, depth)
    else:
        yield from _value(node, part, inside)


def _data(node: nodes.TemplateData, part: str) -> Iterator[Finding]:
    for offset, line in enumerate(node.data.split("\n")):
        if _UNREAD.search(line):
            because = N_("Braces are not closed; a placeholder is written {example}.")
            yield Finding(part, node.lineno + offset, because, {"example": "{{ total }}"})
        for groups in _HALF.findall(line):
            name = next(each for each in groups if each)
            if name in PLACEHOLDERS:
                because = N_("{name} would leave as it stands: write it with two braces on each side.")
                yield Finding(part, node.lineno + offset, because, {"name": name})


def _if(node: nodes.If, part: str, inside: tuple[str, ...], depth: int) -> Iterator[Finding]:
    if depth >= _DEEPEST:
        yield Finding(part, node.lineno, N_("Too many blocks within blocks."))
        return
    asked = node.test.node if isinstance(node.test, nodes.Not) else node.test
    if isinstance(asked, nodes.Name | nodes.Getattr):
        yield from _value(asked, part, inside)
    else:
        because = N_("An “if” may only ask for a placeholder, as in {example}.")
        yield Finding(part, node.lineno, because, {"example": "{% if contact_phone %}"})
    for each in [*node.body, *node.elif_, *node.else_]:
        yield from _allowed(each, part, inside, depth + 1)


def _for(node: nodes.For, part: str, inside: tuple[str, ...], depth: int) -> Iterator[Finding]:
    target, over = node.target, node.iter
    debts = isinstance(over, nodes.Name) and over.name == "debts" and not inside
    plain_loop = isinstance(target, nodes.Name) and target.name == "debt" and not (node.test or node.recursive)
    if part != "body" or not debts or not plain_loop or node.else_ or depth >= _DEEPEST:
        because = N_("The only loop is {example}, in the body, not within itself.")
        yield Finding(part, node.lineno, because, {"example": _LOOP})
        return
    for each in node.body:
        yield from _allowed(each, part, ("debt",), depth + 1)


def _value(node: nodes.Node, part: str, inside: tuple[str, ...]) -> Iterator[Finding]:
    if isinstance(node, nodes.Filter) and node.node is not None:
        yield from _filter(node, part)
        yield from _value(node.node, part, inside)
    elif isinstance(node, nodes.Getattr):
        yield from _field(node, part, inside)
    elif not isinstance(node, nodes.Name):
        because = N_("Only placeholders and filters may stand here, nothing to compute or to call.")
        yield Finding(part, node.lineno or 1, because)  # an autoescape block has no line of its own
    elif node.name in {"debt", "debts"}:
        because = N_("Debts are listed with {example}, or with debts_line.")
        yield Finding(part, node.lineno, because, {"example": _LOOP})
    elif node.name not in PLACEHOLDERS:
        because = N_("There is no placeholder {name}; the nearest is {nearest}.")
        yield Finding(part, node.lineno, because, {"name": node.name, "nearest": _nearest(node.name, PLACEHOLDERS)})


def _filter(node: nodes.Filter, part: str) -> Iterator[Finding]:
    arguments = tuple(each.value if isinstance(each, nodes.Const) else object() for each in node.args)
    if node.name not in FILTERS:
        because = N_("There is no filter {name}; there are: {filters}.")
        yield Finding(part, node.lineno, because, {"name": node.name, "filters": ", ".join(FILTERS)})
    elif node.kwargs or node.dyn_args or node.dyn_kwargs or not accepts(node.name, arguments):
        because = N_("The filter {name} is used wrongly: only date takes a word, date('short') or date('long').")
        yield Finding(part, node.lineno, because, {"name": node.name})


def _field(node: nodes.Getattr, part: str, inside: tuple[str, ...]) -> Iterator[Finding]:
    of = node.node.name if isinstance(node.node, nodes.Name) else ""
    if of != "debt" or of not in inside:
        because = N_("Only a debt has fields, inside the loop {example}.")
        yield Finding(part, node.lineno, because, {"example": _LOOP})
    elif node.attr not in DEBT_FIELDS:
        because = N_("A debt has no {name}; it has: {fields}.")
        yield Finding(part, node.lineno, because, {"name": node.attr, "fields": ", ".join(DEBT_FIELDS)})


def _length(template: Written) -> Iterator[Finding]:
    most, body = BODY_LENGTH[template.channel], template.body
    if not body.strip():
        yield Finding("body", 1, N_("The text is empty."))
    if len(body) > most:
        because = N_("The text has {n} characters; {most} are the most on this channel.")
        yield Finding("body", 1, because, {"n": len(body), "most": most})


def _subject(subject: str) -> Iterator[Finding]:
    if not subject.strip():
        yield Finding("subject", 1, N_("An e-mail needs a subject."))
    if "\n" in subject or "\r" in subject:
        yield Finding("subject", 1, N_("A subject has one line."))
    if len(subject) > SUBJECT_LENGTH:
        because = N_("The subject has {n} characters; {most} are the most.")
        yield Finding("subject", 1, because, {"n": len(subject), "most": SUBJECT_LENGTH})
    yield from structure(subject, "subject")


def _known_then(template: Written) -> Iterator[Finding]:
    """Placeholders that have no value when this message is sent."""
    missing: set[str] = set()
    if template.code in CODES and not template.code.startswith("promise"):
        missing |= {"promise_amount", "promise_due_on"}
    if template.code in CODES and template.code != "payment_thanks":
        missing |= {"payment_amount"}
    if template.code in CODES and template.code not in _OF_AGREEMENTS:
        missing |= _AGREED
    for part, source in (("subject", template.subject or ""), ("body", template.body)):
        for node in parsed(source).find_all(nodes.Name):
            if node.name in missing:
                because = N_("{name} is not known when this message is sent.")
                yield Finding(part, node.lineno, because, {"name": node.name})


def _has_to_say(template: Written) -> Iterator[Finding]:
    tree = parsed(template.body)
    always = {node.name for output in _unconditional(tree) for node in output.find_all(nodes.Name)}
    if "creditor" not in always:
        because = N_("The text has to say whose debt it is: {example}, outside of any “if”.")
        yield Finding("body", 1, because, {"example": "{{ creditor }}"})
    word = OPT_OUT_WORDS.get(template.language, "")
    written = {node.name for node in tree.find_all(nodes.Name)}
    literal = bool(word) and re.search(rf"\b{word}\b", template.body)
    if not literal and "opt_out_word" not in written:
        because = N_("The text has to say how to stop messages: {example}, or the word {word} itself.")
        yield Finding("body", 1, because, {"example": "{{ opt_out_word }}", "word": word})


def _unconditional(tree: nodes.Template) -> list[nodes.Output]:
    return [node for node in tree.body if isinstance(node, nodes.Output)]


def _whatsapp(template: Written) -> Iterator[Finding]:
    tree = parsed(template.body)
    for block in tree.find_all((nodes.If, nodes.For)):
        because = N_("The provider approves one fixed text: no “if” and no loop; debts_line lists the debts.")
        yield Finding("body", block.lineno, because)
    pieces = [piece for output in _unconditional(tree) for piece in output.nodes]
    said = [piece for piece in pieces if not (isinstance(piece, nodes.TemplateData) and not piece.data.strip())]
    for edge in {0, len(said) - 1} if said else ():
        if not isinstance(said[edge], nodes.TemplateData):
            because = N_("WhatsApp refuses a text that begins or ends with a placeholder: add words there.")
            yield Finding("body", said[edge].lineno, because)
    for before, after in pairwise(said):
        if not isinstance(before, nodes.TemplateData) and not isinstance(after, nodes.TemplateData):
            yield Finding(
                "body", after.lineno, N_("WhatsApp refuses two placeholders side by side: add words between.")
            )
    if not _WHATSAPP_NAME.fullmatch(template.whatsapp_name or ""):
        because = N_("WhatsApp sends only texts it has approved: give the name there (small letters, digits, _).")
        yield Finding("whatsapp_name", 1, because)


def _sms(body: str) -> Iterator[Finding]:
    for number, line in enumerate(body.splitlines(), 1):
        foreign = [each for each in foreign_to_gsm(plain(line)) if foreign_to_gsm(plain(each))]
        if foreign:
            because = N_("{characters} makes every part hold 70 characters instead of 160: the message costs double.")
            yield Finding("body", number, because, {"characters": " ".join(foreign)}, blocks=False)


def _nearest(name: str, names: dict[str, str]) -> str:
    def likeness(other: str) -> tuple[int, int]:
        return len(set(name.split("_")) & set(other.split("_"))), -sum(
            a != b for a, b in zip(name, other, strict=False)
        )

    return max(names, key=likeness)
