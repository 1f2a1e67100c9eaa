"""`workbench contact`: what the law of contacts says, without any server: of one question, of many, of a country."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from workbench.rules.contact_law import Decision, Question, may_contact
from workbench.rules.law_files import LawFileError, jurisdictions, read_file
from workbench.rules.law_questions import entries, local_minute, question, remarks
from workbench.rules.law_reasons import in_words
from workbench.rules.law_schema import Jurisdiction
from workbench.rules.law_sheets import Section, sheet
from workbench.rules.refusals import Refused
from workbench.rules.words import LANGUAGES, translate
from workbench.terminal import Json, answer, complaints, console, say, spoken

DISAGREES, REFUSED = 1, 2

app = typer.Typer(no_args_is_help=True, help="The law of contacts: judge one, read a country's. Needs no server.")
Language = Annotated[str | None, typer.Option(help="es or en; WORKBENCH_LANGUAGE if left out.")]


@app.command("check")
def check(
    file: Annotated[str, typer.Argument(help="YAML or JSON; - is standard input.")] = "-",
    *,
    asked: Annotated[str | None, typer.Option("--json", help="One question, as JSON, instead of a file.")] = None,
    compare: Annotated[bool, typer.Option(help="Say whether each answer is the one the file expects.")] = False,
    language: Language = None,
) -> None:
    """Say of each question whether the contact is lawful, by which rule, and when it will be: one JSON line each.

    A question has: `country`, `zone`, `now_local` or `now_utc`, `channel`; and where they matter `region`, `regime`,
    `reading` (several joined by +), `target`, `purpose`, `flags` (what is known), `prior_contacts` (`at`, `channel`,
    `outcome`, `debt`). A file holds one, a list, or a list under `scenarios`.

    Exit codes: 0 all judged, 1 an answer is not the expected one (`--compare`), 2 a question could not be judged.

    Example: `workbench contact check --json '{"country": "CO", "now_local": "2026-11-24T19:00", "channel": "call"}'`
    """
    worst = 0
    with _legible_laws():
        for number, entry in enumerate(entries(asked if asked is not None else _text(file)), start=1):
            answered = _judged(entry, number, compare=compare, language=_language(language))
            sys.stdout.write(json.dumps(answered, ensure_ascii=False, default=str) + "\n")
            worst = max(worst, REFUSED if "error" in answered else DISAGREES * (answered.get("agrees") is False))
    if worst:
        raise typer.Exit(worst)


@app.command("law")
def law(
    country: Annotated[str, typer.Argument(help="Two letters, such as CO; or a law file of your own, to try it.")],
    *,
    as_json: Json = False,
    language: Language = None,
) -> None:
    """Show a country's law: scope, disputed readings, and each rule with its article, how sure it is, and its source."""
    with _legible_laws():
        shown = _law(country)
    if as_json:
        answer(shown.model_dump(mode="json", by_alias=True))
        return
    for section in sheet(shown, _language(language)):
        _print(section)


def _judged(entry: Any, number: int, *, compare: bool, language: str) -> dict[str, Any]:
    """One line of the answer; what could not be judged says why, and the next line goes on."""
    name = {"id": entry.get("id", number) if isinstance(entry, dict) else number}
    try:
        asked = question(entry)
        decision = may_contact(asked)
        answered: dict[str, Any] = name | _told(asked, decision, language)
        unheard = [translate(each.msgid, language, **each.params) for each in remarks(entry, asked)]
        answered["warnings"] = [*answered["warnings"], *unheard]
        return answered | (_agreement(entry, answered) if compare else {})
    except Refused as refused:
        return name | {"error": translate(refused.because, language, **refused.values)}


def _told(asked: Question, decision: Decision, language: str) -> dict[str, Any]:
    rule, zone, following = decision.rule, asked.zones[0], decision.next_allowed
    return {
        "decision": "allow" if decision.allowed else "deny",
        "rule": rule.id if rule else None,
        "law": rule.citation if rule else None,
        "next_allowed_local": f"{following.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if following else None,
        "confidence": rule.confidence.value if rule else None,
        "because": in_words(decision.because, rule, language=language, zone=zone),
        "warnings": [
            f"{each.id} ({each.confidence.value}): {each.says.in_language(language)}" for each in decision.warnings
        ],
    }


def _agreement(entry: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    """Whether the decision and the next lawful minute are the expected ones; none when the entry expects nothing."""
    if entry.get("expected") is None:
        return {"agrees": None}
    expected = (entry["expected"], local_minute(entry.get("next_allowed_local")))
    return {"agrees": expected == (answered["decision"], answered["next_allowed_local"])}


def _text(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Refused("{file} cannot be read: {reason}.", file=file, reason=reason) from None


def _law(country: str) -> Jurisdiction:
    if country.endswith((".yaml", ".yml")):
        _text(country)  # refused when there is no such file
        return read_file(Path(country))
    known = jurisdictions()
    if country.upper() in known:
        return known[country.upper()]
    raise Refused(
        "No law is known for {country}; known are: {known}. To add one, write workbench/contact_law/{file}.yaml as "
        "docs/contact-law.md says; where there is no law, it holds a policy.",
        country=country.upper(),
        known=", ".join(known),
        file=country.lower(),
    )


def _language(wanted: str | None) -> str:
    chosen = wanted or spoken()
    if chosen in LANGUAGES:
        return chosen
    raise Refused("There is no language “{name}”; write one of: {known}.", name=chosen, known=", ".join(LANGUAGES))


@contextmanager
def _legible_laws() -> Iterator[None]:
    """A law file that is wrong is told with its line, not with a traceback."""
    try:
        yield
    except LawFileError as error:
        complaints.print(str(error), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from None


def _print(section: Section) -> None:
    console.print(f"[bold]{escape(section.title)}[/bold]", highlight=False, soft_wrap=True)
    for line in section.lines:
        say(f"  {line}")
    say("")
