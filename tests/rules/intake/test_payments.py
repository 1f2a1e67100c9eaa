"""A file of payments as it is read, before anybody looks at a database."""

from datetime import date
from decimal import Decimal

import pytest

from models.imports import FileKind
from tests.rules.intake.files_of import column, csv_of, read
from workbench.rules.intake.headers import meaning
from workbench.rules.refusals import Refused

HEAD = "Referencia;Fecha;Monto;Cliente;Tipo"


def payments(*lines: str, head: str = HEAD, **mapping: object):
    return read(csv_of(*lines, head=head), kind="payments", **mapping)


@pytest.mark.parametrize(
    ("header", "of_debts", "of_payments"),
    [
        ("Referencia", "document_number", "reference"),
        ("Folio", "document_number", "reference"),
        ("Operación", "account_number", "reference"),
        ("Fecha", "issued_on", "paid_on"),
        ("Fecha de pago", "paid_on", "paid_on"),
        ("Monto pagado", None, "amount"),
        ("Importe", "amount", "amount"),
        ("Factura", "document_number", "document_number"),
        ("Contrato", "account_number", "account_number"),
        ("RFC", "tax_id", "tax_id"),
        ("Tipo de movimiento", None, "movement"),
        ("Saldo", "balance", None),
    ],
)
def test_a_header_means_what_its_kind_of_file_means_by_it(
    header: str, of_debts: str | None, of_payments: str | None
) -> None:
    assert (meaning(header), meaning(header, FileKind.PAYMENTS)) == (of_debts, of_payments)


@pytest.mark.parametrize(
    ("amount", "word", "reversal", "charge_back"),
    [
        ("1.000,50", "Pago", False, False),
        ("1.000,50", "", False, False),
        ("-1.000,50", "", True, False),
        ("(1.000,50)", "Abono", True, False),
        ("1.000,50", "REVERSA", True, False),
        ("1.000,50", "Contracargo", True, True),
    ],
)
def test_a_sign_or_a_word_takes_a_payment_back(amount: str, word: str, reversal: bool, charge_back: bool) -> None:  # noqa: FBT001
    found = payments(f"R1;18/11/2026;{amount};C1;{word}", "R2;19/11/2026;1,25;C1;")
    assert column(found, "amount")[0] == Decimal("1000.50")
    assert (column(found, "reversal")[0], column(found, "charge_back")[0]) == (reversal, charge_back)
    assert column(found, "paid_on") == [date(2026, 11, 18), date(2026, 11, 19)]


def test_cancelacion_is_asked_about_not_guessed() -> None:
    """In Spanish it may be a debt paid off, or a payment undone."""
    found = payments("R1;18/11/2026;10;C1;Cancelación")
    assert "neither a payment nor a reversal" in str(found.refused[0])


def test_a_banks_own_words_are_told_by_the_mapping() -> None:
    words = {"column": "Tipo", "values": ["N/D"]}
    found = payments("R1;18/11/2026;10;C1;N/C", "R2;18/11/2026;10;C1;n/d", reversals=words)
    assert column(found, "reversal") == [False, True]


@pytest.mark.parametrize(
    ("head", "because"),
    [
        ("Fecha;Monto;Cliente", "the payment's reference"),
        ("Referencia;Monto;Cliente", "the payment date"),
        ("Referencia;Fecha;Cliente", "the amount paid"),
        ("Referencia;Fecha;Monto", "whose payment it is"),
    ],
)
def test_a_needed_column_that_is_not_there_is_named(head: str, because: str) -> None:
    with pytest.raises(Refused, match=because):
        payments(";".join("1" for _ in head.split(";")), head=head)


def test_a_mapping_with_a_field_of_debts_is_corrected() -> None:
    with pytest.raises(Refused, match="is not a field"):
        payments("R1;18/11/2026;10;C1;", columns={"balance": "Monto"})
