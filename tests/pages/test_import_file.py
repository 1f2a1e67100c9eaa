"""The Import page from upload to report, without a browser; the worker's job is run by hand."""

from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Account, ImportRun, Payment
from tests.cast import Cast, owe
from tests.rules.intake.files_of import csv_of
from workbench import db
from workers.imports import run_import

PAGE = str(Path(__file__).parents[2] / "pages/import_file.py")
HEAD = "Cliente;Factura;Vencimiento;Saldo"


@pytest.fixture
def opened(page_as):
    return partial(page_as, PAGE)


def button(page: AppTest, label: str):
    [found] = [each for each in page.button if each.label == label]
    return found


def counts(page: AppTest) -> dict[str, str]:
    table = page.dataframe[0].value
    return dict(zip(table["Kind"], table["Number"], strict=True))


def test_a_file_is_uploaded_answered_previewed_imported_and_reported(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.marta)
    page.file_uploader[0].upload(
        "cartera.csv", csv_of("C1;F1;05/06/2026;10", "C2;F2;06/06/2026;x", head=HEAD), "text/csv"
    )
    page = page.run()
    assert not page.exception
    assert button(page, "Import").disabled  # day or month first?
    page.radio[0].set_value("dd/mm/yyyy")
    page = button(page, "Choose").click().run()
    assert not page.exception
    assert not button(page, "Import").disabled
    assert counts(page)["New receivables"] == "1"
    page = button(page, "Import").click().run()
    assert not page.exception
    with db.reading() as session:
        [run] = session.exec(select(ImportRun)).all()
    assert (run.state, run.content is not None) == ("due", True)
    run_import(run.id)
    page = page.run()
    assert not page.exception
    assert counts(page)["New receivables"] == "1"
    assert "imported" in page.success[0].value
    refused = page.dataframe[2].value
    assert list(refused["Reason"]) == ["“x” is not an amount."]


def test_a_file_that_cannot_be_read_says_why_and_offers_its_columns(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.marta)
    page.file_uploader[0].upload(
        "cartera.csv", csv_of("C1;F1;25/06/2026;10", head="Quien;Cual;Cuando;Cuanto"), "text/csv"
    )
    page = page.run()
    assert not page.exception
    assert page.error
    for label, header in (
        ("Debtor's code", "Quien"),
        ("Document number", "Cual"),
        ("Due on", "Cuando"),
        ("Balance", "Cuanto"),
    ):
        next(each for each in page.selectbox if each.label == label).set_value(header)
    page = button(page, "Apply these columns").click().run()
    assert not page.exception
    assert counts(page)["New receivables"] == "1"


def test_a_file_of_payments_is_chosen_reviewed_and_imported(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, amount="1000")
        account = session.exec(select(Account.number).where(Account.case_id == item.case_id)).one()
    page = opened(fresh_cast.marta)
    next(each for each in page.selectbox if each.label == "What is in the file").set_value("Payments")
    page = page.run()
    lines = (f"R1;16/11/2026;1200;{account}", f"R1;17/11/2026;-1200;{account}", "R2;16/11/2026;5;nobody")
    page.file_uploader[0].upload("pagos.csv", csv_of(*lines, head="Referencia;Fecha;Monto;Cuenta"), "text/csv")
    page = page.run()
    assert not page.exception
    assert counts(page) == {"New payments": "1", "Payments taken back": "1"}
    page = button(page, "Import").click().run()
    with db.reading() as session:
        [run] = session.exec(select(ImportRun)).all()
    run_import(run.id)
    page = page.run()
    assert not page.exception
    assert "imported" in page.success[0].value
    assert list(page.dataframe[1].value["Reference"]) == ["R1", "R1"]
    [because] = page.dataframe[2].value["Reason"]
    assert because.startswith("There is no account “nobody” in this portfolio")
    with db.reading() as session:
        assert session.exec(select(Payment.reference)).all() == ["R1"]
        assert session.get_one(ImportRun, run.id).kind == "payments"
