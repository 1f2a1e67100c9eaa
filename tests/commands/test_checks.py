"""`workbench check` as a shell runs it."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.cast import Cast, owe
from workbench import db


@pytest.fixture
def check(fresh_db: str, fresh_cast: Cast, servers):
    environment = {**os.environ, "DATABASE_URL": fresh_db, "REDIS_URL": servers.redis_url, "WORKBENCH_LANGUAGE": "en"}
    with db.transaction() as session:
        owe(session, fresh_cast.mexico)

    def run(*words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "workbench.cli", "check", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)

    return run


def test_a_sound_book_says_so(check) -> None:
    done = check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "Everything holds.\n", "")
    assert json.loads(check("--json").stdout) == []


def test_what_is_broken_is_named_with_exit_code_1(check) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE case_standing SET balance = balance + 1"))
    done = check("--portfolio", "MX-BANK", "--json")
    assert done.returncode == 1
    [violation] = json.loads(done.stdout)
    assert (violation["subject"], violation["count"], len(violation["examples"])) == ("collection_case", 1, 1)
    told = check()
    assert told.returncode == 1
    assert told.stdout.startswith("Does not hold: A case's balance is the sum of its receivables' balances.\n")
    assert check("--portfolio", "CO-TELCO").returncode == 0


def test_an_unknown_portfolio_is_refused(check) -> None:
    assert check("--portfolio", "NOWHERE").returncode == 2
