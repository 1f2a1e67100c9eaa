"""The texts that debtors receive, filled: Jinja2 in a sandbox, of which `template_checks` allows only a little.

What fills a placeholder is data: it is never read as a template.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.interactions import Channel
from workbench.rules.letter_values import Values, harmless
from workbench.rules.placeholders import FILTERS, PLACEHOLDERS, Absent, Unfilled, context_of, finalize
from workbench.rules.sms_text import SmsCount, count, plain
from workbench.rules.template_checks import SUBJECT_LENGTH, Finding, Letter, check, parsed, source_of, structure
from workbench.rules.words import N_, Worded, translate

__all__ = ["PLACEHOLDERS", "Finding", "Rendered", "Unfilled", "Values", "check", "provider_text", "render"]

OUTPUT_LENGTH = {Channel.EMAIL: 40_000, Channel.SMS: 918, Channel.WHATSAPP: 1_024}  # SMS: six parts
_PLACES = {
    "subject": N_("Subject"),
    "body": N_("Text, line {line}"),
    "whatsapp_name": N_("Name of the approved template"),
}
_ALONE = re.compile(r"(?m)^[ \t]*(\{%[^%\n]*%\})[ \t]*\n")  # a block's mark that has a line for itself
_UNREAD = re.compile(r"\{\{|\}\}|\{%|%\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to leave; `variables` are a WhatsApp template's in its order, `sms` what the body costs as SMS."""

    subject: str | None
    body: str
    variables: tuple[str, ...] = ()
    sms: SmsCount | None = None


def render(template: Letter, values: Values, language: str) -> Rendered:
    """Fills a template with one case's values, as `language` and the values' country write amounts and dates.

    Raises `Unfilled` for a placeholder without a value, a text that `check` would refuse, or one grown too long.
    """
    context = context_of(values, language)
    body = _tidy(_filled(template.body, context))
    if template.channel == Channel.SMS:
        body = plain(body)
    if not body or len(body) > OUTPUT_LENGTH[template.channel]:
        raise Unfilled(f"{len(body)} characters")
    subject = template.subject and harmless(_filled(template.subject, context), SUBJECT_LENGTH)
    if template.channel == Channel.EMAIL and not subject:
        raise Unfilled("subject")
    whatsapp = template.channel == Channel.WHATSAPP
    variables = tuple(_filled(f"{{{{ {each} }}}}", context) for each in _variables(template.body)) if whatsapp else ()
    return Rendered(subject or None, body, variables, count(body) if template.channel == Channel.SMS else None)


@dataclass(frozen=True, slots=True)
class Where(Worded):
    """A finding's place, in words."""

    finding: Finding

    def in_language(self, language: str) -> str:
        """For example: Text, line 3."""
        return translate(_PLACES[self.finding.part], language, line=self.finding.line)


@dataclass(frozen=True, slots=True)
class What(Worded):
    """What is wrong and how to mend it, in words."""

    finding: Finding

    def in_language(self, language: str) -> str:
        """The sentence in a language."""
        return translate(self.finding.because, language, **self.finding.values)


def in_words(finding: Finding) -> dict[str, Any]:
    """A finding as the values of a refusal: where, and what."""
    return {"where": Where(finding), "what": What(finding)}


def provider_text(body: str) -> str:
    """A WhatsApp text as the provider wants it for approval: numbers in the place of names, in order of appearance."""
    numbers: dict[str, int] = {}
    pieces: list[str] = []
    for node in _pieces(body):
        if isinstance(node, nodes.TemplateData):
            pieces.append(node.data)
        else:
            number = numbers.setdefault(source_of(node), len(numbers) + 1)
            pieces.append(f"{{{{{number}}}}}")
    return "".join(pieces).strip()


@lru_cache(maxsize=1024)
def _variables(body: str) -> tuple[str, ...]:
    """The distinct placeholders with their filters, in order of first appearance."""
    return tuple(dict.fromkeys(source_of(node) for node in _pieces(body) if not isinstance(node, nodes.TemplateData)))


def _pieces(body: str) -> list[nodes.Node]:
    return [piece for output in parsed(body).find_all(nodes.Output) for piece in output.nodes]


def _filled(source: str, context: dict[str, object]) -> str:
    try:
        text = _compiled(source).render(context)
    except TemplateError as wrong:
        raise Unfilled(type(wrong).__name__) from wrong
    if _UNREAD.search(text):
        raise Unfilled("{{ }}")
    return text


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    """The template, looked through once more: one that came into the table past every check does not run either."""
    if wrong := next((each for each in structure(source, "body") if each.blocks), None):
        raise Unfilled(str(wrong.values.get("name", "template")))
    return _ENVIRONMENT.from_string(_ALONE.sub(r"\1", source))


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _environment() -> ImmutableSandboxedEnvironment:
    # plain text: there is no HTML to escape for
    made = ImmutableSandboxedEnvironment(undefined=Absent, finalize=finalize, autoescape=False)
    made.globals.clear()
    made.tests.clear()
    made.filters = dict(FILTERS)
    return made


_ENVIRONMENT = _environment()
