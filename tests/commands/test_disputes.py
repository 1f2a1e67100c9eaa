import json

import pytest
from typer.testing import CliRunner, Result

from models import Debtor
from tests.cast import Cast, owe
from tests.rules.test_evidence_files import PDF
from workbench import db
from workbench.cli import app
from workbench.rules.refusals import Refused


@pytest.fixture
def dispute(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench dispute …`."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["dispute", *words])

    return run


def test_a_claim_is_opened_proved_and_decided(dispute, fresh_cast: Cast, tmp_path) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        reference = session.get_one(Debtor, item.debtor_id).reference
    about = ("dispute", "wrong_amount", "--portfolio", "MX-BANK", "--debtor", reference, "--note", "otro importe")
    opened = json.loads(dispute("open", *about, "--amount", "400", "--as", "ana@example.com", "--json").output)
    assert (opened["disputed"], opened["category"], opened["overdue"]) == ("400.00", "wrong_amount", False)
    number = str(opened["id"])
    bill = tmp_path / "factura.pdf"
    bill.write_bytes(PDF)
    kept = dispute("evidence", number, str(bill), "--as", "ana@example.com")
    assert f"Kept: factura.pdf, {len(PDF)} bytes." in kept.output
    bill.write_bytes(b"no")
    assert isinstance(dispute("evidence", number, str(bill), "--as", "ana@example.com").exception, Refused)
    listed = dispute("list", "--portfolio", "MX-BANK", "--as", "sofia@example.com")
    assert reference in listed.output
    down = ("resolve", number, "written_down", "--amount", "400", "--note", "es así", "--as")
    assert "Your role" in str(dispute(*down, "sofia@example.com").exception)
    assert "write the debt down" in dispute(*down, "marta@example.com").output
    decided = json.loads(
        dispute("list", "--decided", "--portfolio", "MX-BANK", "--as", "marta@example.com", "--json").output
    )
    assert [(each["written_down"], each["files"]) for each in decided] == [("400.00", 1)]


def test_strangers_are_refused(dispute, fresh_cast: Cast) -> None:
    done = dispute("list", "--portfolio", "MX-BANK", "--as", "bruno@example.com")
    assert isinstance(done.exception, Refused)
