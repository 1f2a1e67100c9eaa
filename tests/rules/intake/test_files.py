from datetime import date

import pytest

from tests.rules.intake.files_of import HEAD, column, csv_of, read, xlsx_of
from workbench.rules.refusals import Refused

ROW = "C-1;F-1;25/03/2026;1.500,50"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(csv_of(ROW), id="semicolons"),
        pytest.param(csv_of(ROW, encoding="utf-8-sig"), id="BOM"),
        pytest.param(csv_of(ROW, encoding="utf-16"), id="unicode text of Excel"),
        pytest.param(csv_of(ROW).replace(b";", b"\t"), id="tabs"),
        pytest.param(csv_of(ROW).replace(b";", b"|"), id="bars"),
        pytest.param(csv_of('C-1,F-1,25/03/2026,"1.500,50"', head=HEAD.replace(";", ",")), id="commas and quotes"),
        pytest.param(csv_of("", ROW, "", ";;;"), id="blank rows"),
        pytest.param(b"sep=;\r\n" + csv_of(ROW), id="Excel's sep= line"),
        pytest.param(csv_of(" C-1 ;F-1\u00a0; 25/03/2026;$ 1.500,50 "), id="stray spaces and a sign"),
    ],
)
def test_every_kind_of_text_file_is_read_the_same(data: bytes) -> None:
    reading = read(data)
    assert column(reading, "debtor_ref") == ["C-1"]
    assert column(reading, "due_on") == [date(2026, 3, 25)]
    assert [str(each) for each in column(reading, "balance")] == ["1500.50"]
    assert reading.refused == []


def test_latin_1_names_keep_their_letters() -> None:
    reading = read(
        csv_of(
            "C-1;Muñoz Peña S.A.;F-1;25/03/2026;10",
            head="Cliente;Razón social;Factura;Vencimiento;Saldo",
            encoding="latin-1",
        )
    )
    assert column(reading, "debtor_name") == ["Muñoz Peña S.A."]


def test_a_workbook_gives_text_ids_real_dates_and_exact_money() -> None:
    reading = read(xlsx_of(HEAD.split(";"), [1928826755.0, "0012", date(2026, 3, 5), 1234.5]), name="cartera.xlsx")
    assert column(reading, "debtor_ref") == ["1928826755"]
    assert column(reading, "document_number") == ["0012"]
    assert column(reading, "due_on") == [date(2026, 3, 5)]
    assert [str(each) for each in column(reading, "balance")] == ["1234.50"]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        pytest.param(b"", "cartera.csv", "The file “cartera.csv” is empty.", id="nothing"),
        pytest.param(b" \r\n \r\n", "cartera.csv", "is empty", id="only blank lines"),
        pytest.param(xlsx_of(), "cartera.xlsx", "is empty", id="empty workbook"),
        pytest.param(HEAD.encode(), "cartera.csv", "no rows under them", id="only headers"),
        pytest.param(b"%PDF-1.7 ...", "cartera.pdf", "is a PDF file. Only CSV, TSV and Excel", id="PDF"),
        pytest.param(bytes(range(256)) * 20, "cartera.csv", "is not a table of text", id="binary garbage"),
        pytest.param(
            b"PK\x03\x04" + bytes(range(256)),
            "cartera.xlsx",
            "is damaged or is not an Excel workbook",
            id="damaged workbook",
        ),
        pytest.param(
            b"<html><table><tr><td>Saldo",
            "cartera.xls",
            "web page or XML with a spreadsheet's name",
            id="a web page called xls",
        ),
        pytest.param(
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            "cartera.xlsx",
            "protected with a password",
            id="password",
        ),
        pytest.param(b"1;2;3\r\n4;5;6\r\n", "cartera.csv", "No row with column names", id="no headers"),
        pytest.param(
            b'Cliente;Saldo\r\n"abierto;1\r\n' + b"x" * 1_100_000,
            "cartera.csv",
            "quotation mark is opened and never closed",
            id="open quotation mark",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_so_in_plain_words(data: bytes, name: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(data, name=name)
    assert said in str(refused.value)


def test_two_sheets_with_data_are_refused_until_one_is_chosen() -> None:
    data = xlsx_of(HEAD.split(";"), ["C-1", "F-1", date(2026, 3, 25), 10], sheets=("Enero", "Febrero"))
    with pytest.raises(Refused, match=r"several sheets with data \(Enero, Febrero\)"):
        read(data, name="cartera.xlsx")
    assert len(read(data, name="cartera.xlsx", sheet="Febrero").rows) == 1
    with pytest.raises(Refused, match="There is no sheet “Marzo”; the file has: Enero, Febrero"):
        read(data, name="cartera.xlsx", sheet="Marzo")
