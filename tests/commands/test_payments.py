import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from models import Debtor
from tests.cast import Cast, owe
from workbench import db
from workbench.cli import app
from workbench.rules.refusals import Refused


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench …` on a portfolio with one debtor, D, who owes 1000."""
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa Mora", amount="1000.00")
        session.get_one(Debtor, item.debtor_id).reference = "D"

    def said(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--portfolio", "MX-BANK"])

    return said


def record(run, amount: str, reference: str, *more: str) -> Result:
    return run("payment", "record", amount, "--debtor", "D", "--reference", reference, *more)


def test_a_payment_is_entered_and_taken_back(run) -> None:
    entered = json.loads(record(run, "1200", "S-1", "--as", "sofia@example.com", "--json").output)
    assert (entered["allocated"], entered["credit"]) == ("1000.00", "200.00")
    done = run("payment", "reverse", "S-1", "--because", "bounced", "--kind", "charge_back")
    assert "1200.00 MXN is owed again" in done.output
    with db.reading() as session:
        row = session.execute(text("SELECT reversal, reversed_because FROM payment")).one()
        assert tuple(row) == ("charge_back", "bounced")
        assert session.execute(text("SELECT balance FROM receivable")).scalar_one() == Decimal(1000)


@pytest.mark.parametrize(
    ("words", "because"),
    [
        pytest.param(("1,200", "S-1"), "no amount", id="thousands with a comma"),
        pytest.param(("5", "S-1", "--currency", "USD"), "in USD", id="another currency"),
        pytest.param(("5", "S-1", "--as", "ana@example.com"), "role does not allow", id="an agent"),
        pytest.param(("5", "S-1", "--as", "bruno@example.com"), "nothing here|no portfolio", id="another team"),
        pytest.param(("5", "S-1", "--kind", "discount"), "not entered by hand", id="a discount"),
        pytest.param(("5", "S-1", "--account", "X"), "no such account", id="an account of nobody"),
        pytest.param(("5", "S-1", "--on", "2999-01-01"), "in the future", id="a day to come"),
    ],
)
def test_what_is_refused_changes_nothing(run, words: tuple[str, ...], because: str) -> None:
    refused = record(run, *words).exception
    assert isinstance(refused, Refused)
    assert any(each in str(refused) for each in because.split("|"))
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM payment")).scalar_one() == 0


def test_what_nobody_knows_is_refused_by_name(run) -> None:
    assert "S-9" in str(run("payment", "reverse", "S-9", "--because", "x").exception)
    assert "E" in str(run("statement", "E").exception)


def test_the_statement_adds_up_on_the_terminal_and_in_files(run, tmp_path: Path) -> None:
    record(run, "300", "S-1")
    said = json.loads(run("statement", "D", "--json").output)
    assert [line["balance"] for line in said["lines"]] == ["1000.00", "700.00"]
    assert (said["closing"], said["debtor"]) == ("700.00", "Rosa Mora")
    printed = run("statement", "D").output
    assert "Opening balance" in printed
    assert "700.00" in printed
    run("statement", "D", "--csv", str(tmp_path / "s.csv"), "--pdf", str(tmp_path / "s.pdf"), "--language", "es")
    assert "Saldo final" in (tmp_path / "s.csv").read_text(encoding="utf-8-sig")
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")
