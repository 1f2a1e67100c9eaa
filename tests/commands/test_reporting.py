import json
import os
from collections.abc import Callable

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.cast import Cast
from workbench import db
from workbench.cli import app
from workbench.embedded import Servers
from workbench.rules.refusals import Refused

Run = Callable[..., Result]


@pytest.fixture
def reporting(fresh_db: str, fresh_cast: Cast, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    return lambda *words: CliRunner().invoke(app, ["reporting", *words])


def test_the_views_come_with_the_tables(reporting: Run) -> None:
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    assert "already" in reporting("install").output


def test_a_schema_of_somebody_elses_keeps_nobody_from_starting(reporting: Run) -> None:
    with db.transaction() as session:
        session.execute(text("CREATE SCHEMA reporting"))
    done = CliRunner().invoke(app, ["migrate"])
    assert done.exit_code == 0
    assert "rename it first" in done.stderr


def test_a_log_in_is_opened_shown_changed_and_closed(reporting: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    login = f"bi_{os.urandom(4).hex()}"
    assert "are made" in reporting("install").output
    assert "already" in reporting("install").output
    assert isinstance(reporting("open", "--login", login, "--all").exception, Refused)  # no password
    monkeypatch.setenv("WORKBENCH_REPORTING_PASSWORD", "a long word between us")
    for wrong in (("--portfolio", "XX"), (), ("--all", "--portfolio", "MX-BANK")):
        assert isinstance(reporting("open", "--login", login, *wrong).exception, Refused)
    assert "MX-BANK" in reporting("open", "--login", login, "--portfolio", "MX-BANK").output
    monkeypatch.delenv("WORKBENCH_REPORTING_PASSWORD")
    assert reporting("open", "--login", login, "--all").exit_code == 0
    [shown] = json.loads(reporting("list", "--json").output)
    assert (shown["login"], shown["portfolios"], shown["opened_by"]) == (login, ["CO-TELCO", "MX-BANK"], None)
    assert shown["everything"]
    assert f"{login} may read: all portfolios" in reporting("open", "--login", login, "--all").output
    assert login in reporting("list").output
    assert reporting("close", "--login", login).exit_code == 0
    assert json.loads(reporting("list", "--json").output) == []
    assert isinstance(reporting("close", "--login", login).exception, Refused)
