"""`workbench order`: the report and the named rules, tried out and put in force from a script, by who may."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from models import Portfolio
from tests.cast import NOW, TODAY, Cast, owe
from workbench import clock, db
from workbench.actions.standings import rescore_cases
from workbench.cli import app

RULES = [{"name": "Chicos", "when": {"past_due": {"most": "100"}}, "multiplier": 10}]


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench order` on three debtors late for forty days, the morning after a night."""
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with db.transaction() as session:
        cases = [owe(session, fresh_cast.mexico, amount=each, days_past_due=40).case_id for each in ("100", "300", "900")]  # fmt: skip
        rescore_cases(session, cases, on=TODAY)
        session.get_one(Portfolio, fresh_cast.mexico.id).business_date = TODAY

    def said(*words: str, who: str | None = None) -> Result:
        return CliRunner().invoke(app, ["order", *words, *(["--as", f"{who}@example.com"] if who else [])])

    return said


def written(folder: Path, rules: Any) -> str:
    file = folder / "rules.json"
    file.write_text(json.dumps(rules))
    return str(file)


def test_rules_are_simulated_from_a_file_and_put_in_force(run, tmp_path: Path) -> None:
    book = ("--portfolio", "MX-BANK")
    assert run("rules", "publish", *book).exit_code == 1
    simulated = run("rules", "simulate", *book, "--file", written(tmp_path, RULES), "--calls", "1")
    assert "1 come into 1 calls a day, 1 fall out, 0 are kept out" in simulated.output
    told = json.loads(run("rules", "simulate", *book, "--calls", "1", "--json", who="marta").output)
    assert (told["into"], told["reached"][0]["order"], told["reached"][0]["past_due"]) == (1, "draft", 100.0)
    assert "Version 1 is in force" in run("rules", "publish", *book, who="marta").output
    shown = json.loads(run("rules", "show", *book, "--json", who="sofia").output)
    assert [(each["version"], each["state"]) for each in shown] == [(1, "published")]
    assert "Chicos" in run("rules", "show", *book).output


def test_every_condition_is_shown_as_it_was_written(run, tmp_path: Path) -> None:
    """What the command line prints, it reads: the same rules need no new simulation."""
    book = ("--portfolio", "MX-BANK")
    when = {
        "countries": ["mx", "US"],
        "teams": ["norte"],
        "channels": ["whatsapp", "sms"],
        "without_channels": ["email"],
    }
    run("rules", "simulate", *book, "--file", written(tmp_path, [{"name": "Todo", "when": when, "multiplier": 2}]))
    [draft] = json.loads(run("rules", "show", *book, "--json").output)
    assert draft["rules"] == [{"name": "Todo", "when": when | {"countries": ["MX", "US"]}, "multiplier": 2}]
    run("rules", "simulate", *book, "--file", written(tmp_path, draft["rules"]))
    assert json.loads(run("rules", "show", *book, "--json").output)[0]["rules"] == draft["rules"]
    assert "whatsapp" in run("rules", "show", *book).output


@pytest.mark.parametrize(
    ("rules", "because"),
    [
        pytest.param([{"name": "x"}], "it needs a multiplier", id="a rule that does nothing"),
        pytest.param({"name": "x"}, "JSON list of rules", id="no list"),
        pytest.param(
            [{"name": "x", "when": {"segments": ["early"]}, "multiplier": 2}], "no segment early", id="a segment"
        ),
        pytest.param(
            [{"name": "x", "when": {"countries": ["Mexico"]}, "multiplier": 2}], "is no country", id="a country"
        ),
    ],
)
def test_a_wrong_file_is_refused_in_words_and_keeps_nothing(run, tmp_path: Path, rules: Any, because: str) -> None:
    refused = run("rules", "simulate", "--portfolio", "MX-BANK", "--file", written(tmp_path, rules))
    assert refused.exit_code == 1
    assert because in str(refused.exception)
    assert json.loads(run("rules", "show", "--portfolio", "MX-BANK", "--json").output) == []


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (("rules", "show"), "ana"),
        (("rules", "show"), "bruno"),
        (("rules", "simulate"), "sofia"),
        (("rules", "publish"), "sofia"),
        ((), "ana"),
        ((), "bruno"),
    ],
)
def test_other_teams_and_lower_roles_are_refused(run, words: tuple[str, ...], who: str) -> None:
    assert run(*words, "--portfolio", "MX-BANK", who=who).exit_code == 1


def test_the_report_itself_answers_as_before(run) -> None:
    report = json.loads(run("--portfolio", "MX-BANK", "--json", who="sofia").output)
    assert (report["cases"], report["late_money"]) == (3, 1300.0)
    assert run().exit_code == 2
