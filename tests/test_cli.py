"""The commands as a shell runs them: on a database of their own, by exit code, output and standard error."""

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from workbench import cli, db
from workbench.queries.users import people, team_codes


@pytest.fixture
def shell(fresh_db, fresh_cast, servers):
    """Runs `workbench WORDS` on the test's own database."""
    environment = {**os.environ, "DATABASE_URL": fresh_db, "REDIS_URL": servers.redis_url, "WORKBENCH_LANGUAGE": "en"}

    def run(*words: str, said: str = "") -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "workbench.cli", *words]
        return subprocess.run(
            command, env=environment, input=said, capture_output=True, text=True, check=False, timeout=300
        )

    run.environment = environment
    return run


def everybody() -> dict[str, str]:
    with db.reading() as session:
        return {person.email: person.role for person in people(session, None, at=datetime.now(UTC)) if person.active}


def test_a_person_is_hired_promoted_and_shown_out(shell):
    with db.reading() as session:
        team = team_codes(session)[0]
    words = ["user", "create", "Eva@example.org", "--name", "Eva", "--team", team, "--password-stdin"]
    hired = shell(*words, said="una frase bastante larga\n")
    assert (hired.returncode, hired.stderr) == (0, "")
    assert everybody()["eva@example.org"] == "agent"
    assert shell("user", "role", "eva@example.org", "supervisor").returncode == 0
    assert everybody()["eva@example.org"] == "supervisor"
    assert (
        shell("user", "password", "eva@example.org", "--password-stdin", said="otra frase muy larga\n").returncode == 0
    )
    assert shell("user", "deactivate", "eva@example.org").returncode == 0
    assert "eva@example.org" not in everybody()


def test_the_list_of_people_is_json_without_password_hashes(shell):
    listed = shell("user", "list", "--json")
    assert {person["email"] for person in json.loads(listed.stdout)} == set(everybody())
    assert "argon2" not in listed.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(["user", "deactivate", "nobody@example.org"], "There is no such user.", id="stranger"),
        pytest.param(
            ["user", "create", "eva@example.org", "--name", "Eva", "--password-stdin"],
            "The password needs at least 12 characters.",
            id="short-password",
        ),
    ],
)
def test_what_is_refused_is_one_sentence_and_exit_code_2(shell, words, reason):
    done = shell(*words, said="short\n")
    assert (done.returncode, done.stdout, done.stderr) == (cli.REFUSED, "", f"{reason}\n")


@pytest.mark.parametrize("words", [[], ["user"], *([name] for name in ("up", "web", "worker", "schedule", "migrate"))])
def test_every_command_explains_itself(words):
    explained = CliRunner().invoke(cli.app, [*words, "--help"])
    assert explained.exit_code == 0
    assert len(explained.stdout.split()) > 20


def test_the_list_of_commands_says_what_each_says_of_itself():
    group = typer.main.get_command(cli.app)
    first = {
        name: inspect.cleandoc(each.help).split("\n\n")[0].replace("\n", " ") for name, each in group.commands.items()
    }
    assert first == {name: words for name, (_, words) in cli.COMMANDS.items()}


def test_a_command_that_is_not_used_is_not_loaded():
    asked = "import sys; from workbench.cli import main; sys.argv = ['workbench', *sys.argv[1:]]\ntry: main()\nfinally: print(sorted(sys.modules), file=sys.stderr)"
    listed = subprocess.run([sys.executable, "-c", asked, "--help"], capture_output=True, text=True, check=True)
    assert "agreement" in listed.stdout
    assert not [each for each in ("models", "pandas", "sqlalchemy", "workbench.db") if f"'{each}'" in listed.stderr]


@pytest.mark.parametrize(
    ("name", "address"),
    [("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"), ("REDIS_URL", "redis://127.0.0.1:1")],
)
def test_a_server_that_does_not_answer_is_one_sentence_and_exit_code_3(shell, monkeypatch, name, address):
    monkeypatch.setitem(shell.environment, name, address)
    done = shell("worker", "--burst") if name == "REDIS_URL" else shell("user", "list")
    assert (done.returncode, done.stdout) == (cli.UNREACHABLE, "")
    assert done.stderr.splitlines()[-1].endswith(f"does not answer; check {name} and that the server runs.")


def leads() -> bool:
    """Whether somebody keeps the timetable of the test's own database: the lead is a lock there."""
    mine = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    with db.reading() as session:
        return (
            session.execute(text(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {mine}")).scalar_one()
            > 0
        )


def test_the_timetable_leaves_on_sigterm(shell):
    command = [sys.executable, "-m", "workbench.cli", "schedule"]
    with subprocess.Popen(command, env=shell.environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 180
        while not leads() and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        assert "Traceback" not in process.stderr.read()
