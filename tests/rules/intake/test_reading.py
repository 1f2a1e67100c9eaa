from datetime import date
from decimal import Decimal

import pytest

from tests.rules.intake.files_of import HEAD, column, csv_of, read, xlsx_of
from workbench.rules.intake.headers import guess
from workbench.rules.refusals import Refused

FULL = "NIT;Razón social;Factura;Fecha Documento;Fecha Vencimiento;Importe;Saldo;Días mora;Gestor;TELEFONO1;TELEFONO2;Correo;Ciudad"
ROW = "800197268-4;Tienda Uno;F-1;25/01/2026;25/03/2026;1.000,50;800,50;12;Rosa;3001234567 / 3109876540;2345670;ana@tienda.co;Cali"


def told(reading: object) -> list[str]:
    return [str(each) for each in reading.warnings]  # type: ignore[attr-defined]


def test_spanish_headers_are_understood_without_a_mapping() -> None:
    reading = read(csv_of(ROW, head=FULL))
    assert reading.rows.iloc[0].dropna().to_dict() == {
        "row_number": 2,
        "debtor_ref": "8001972684",
        "debtor_name": "Tienda Uno",
        "tax_id": "8001972684",
        "tax_id_kind": "NIT",
        "tax_id_valid": True,
        "account_number": "8001972684",
        "document_number": "F-1",
        "issued_on": date(2026, 1, 25),
        "due_on": date(2026, 3, 25),
        "amount": Decimal("1000.50"),
        "balance": Decimal("800.50"),
        "currency": "COP",
        "credit_note": False,
        "settled": False,
        "days_past_due": 12,
        "owner_name": "Rosa",
        "city": "Cali",
    }
    assert list(reading.contacts["value"]) == ["+573001234567", "+573109876540", "2345670", "ana@tienda.co"]
    assert list(reading.contacts["usable"]) == [True, True, False, True]
    assert list(reading.contacts["reason"]) == ["", "", "needs_area_code", ""]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("NIF", "tax_id"), ("R.U.T.", "tax_id"), ("RUC", "tax_id"), ("CUIT", "tax_id"), ("RFC", "tax_id"), ("Cédula", "tax_id"), ("DNI", "tax_id"),
        ("Identificación", "tax_id"), ("Cod. Cliente", "debtor_ref"), ("CÓDIGO CLIENTE", "debtor_ref"), ("NOMBRECLIENTE", "debtor_name"),
        ("Póliza", "account_number"), ("Nº de Factura", "document_number"), ("Emisión", "issued_on"), ("Fecha Vto.", "due_on"), ("Total Pendiente", "balance"),
        ("Saldo (COP)", "balance"), ("Días vencido", "days_past_due"), ("Cupo", "credit_limit"), ("Vendedor", "owner_name"), ("Asesor", "owner_name"),
        ("Población", "city"), ("Provincia", "region"), ("TELEFONO2", "phone"), ("Due Date", "due_on"), ("customerID", "debtor_ref"), ("Vencimento", "due_on"), ("CPF/CNPJ", "tax_id"),
    ],
)  # fmt: skip
def test_a_header_is_recognised(header: str, field: str) -> None:
    assert list(guess([header])) == [field]


def test_serie_and_number_make_the_document() -> None:
    reading = read(csv_of("C-1;FE;0012;25/03/2026;10", head="Cliente;Serie;Número;Vencimiento;Saldo"))
    assert column(reading, "document_number") == ["FE-0012"]


def test_a_row_per_account_has_its_account_as_document() -> None:
    reading = read(csv_of("C-1;4532-99;25/03/2026;10", head="Cliente;Nro. Cuenta;Vencimiento;Saldo"))
    assert (column(reading, "account_number"), column(reading, "document_number")) == (["4532-99"], ["4532-99"])


def test_titles_above_the_headers_are_skipped() -> None:
    data = b"Empresa Uno S.A.;;;\r\nCartera al 31/03/2026;;;\r\n;;;\r\n" + csv_of("C-1;F-1;25/03/2026;10")
    reading = read(data)
    assert column(reading, "row_number") == [5]
    assert told(reading) == ["The column names were found in row 4; rows skipped above it: 3."]


