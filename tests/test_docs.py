"""What is not in the documentation does not exist: every command, setting, job and page is found there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from models import Channel
from seed.people import DEMO_LOGINS, DEMO_PASSWORD
from workbench.cli import app
from workbench.jobs import Job
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_schema import Reading
from workbench.rules.law_words import FACTS, PURPOSES, Target
from workbench.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "docs/reference.md").read_text()
CONTACT_LAW = (ROOT / "docs/contact-law.md").read_text()
READINGS = [(country, reading) for country, law in jurisdictions().items() for reading in law.readings.values()]
UNDISPUTED = [country for country, law in jurisdictions().items() if not law.readings]


def commands(group: object, prefix: str = "workbench") -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield prefix, name


@pytest.mark.parametrize(("group", "name"), list(commands(typer.main.get_command(app))))
def test_the_readme_has_every_command(group: str, name: str) -> None:
    rows = [line for line in README.splitlines() if line.startswith(f"| `{group} ")]
    assert any(f"`{group} {name}`" in row or f"`{name}`" in row for row in rows)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_reference_has_every_setting(field: str) -> None:
    name = Settings.model_fields[field].validation_alias or f"WORKBENCH_{field.upper()}"
    assert f"| `{name}` |" in REFERENCE


@pytest.mark.parametrize("job", Job)
def test_the_reference_has_every_job(job: Job) -> None:
    assert f"| `{job.value}` |" in REFERENCE


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "pages").glob("[!_]*.py")))
def test_the_reference_has_every_page(page: str) -> None:
    assert f"`pages/{page}`" in REFERENCE


@pytest.mark.parametrize("word", [*FACTS, *Target, *PURPOSES, *Channel])
def test_the_reference_has_every_word_of_a_question_to_the_law(word: str) -> None:
    asked = REFERENCE.split("## Questions to the contact law")[1].split("\n## ")[0]
    assert f"`{word}`" in asked


def test_the_readme_says_who_may_log_in_to_the_demonstration() -> None:
    assert DEMO_PASSWORD in README
    assert all(who.email in README for who in DEMO_LOGINS)


@pytest.mark.parametrize(("country", "reading"), READINGS, ids=[f"{each[0]}-{each[1].default}" for each in READINGS])
def test_the_contact_law_page_has_every_reading_with_its_default(country: str, reading: Reading) -> None:
    rows = [line.split(" | ") for line in CONTACT_LAW.splitlines() if line.startswith(f"| {country} |")]
    row = next(row for row in rows if f"`{reading.default}`" in row[2])
    assert all(f"`{name}`" in row[3] for name in reading.options if name != reading.default)


def test_the_contact_law_page_names_the_countries_without_a_dispute() -> None:
    said = re.search(r"The files of (.*) dispute nothing", CONTACT_LAW)
    assert said
    assert re.findall("[A-Z]{2}", said[1]) == sorted(UNDISPUTED)


def test_the_contact_law_page_has_every_option_of_a_policy() -> None:
    create, change = (commands_of("portfolio")[name] for name in ("create", "policy"))
    shared = {option.opts[0] for option in create.params} & {option.opts[0] for option in change.params}
    options = {option for option in shared if option.startswith("--")}
    assert {option for option in options if f"| `{option}" not in CONTACT_LAW} == set()


def test_the_examples_of_the_contact_law_page_answer_as_it_says() -> None:
    console = CONTACT_LAW.split("```console\n")[1].split("```")[0]
    for example in console.split("$ uv run workbench ")[1:]:
        command, _, said = example.partition("\n")
        answered = CliRunner().invoke(app, shlex.split(command)).stdout
        assert answered.startswith(said.removesuffix("…\n")), command


def commands_of(group: str) -> dict[str, Any]:
    return dict(typer.main.get_command(app).commands[group].commands)


def test_the_reference_has_every_metric() -> None:
    source = (ROOT / "workbench/web/metrics.py").read_text()
    names = set(re.findall(r'"workbench_([a-z_]+)"|_(?:by|one)\(\s*"([a-z_]+)"', source))
    named = {first or second for first, second in names}
    assert len(named) >= 15
    assert {name for name in named if f"`workbench_{name}" not in REFERENCE} == set()
