"""Hand-overs from the command line: proposed, decided by somebody else, written to a file, called back."""

import json

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select
from typer.testing import CliRunner, Result

from models import AuditEntry, Debtor, HandOver
from tests.cast import TODAY, Cast, owe
from workbench import db
from workbench.actions.standings import rescore_cases
from workbench.cli import app
from workbench.rules.refusals import Refused

BOOK = ("--portfolio", "MX-BANK")
SOFIA, MARTA, BRUNO = (("--as", f"{name}@example.com") for name in ("sofia", "marta", "bruno"))


@pytest.fixture
def hand_over(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench hand-over …`."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["hand-over", *words])

    return run


def late(cast: Cast, days: int = 30) -> str:
    """A debtor so many days late; their reference."""
    with db.transaction() as session:
        item = owe(session, cast.mexico, days_past_due=days)
        rescore_cases(session, [item.case_id], on=TODAY)
        return session.get_one(Debtor, item.debtor_id).reference


def test_cases_are_proposed_handed_over_written_and_called_back(hand_over, fresh_cast: Cast, tmp_path) -> None:
    references = [late(fresh_cast), late(fresh_cast, 40)]
    numbers = []
    for reference in references:
        made = hand_over("propose", reference, "agency", *BOOK, "--because", "Se mudó", *SOFIA, "--json")
        numbers.append(str(json.loads(made.output)["id"]))
    assert references[0] in hand_over("list", *BOOK, *SOFIA).output
    assert "Your role" in str(hand_over("approve", *numbers, "--recipient", "Ríos", *SOFIA).exception)
    assert hand_over("approve", *numbers, "--recipient", "Ríos", *MARTA).output == "Handed over: 2.\n"
    assert json.loads(hand_over("list", *BOOK, *MARTA, "--json").output) == []
    given = json.loads(hand_over("list", *BOOK, "--state", "approved", *MARTA, "--json").output)
    assert {(each["reference"], each["recipient"]) for each in given} == {(each, "Ríos") for each in references}
    assert not [each for each in given if "debtor" in each]
    path = tmp_path / "agency.xlsx"
    told = json.loads(hand_over("export", *numbers, "--out", str(path), *MARTA, "--json").output)
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert ({row[0] for row in rows[1:]}, told["file"]) == (set(references), str(path))
    assert hand_over("recall", *numbers, "--because", "Pagó", *MARTA).output == "Called back: 2.\n"
    with db.reading() as session:
        assert set(session.exec(select(HandOver.state))) == {"recalled"}
        assert "export_hand_overs" in session.exec(select(AuditEntry.deed)).all()


def test_a_proposal_is_declined_with_a_reason(hand_over, fresh_cast: Cast) -> None:
    hand_over("propose", late(fresh_cast), "judicial", *BOOK, "--because", "x", *SOFIA)
    with db.reading() as session:
        number = str(session.exec(select(HandOver.id)).one())
    assert "Write down why" in str(hand_over("reject", number, "--because", " ", *MARTA).exception)
    assert hand_over("reject", number, "--because", "Paga en mostrador", *MARTA).output == "Declined: 1.\n"
    shown = hand_over("list", *BOOK, "--state", "rejected", *MARTA, "--json")
    assert json.loads(shown.output)[0]["decision_note"] == "Paga en mostrador"


def test_a_file_that_cannot_be_written_is_refused_and_not_noted(hand_over, fresh_cast: Cast, tmp_path) -> None:
    hand_over("propose", late(fresh_cast), "agency", *BOOK, "--because", "x", *SOFIA)
    with db.reading() as session:
        number = str(session.exec(select(HandOver.id)).one())
    hand_over("approve", number, "--recipient", "Ríos", *MARTA)
    done = hand_over("export", number, "--out", str(tmp_path / "no" / "where.csv"), "--format", "csv", *MARTA)
    assert isinstance(done.exception, Refused)
    with db.reading() as session:
        assert "export_hand_overs" not in session.exec(select(AuditEntry.deed)).all()


@pytest.mark.parametrize("words", [("list", *BOOK), ("propose", "D1", "agency", *BOOK, "--because", "x")])
def test_strangers_are_refused(hand_over, fresh_cast: Cast, words: tuple[str, ...]) -> None:
    assert isinstance(hand_over(*words, *BRUNO).exception, Refused)