def test_nameless_index_and_repeated_columns_do_no_harm() -> None:
    reading = read(csv_of("0;C-1;F-1;25/03/2026;10;99;x", "1;C-2;F-2;25/03/2026;20;98;y", head=f";{HEAD};Saldo;"))
    assert reading.headers == ["Column A", "Cliente", "Factura", "Vencimiento", "Saldo", "Saldo (2)", "Column G"]
    assert column(reading, "balance") == [Decimal(10), Decimal(20)]


def test_exact_duplicate_rows_are_skipped_even_when_an_index_numbers_them() -> None:
    reading = read(csv_of("0;C-1;F-1;25/03/2026;10", "1;C-1;F-1;25/03/2026;10", head=f";{HEAD}"))
    assert len(reading.rows) == 1
    assert told(reading) == ["Rows skipped because they repeat an earlier row exactly: 1 (rows 3)."]


def test_the_same_invoice_with_other_figures_is_refused() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", "C-1;F-1;25/03/2026;20"))
    assert [(r.row_number, str(r)) for r in reading.refused] == [
        (3, "“F-1” appears before with the same due date and other figures; only the first was read.")
    ]


def test_instalments_of_one_invoice_are_told_apart_by_due_date() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", "C-1;F-1;25/04/2026;10"))
    assert column(reading, "document_number") == ["F-1 · 2026-03-25", "F-1 · 2026-04-25"]


@pytest.mark.parametrize("last", [";;;35,50", "Total;;;35,50", "TOTAL GENERAL;F-9;25/03/2026;35,50"])
def test_a_grand_total_is_recognised_by_its_sum(last: str) -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", "C-2;F-2;25/03/2026;25,50", last))
    assert len(reading.rows) == 2
    assert (reading.refused, told(reading)) == ([], ["Row 4 is the grand total of the column “Saldo” and was skipped."])


def test_a_last_row_that_happens_to_equal_the_sum_but_is_an_invoice_stays() -> None:
    assert len(read(csv_of("C-1;F-1;25/03/2026;10", "C-2;F-2;25/03/2026;20", "C-3;F-3;25/03/2026;30")).rows) == 3


def test_a_total_that_does_not_add_up_warns_that_rows_may_be_missing() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", "C-2;F-2;25/03/2026;20", "Total;;;99"))
    assert told(reading) == [
        "Row 4 looks like a total but is not the sum of the rows above it: rows may be missing from the file. It was skipped."
    ]


def test_a_header_repeated_on_every_page_is_skipped() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", HEAD, "C-2;F-2;25/03/2026;20"))
    assert column(reading, "row_number") == [2, 4]
    assert told(reading) == ["The row of column names is repeated inside the data; repetitions skipped: 1."]


def test_two_layouts_in_one_file_are_each_read_by_their_own_headers() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10", "Factura;Saldo;Cliente;Fecha Vencimiento", "F-2;20;C-2;26/03/2026"))
    assert column(reading, "debtor_ref") == ["C-1", "C-2"]
    assert column(reading, "balance") == [Decimal(10), Decimal(20)]
    assert told(reading) == [
        "From row 3 on the file has other columns (Factura, Saldo, Cliente, Fecha Vencimiento); that part was read by its own column names."
    ]


def test_credit_notes_keep_their_sign_and_zero_balances_are_settled() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;-10", "C-1;F-2;25/03/2026;0", "C-1;F-3;25/03/2026;5"))
    assert column(reading, "credit_note") == [True, False, False]
    assert column(reading, "settled") == [False, True, False]


def test_rows_in_another_currency_are_refused_with_the_way_out() -> None:
    reading = read(
        csv_of(
            "C-1;F-1;25/03/2026;10;COP",
            "C-2;F-2;25/03/2026;US$ 20;",
            "C-3;F-3;25/03/2026;20;USD",
            head=f"{HEAD};Moneda",
        )
    )
    assert column(reading, "currency") == ["COP"]
    assert [r.row_number for r in reading.refused] == [3, 4]
    assert (
        str(reading.refused[0])
        == "The row is in USD, and this portfolio is in COP: import it into a portfolio of that currency."
    )


