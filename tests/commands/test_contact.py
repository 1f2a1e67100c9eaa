"""`workbench contact` as a shell runs it: no database, one JSON line an answer, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from workbench.commands import contact
from workbench.rules.law_files import jurisdictions

CASES = Path(__file__).parent.parent / "rules/contact_law"
BOGOTA = '{"id": "b", "country": "CO", "now_local": "2026-11-24T19:00", "channel": "call"}'


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")


def run(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(contact.app, list(words), input=said)


def lines(done: Result) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_answers_without_any_server() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    environment = {**os.environ, "DATABASE_URL": nowhere, "REDIS_URL": "redis://127.0.0.1:1", "WORKBENCH_DATA": "/none"}
    command = [sys.executable, "-m", "workbench.cli", "contact", "check"]
    done = subprocess.run(
        command, env=environment, input=BOGOTA, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "id": "b",
        "decision": "deny",
        "rule": "co.window",
        "law": "Ley 2300 de 2023 art. 3 inc. 2",
        "next_allowed_local": "2026-11-25T07:00",
        "confidence": "text",
        "because": "Contact is allowed from 07:00 to 19:00 here; it is 19:00.",
        "warnings": [],
    }


def test_a_question_may_be_an_argument_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "question.json"
    file.write_text(BOGOTA)
    answers = [
        lines(run("check", "--json", BOGOTA)),
        lines(run("check", str(file))),
        lines(run("check", "-", said=BOGOTA)),
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["rule"] == "co.window"


def test_an_answer_is_in_the_language_asked_for() -> None:
    [spanish] = lines(run("check", "--json", BOGOTA, "--language", "es"))
    assert spanish["because"] != lines(run("check", "--json", BOGOTA))[0]["because"]
    assert run("check", "--json", BOGOTA, "--language", "fr").exception.values["name"] == "fr"


@pytest.mark.parametrize("file", sorted(path.name for path in CASES.glob("*.yaml")))
def test_every_worked_case_is_agreed_with(file: str) -> None:
    done = run("check", str(CASES / file), "--compare")
    assert [line for line in lines(done) if line.get("agrees") is not True] == []
    assert done.exit_code == 0


def test_a_disagreement_is_exit_code_1() -> None:
    done = run("check", "--compare", "--json", BOGOTA.replace("}", ', "expected": "allow"}'))
    assert (done.exit_code, lines(done)[0]["agrees"]) == (1, False)
    assert lines(run("check", "--compare", "--json", BOGOTA))[0]["agrees"] is None


def test_a_wrong_line_says_why_and_the_others_are_answered() -> None:
    done = run("check", said=f"[{BOGOTA.replace('call', 'fax')}, 7, {BOGOTA.replace('CO', 'ZZ')}, {BOGOTA}]")
    assert done.exit_code == 2
    fax, seven, nowhere, good = lines(done)
    assert fax == {
        "id": "b",
        "error": "channel: “fax” is not known; known are: call, email, sms, whatsapp, letter, visit.",
    }
    assert (seven["id"], good["decision"]) == (2, "deny")
    assert nowhere["error"] == "zone is missing; write it as zone: America/Bogota."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"reading": "two_moons"}, "CO has no reading “two_moons”", id="reading"),
        pytest.param({"country": "FR", "zone": "Europe/Paris"}, "No law is known for FR", id="country"),
        pytest.param({"country": "GT", "regime": "pirates"}, "GT has no regime “pirates”", id="regime"),
    ],
)
def test_what_the_law_does_not_know_is_an_error_of_its_line(change: dict, told: str) -> None:
    done = run("check", "--json", json.dumps({**json.loads(BOGOTA), **change}))
    assert (done.exit_code, lines(done)[0]["error"].startswith(told)) == (2, True)


def test_an_unknown_flag_is_a_warning() -> None:
    asked = json.dumps({**json.loads(BOGOTA), "flags": {"full_moon": True}})
    assert lines(run("check", "--json", asked))[0]["warnings"] == ["Flag “full_moon” is not known and decides nothing."]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("country", sorted(jurisdictions()))
def test_a_countrys_law_is_shown_whole(country: str, language: str) -> None:
    shown = run("law", country.lower(), "--language", language).stdout
    law = jurisdictions()[country]
    assert all(rule.id in shown and rule.citation in shown for rule in law.rules)
    assert all(f"{name} (" in shown for name in (reading.default for reading in law.readings.values()))
    assert all(law.sources[name].title in shown for rule in law.rules for name in rule.source)


def test_a_countrys_law_is_json_for_scripts() -> None:
    shown = json.loads(run("law", "UY", "--json").stdout)
    assert (shown["country"], shown["known_law"]) == ("UY", False)
    assert len(shown["rules"]) == len(jurisdictions()["UY"].rules)


def test_an_unknown_country_is_refused_with_how_to_add_it() -> None:
    refused = run("law", "ZZ").exception
    assert "known are: AR, BO" in str(refused)
    assert "workbench/contact_law/zz.yaml" in str(refused)


def test_a_law_file_of_ones_own_is_tried_before_it_is_added(tmp_path: Path) -> None:
    good = Path(contact.__file__).parent.parent / "contact_law/uy.yaml"
    file = tmp_path / "uy.yaml"
    file.write_text(good.read_text())
    assert "uy.policy_window" in run("law", str(file)).stdout
    file.write_text(good.read_text().replace("09:00-20:00", "20:00-09:00"))
    wrong = run("law", str(file))
    assert wrong.exit_code == 2
    assert "uy.yaml, line" in wrong.stderr
    assert str(run("law", str(tmp_path / "fr.yaml")).exception).endswith("No such file or directory.")
