"""Two files, or a file and a person, at the same moment: on real connections, each waits for the other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import select

from models import Payment
from models.imports import FileKind
from tests.cast import NOW, Cast, owe
from tests.rules.intake.files_of import csv_of
from workbench import db
from workbench.actions import payment_imports
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.actions.payments import record_payment
from workbench.queries.invariants import broken_invariants
from workbench.rules.import_reports import ImportReport

HEAD = "Referencia;Fecha de pago;Monto;Cuenta"


@pytest.fixture
def debts(fresh_cast: Cast) -> list[tuple[int, str]]:
    """Ten cases, and an account of each."""
    with db.transaction() as session:
        cases = [owe(session, fresh_cast.mexico, amount="1000").case_id for _ in range(10)]
        rows = session.execute(text("SELECT case_id, number FROM account WHERE case_id = ANY(:ids)"), {"ids": cases})
        return [tuple(row) for row in rows]


def bring(portfolio_id: int, lines: list[str]) -> ImportReport:
    file = ImportFile("pagos.csv", csv_of(*lines, head=HEAD), kind=FileKind.PAYMENTS)
    with db.reading() as session:
        intake = open_file(session, None, portfolio_id, file, at=NOW)
    with db.transaction() as session:
        return save_import(session, intake, by=None, at=NOW)


def test_the_same_file_twice_at_once_comes_in_once(fresh_cast: Cast, debts: list[tuple[int, str]]) -> None:
    lines = [f"R{n}{account};15/11/2026;300;{account}" for _, account in debts for n in range(5)]
    start = threading.Barrier(2)

    def one(_: int) -> dict[str, int]:
        start.wait()
        return bring(fresh_cast.mexico.id, lines).counts

    with ThreadPoolExecutor(2) as threads:
        counts = list(threads.map(one, range(2)))
    assert sorted((each["received"], each["unchanged"]) for each in counts) == [(0, 50), (50, 0)]
    with db.reading() as session:
        assert session.execute(text("SELECT count(*), sum(amount), sum(allocated) FROM payment")).one() == (
            50, 15_000, 10_000,
        )  # fmt: skip
        assert broken_invariants(session, fresh_cast.mexico.id) == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> None:
    """Lets something happen, in a connection of its own, after a file was planned and before it is written."""
    write, done = payment_imports.write_books, []

    def interrupted(*given, **told):
        if not done:
            done.append(True)
            deed()
        return write(*given, **told)

    monkeypatch.setattr(payment_imports, "write_books", interrupted)


def test_a_payment_entered_by_hand_under_a_references_of_the_file_is_not_doubled(
    fresh_cast: Cast, debts: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, first), (second, _) = debts[:2]

    def by_hand() -> None:
        with db.transaction() as session:
            record_payment(
                session, case_id=second, amount=Decimal(70), paid_on=date(2026, 11, 14), reference="R1", by=None, at=NOW
            )

    meanwhile(monkeypatch, by_hand)
    report = bring(fresh_cast.mexico.id, [f"R1;15/11/2026;300;{first}", f"R2;15/11/2026;300;{first}"])
    assert (report.saved, report.counts["received"]) == (True, 1)
    assert "There is a payment “R1” already: 70.00 of 2026-11-14" in str(report.refused[0])
    with db.reading() as session:
        assert sorted(session.exec(select(Payment.reference)).all()) == ["R1", "R2"]
        assert broken_invariants(session, fresh_cast.mexico.id) == []


def test_a_payment_by_hand_waits_for_the_file_that_has_its_case(
    fresh_cast: Cast, debts: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id, account = debts[0]
    threads = ThreadPoolExecutor(1)
    waiting = []

    def by_hand() -> None:
        with db.transaction() as session:
            record_payment(
                session,
                case_id=case_id,
                amount=Decimal(900),
                paid_on=date(2026, 11, 16),
                reference="H1",
                by=None,
                at=NOW,
            )

    meanwhile(monkeypatch, lambda: waiting.append(threads.submit(by_hand)))
    bring(fresh_cast.mexico.id, [f"R1;15/11/2026;300;{account}"])
    waiting[0].result(timeout=120)
    threads.shutdown()
    with db.reading() as session:
        found = {row.reference: row.allocated for row in session.exec(select(Payment))}
        assert found == {"R1": 300, "H1": 700}
        assert broken_invariants(session, fresh_cast.mexico.id) == []


def test_what_fails_half_way_leaves_nothing(
    fresh_cast: Cast, debts: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise ConnectionError("the server went away")

    monkeypatch.setattr(payment_imports, "rescore_cases", lost)
    with pytest.raises(ConnectionError):
        bring(fresh_cast.mexico.id, [f"R1;15/11/2026;300;{account}" for _, account in debts[:1]])
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM payment")).scalar_one() == 0
        assert session.execute(text("SELECT count(*) FROM allocation")).scalar_one() == 0
        assert session.execute(text("SELECT sum(balance) FROM receivable")).scalar_one() == 10_000
