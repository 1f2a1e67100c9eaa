"""Work dealt from the command line: previewed, applied, undone, covered; another team's supervisor gets nothing."""

import json

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.cast import NOW, Cast, owe
from tests.supervision.dealing import agent, north, owned
from workbench import db
from workbench.cli import app

SOFIA = ("--as", "sofia@example.com")


@pytest.fixture
def assign(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench assign …` on three cases of which Ana owns one; Luis is her colleague."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    monkeypatch.setattr("workbench.clock.now", lambda: NOW)
    with db.transaction() as session:
        agent(session, north(fresh_cast), "Luis")
        owned(session, fresh_cast, fresh_cast.ana)
        for amount in ("100.00", "300.00"):
            owe(session, fresh_cast.mexico, amount=amount)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["assign", *words])

    return run


def whose() -> list[str | None]:
    with db.reading() as session:
        asked = "SELECT u.name FROM collection_case c LEFT JOIN app_user u ON u.id = c.owner_id ORDER BY c.id"
        return list(session.execute(text(asked)).scalars())


def test_work_is_previewed_applied_listed_and_undone(assign, fresh_cast: Cast) -> None:
    options = ("--way", "balance", "--portfolio", "MX-BANK", "--whose", "all", "--cap", "2", *SOFIA)
    shown = json.loads(assign("preview", *options, "--json").output)
    assert (shown["cases"], shown["applied"], whose()) == (2, None, ["Ana", None, None])
    assert sorted((each["name"], each["given"]) for each in shown["agents"]) == [("", 0), ("Ana", 0), ("Luis", 2)]
    told = json.loads(assign("apply", *options, "--note", "Mes nuevo", "--json").output)["applied"]
    assert (told["cases"], whose()) == (2, ["Ana", "Luis", "Luis"])
    assert "Mes nuevo" in assign("list", *SOFIA).output
    assert assign("undo", str(told["deal"]), *SOFIA).output == "Put back: 2.\n"
    assert whose() == ["Ana", None, None]
    [line] = json.loads(assign("list", *SOFIA, "--json").output)
    assert (line["state"], line["cases"], line["note"]) == ("undone", 2, "Mes nuevo")


def test_cover_leaver_and_portfolio_are_test_runs_without_apply(assign, fresh_cast: Cast) -> None:
    before = whose()
    for words in (("cover", "ana@example.com", "2026-11-20"), ("leaver", "ana@example.com")):
        run = assign(*words, *SOFIA)
        assert (run.exit_code, "Luis" in run.output, whose()) == (0, True, before)
    moved = assign("portfolio", "MX-BANK", "--from", "norte", "--to", "sur", "--as", "marta@example.com")
    assert (moved.exit_code, whose()) == (0, before)
    assert "Undo it with" in assign("cover", "ana@example.com", "2026-11-20", "--apply", *SOFIA).output
    assert whose() == ["Luis", None, None]
    assert "Your role" in str(assign("preview", "--as", "ana@example.com").exception)
    assert "no portfolio MX-BANK" in str(
        assign("preview", "--portfolio", "MX-BANK", "--as", "bruno@example.com").exception
    )
