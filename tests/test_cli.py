"""The commands as a shell runs them: on a database of their own, by exit code, output and standard error."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
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


def heeds(pid: int, signum: signal.Signals) -> bool:
    """Whether a process has a handler of its own for a signal (Linux says so in its status)."""
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught[1], 16) >> (signum - 1) & 1)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc when it has come up")
def test_the_timetable_leaves_on_sigterm(shell):
    command = [sys.executable, "-m", "workbench.cli", "schedule"]
    with subprocess.Popen(command, env=shell.environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not heeds(process.pid, signal.SIGTERM) and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
