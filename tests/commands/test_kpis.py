"""`workbench kpi` says what the boards say, to whom may know it."""

import json
import uuid
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from models import Interaction
from tests.cast import NOW, Cast, owe
from workbench import clock, db
from workbench.cli import app
from workbench.rules.kpis import KPIS
from workbench.rules.refusals import Refused


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench kpi …` on a book where Ana called twice today and once reached the debtor."""
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa Mora")
        for minutes, code in ((30, "call.no_answer"), (20, "call.no_commitment")):
            began = NOW - timedelta(minutes=minutes)
            session.add(
                Interaction(
                    submission_key=uuid.uuid4(), portfolio_id=item.portfolio_id, case_id=item.case_id, disposition_code=code,
                    user_id=fresh_cast.ana.user_id, started_at=began, ended_at=began + timedelta(minutes=2),
                )
            )  # fmt: skip

    def said(*words: str, who: str | None = None) -> Result:
        return CliRunner().invoke(app, ["kpi", *words, *(("--as", f"{who}@example.com") if who else ())])

    return said


def test_a_figure_is_told_with_its_sides_its_formula_and_its_rows(run) -> None:
    [told] = json.loads(run("rpc_rate", "--portfolio", "MX-BANK", "--json").output)
    assert (told["value"], told["of"], told["divided_by"], told["to"]) == (0.5, 1, 2, "2026-11-18")
    assert told["formula"] == KPIS["rpc_rate"].formula
    table = run("rpc_rate", "contacts", "recovery", "--from", "2026-11-01").output
    assert "50.0%" in table
    assert "several currencies" in table
    [rows] = json.loads(run("attempts", "--rows", "numerator", "--json", who="sofia").output)
    assert (rows["total"], rows["value"]) == (2, 2)
    assert {row[2] for row in rows["rows"]} == {"Rosa Mora"}
    assert "2 of 2 rows" in run("attempts", "--rows", "numerator").output


def test_it_is_told_apart_by_agent_for_who_may_know_them(run) -> None:
    [line] = json.loads(run("attempts", "--by", "agent", "--json", who="sofia").output)
    assert (line["label"], line["attempts"]["value"]) == ("Ana", 2)
    assert "Ana" in run("attempts", "--by", "agent", "--team", "norte").output
    own = json.loads(run("attempts", "--agent", "ana@example.com", "--json", who="ana").output)
    assert own[0]["value"] == 2


@pytest.mark.parametrize(
    ("words", "who", "because"),
    [
        pytest.param(("attempts",), "ana", "nothing here", id="an agent asks for everybody"),
        pytest.param(("attempts", "--agent", "ana@example.com"), "bruno", "nothing here", id="of another team's agent"),
        pytest.param(("attempts", "--portfolio", "MX-BANK"), "bruno", "no portfolio", id="of another team's book"),
        pytest.param(("attempts",), "alma", "role does not allow", id="the admin"),
        pytest.param(("no_such",), "sofia", "no figure no_such", id="an unknown figure"),
        pytest.param(("attempts", "--from", "2026-12-01"), "sofia", "ends before", id="a period turned round"),
        pytest.param(("recovery", "--by", "hour"), "sofia", "no such side", id="payments have no hour"),
    ],
)
def test_who_may_not_know_it_is_refused(run, words: tuple[str, ...], who: str, because: str) -> None:
    refused = run(*words, who=who)
    assert isinstance(refused.exception, Refused)
    assert because in str(refused.exception)


def test_the_catalogue_is_listed(run) -> None:
    listed = json.loads(run("--list", "--json").output)
    assert [each["name"] for each in listed] == list(KPIS)
    assert "rpc_per_contact" in run().output
