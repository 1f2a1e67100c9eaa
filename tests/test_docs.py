"""What is not in the documentation does not exist: every command, setting, job and page is found there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from seed.people import DEMO_LOGINS, DEMO_PASSWORD
from workbench.cli import app
from workbench.jobs import Job
from workbench.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "docs/reference.md").read_text()


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


def test_the_readme_says_who_may_log_in_to_the_demonstration() -> None:
    assert DEMO_PASSWORD in README
    assert all(who.email in README for who in DEMO_LOGINS)