def test_two_currencies_can_be_kept_apart_when_the_mapping_says_so() -> None:
    reading = read(
        csv_of("C-1;F-1;25/03/2026;10;COP", "C-3;F-3;25/03/2026;20;USD", head=f"{HEAD};Moneda"), other_currency="keep"
    )
    assert column(reading, "currency") == ["COP", "USD"]
    assert told(reading) == ["The file has amounts in several currencies (COP, USD); they are never added together."]


def test_a_frozen_days_past_due_is_information_only() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10;-4", "C-2;F-2;25/03/2017;10;3317", head=f"{HEAD};Días vencido"))
    assert column(reading, "days_past_due") == [-4, 3317]


def test_debtors_are_keyed_on_ids_and_several_names_are_a_warning() -> None:
    reading = read(
        csv_of(
            "C-1;Uno ;F-1;25/03/2026;10",
            "C-1;UNO SA;F-2;25/03/2026;10",
            head="Cliente;Nombre;Factura;Vencimiento;Saldo",
        )
    )
    assert column(reading, "debtor_name") == ["Uno", "Uno"]
    assert told(reading) == ["Debtors with several names: 1 (for example C-1). The first name was kept."]


def test_ids_lose_their_float_tail_and_regain_known_zeros() -> None:
    reading = read(
        csv_of("4512.0;F-1;25/03/2026;10", "1.92E+09;F-2;25/03/2026;10", ";F-3;25/03/2026;10"),
        id_length={"debtor_ref": 6},
    )
    assert column(reading, "debtor_ref") == ["004512"]
    assert [str(r) for r in reading.refused] == [
        "The identifier “1.92E+09” has lost digits: a spreadsheet shortened it.",
        "The row has no debtor identifier.",
    ]


def test_a_wrong_tax_id_is_a_warning_and_the_row_comes_in() -> None:
    reading = read(csv_of(ROW.replace("268-4", "268-5"), head=FULL))
    assert column(reading, "tax_id_valid") == [False]
    assert "check digits do not agree: 1 (for example 800197268-5, row 2)" in told(reading)[0]


def test_settled_rows_come_in_as_history() -> None:
    data = csv_of(
        "C-1;F-1;25/03/2026;10;20/03/2026",
        "C-1;F-2;25/03/2026;10;",
        head="Cliente;Factura;Vencimiento;Importe;Fecha pago",
    )
    reading = read(data)
    assert column(reading, "settled") == [True, False]
    assert column(reading, "balance") == [Decimal(0), Decimal(10)]
    assert column(reading, "paid_on")[0] == date(2026, 3, 20)


def test_a_business_date_reads_the_file_as_it_stood_that_morning() -> None:
    data = csv_of(
        "C-1;F-1;25/03/2026;10;20/03/2026",
        "C-1;F-2;25/03/2026;10;28/03/2026",
        head="Cliente;Factura;Vencimiento;Importe;Fecha pago",
    )
    reading = read(data, business_date="2026-03-25")
    assert column(reading, "settled") == [True, False]
    assert column(read(data, business_date="2026-03-25", only="open"), "document_number") == ["F-2"]


def test_a_file_of_contacts_only_gives_contacts() -> None:
    reading = read(csv_of("C-1;3001234567;ana@tienda.co", "C-1;3001234567;", head="Cliente;Celular;Correo"))
    assert len(reading.rows) == 0
    assert list(reading.contacts["value"]) == ["+573001234567", "ana@tienda.co"]


def test_missing_columns_are_named_in_plain_words() -> None:
    with pytest.raises(Refused) as refused:
        read(csv_of("C-1;x;y", head="Cliente;Nombre;Saldo"))
    assert str(refused.value).startswith(
        "No column was recognised for the invoice or account number. The file's columns are: Cliente, Nombre, Saldo."
    )


def test_one_bad_row_does_not_keep_the_rest_out() -> None:
    reading = read(
        xlsx_of(
            HEAD.split(";"),
            ["C-1", "F-1", date(2026, 3, 25), 10],
            ["C-2", "F-2", "nunca", 10],
            ["C-3", "F-3", date(2026, 3, 26), "mucho"],
        ),
        name="c.xlsx",
    )
    assert (reading.read, len(reading.rows)) == (3, 1)
    assert [(r.row_number, r.column, r.value) for r in reading.refused] == [
        (3, "Vencimiento", "nunca"),
        (4, "Saldo", "mucho"),
    ]
