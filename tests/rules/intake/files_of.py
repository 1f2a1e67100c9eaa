"""Invented files in the shapes creditors send."""

import io
from collections.abc import Sequence

import xlsxwriter

from workbench.rules.intake.mappings import FileMapping, checked
from workbench.rules.intake.reading import Reading, read_file

HEAD = "Cliente;Factura;Vencimiento;Saldo"


def csv_of(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> bytes:
    return ("\r\n".join([head, *lines]) + "\r\n").encode(encoding)


def xlsx_of(*rows: Sequence[object], sheets: Sequence[str] = ("Hoja1",)) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return file.getvalue()


def read(
    data: bytes, *, name: str = "cartera.csv", country: str = "CO", currency: str = "COP", **mapping: object
) -> Reading:
    chosen = checked(mapping) if mapping else FileMapping()
    return read_file(data, name, chosen, country=country, currency=currency)


def column(reading: Reading, name: str) -> list[object]:
    return list(reading.rows[name])
