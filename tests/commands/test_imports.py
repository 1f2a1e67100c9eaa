"""`workbench import` on a real database: what it says, what it saves, how it leaves."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.cast import Cast
from tests.rules.intake.files_of import csv_of
from workbench import db
from workbench.cli import app
from workbench.rules.intake.mappings import load_mapping
from workbench.rules.refusals import Refused

HEAD = "Cliente;Factura;Vencimiento;Saldo"
PAYMENTS_EXAMPLE = Path(__file__).parents[2] / "docs/examples/payments-mapping.yaml"
EXAMPLE = Path(__file__).parents[2] / "docs/examples/receivables-mapping.yaml"


@pytest.fixture
def bring(fresh_db: str, fresh_cast: Cast, servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench import` on a file of these lines."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    file = tmp_path / "cartera.csv"

    def run(lines: list[str], *words: str) -> Result:
        file.write_bytes(csv_of(*lines, head=HEAD))
        return CliRunner().invoke(app, ["import", str(file), "--portfolio", "MX-BANK", *words])

    return run


def receivables() -> int:
    with db.reading() as session:
        return session.execute(text("SELECT count(*) FROM receivable")).scalar_one()


def test_a_dry_run_tells_and_saves_nothing(bring) -> None:
    done = bring(["C1;F1;25/10/2026;10"], "--dry-run")
    assert done.exit_code == 0
    assert "New receivables" in done.output
    assert "dry run" in done.output
    assert receivables() == 0


def test_a_bad_row_is_shown_with_row_column_value_and_reason(bring) -> None:
    done = bring(["C1;F1;25/10/2026;10", "C2;F2;26/10/2026;[mucho]"])
    assert done.exit_code == 0
    assert receivables() == 1
    [line] = [line for line in done.output.splitlines() if "[mucho]" in line]
    assert line.split()[:3] == ["3", "Saldo", "[mucho]"]
    assert "is not an amount" in line


def test_strict_leaves_with_2_and_saves_nothing(bring) -> None:
    done = bring(["C1;F1;25/10/2026;10", "C2;F2;26/10/2026;mucho"], "--strict")
    assert done.exit_code == 2
    assert receivables() == 0


def test_an_open_question_leaves_with_2_and_is_answered_by_a_mapping(bring, tmp_path: Path) -> None:
    asked = bring(["C1;F1;05/06/2026;10"])
    assert asked.exit_code == 2
    assert "date_format.due_on" in asked.output
    (tmp_path / "m.yaml").write_text("date_format: dd/mm/yyyy\n")
    assert bring(["C1;F1;05/06/2026;10"], "--mapping", str(tmp_path / "m.yaml")).exit_code == 0
    assert receivables() == 1


def test_the_answer_as_json(bring) -> None:
    told = json.loads(bring(["C1;F1;25/10/2026;10.50", "C2;F2;26/10/2026;x"], "--json").output)
    assert told["saved"]
    assert told["counts"]["new"] == 1
    assert told["sums"]["new"] == "10.50"
    assert told["refused"] == [{"row": 3, "column": "Saldo", "value": "x", "reason": "“x” is not an amount."}]


@pytest.mark.parametrize(
    ("email", "because"),
    [("bruno@example.com", "There is no portfolio"), ("ana@example.com", "Your role does not allow this.")],
)
def test_as_somebody_who_may_not_is_refused(bring, email: str, because: str) -> None:
    refused = bring(["C1;F1;25/10/2026;10"], "--as", email).exception
    assert isinstance(refused, Refused)
    assert because in str(refused)
    assert receivables() == 0


def test_marta_imports_into_her_own(bring, fresh_cast: Cast) -> None:
    assert bring(["C1;F1;25/10/2026;10"], "--as", "marta@example.com").exit_code == 0
    with db.reading() as session:
        assert session.execute(text("SELECT by_id FROM import_run")).scalar_one() == fresh_cast.marta.user_id


def test_the_example_mapping_is_valid() -> None:
    assert load_mapping(EXAMPLE.read_text()).columns["due_on"] == "Fecha vencimiento"


def test_a_file_of_payments_by_its_mapping(bring, tmp_path: Path) -> None:
    bring(["C1;F1;25/10/2026;10"])
    file = tmp_path / "pagos.csv"
    file.write_text(
        "Quien;Cuanto;Cuando;Cual;Que\nC1;4;16/11/2026;R1;ABO\nC1;4;17/11/2026;R1;DEV\nC9;4;17/11/2026;R2;ABO\n"
    )
    words = ["import", str(file), "--portfolio", "MX-BANK", "--kind", "payments", "--json"]
    refused = CliRunner().invoke(app, words)
    assert "payment's reference" in str(refused.exception)
    told = CliRunner().invoke(app, [*words, "--mapping", str(PAYMENTS_EXAMPLE)])
    answer = json.loads(told.output)
    assert (answer["kind"], answer["saved"]) == ("payments", True)
    assert {name: count for name, count in answer["counts"].items() if count} == {"received": 1, "reversed": 1}
    assert [(each["row"], each["column"], each["value"]) for each in answer["refused"]] == [(4, "Quien", "C9")]
