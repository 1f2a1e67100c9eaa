import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import PaymentKind
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment
from workbench.queries.statements import AccountStatement, account_statement
from workbench.ui.statement_pdf import statement_pdf
from workbench.ui.statement_words import statement_csv


@pytest.fixture
def said(session: Session, cast: Cast) -> AccountStatement:
    case = owe(session, cast.mexico, name="Ximena (Ñandú)", amount="1000.00").case_id
    for number in range(3):
        given = {"paid_on": TODAY - timedelta(days=number), "by": None, "at": NOW}
        record_payment(session, case_id=case, amount=Decimal(500), reference=f"=SUM({number})", **given)
    return account_statement(session, cast.ana, case, at=NOW)


def test_the_csv_adds_up_and_runs_nothing(said: AccountStatement) -> None:
    head, *rows = csv.reader(io.StringIO(statement_csv(said, "en").decode("utf-8-sig")))
    assert head == ["Date", "Movement", "Reference", "Account", "Charge", "Credit", "Balance", "Currency"]
    balance = Decimal(rows[0][6])
    for row in rows[1:-1]:
        balance += Decimal(row[4] or 0) - Decimal(row[5] or 0)
        assert Decimal(row[6]) == balance
    assert rows[-1][:2] + rows[-1][4:] == [f"{TODAY}", "Closing balance", "1000.00", "1500.00", "-500.00", "MXN"]
    assert {row[2][:1] for row in rows[2:-1]} == {"'"}


def test_the_csv_speaks_spanish(said: AccountStatement) -> None:
    first = statement_csv(said, "es").decode("utf-8-sig").splitlines()
    assert first[0] == "Fecha,Movimiento,Referencia,Cuenta,Cargo,Abono,Saldo,Moneda"
    assert "Saldo inicial" in first[1]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", [b"Estado de cuenta", b"Saldo final", b"Saldo a favor del deudor", b"18 nov 2026"]),
        ("en", [b"Account statement", b"Closing balance", b"Credit in the debtor's favour", b"1,000.00"]),
    ],
)
def test_the_pdf_says_the_same_in_both_languages(said: AccountStatement, language: str, words: list[bytes]) -> None:
    file = statement_pdf(said, language, at=NOW, compressed=False)
    assert file.startswith(b"%PDF")
    assert [word for word in words if word not in file] == []
    assert file == statement_pdf(said, language, at=NOW, compressed=False)


def test_a_long_statement_numbers_its_pages(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100000.00").case_id
    for number in range(120):
        values = {"kind": PaymentKind.CREDIT_NOTE, "paid_on": TODAY, "by": None, "at": NOW}
        record_payment(session, case_id=case, amount=Decimal(5), reference=f"N{number}", **values)
    said = account_statement(session, cast.ana, case, at=NOW)
    file = statement_pdf(said, "en", at=NOW, compressed=False)
    assert b"Page 3 of 3" in file
    assert file.count(b"(Movement)") == 3
