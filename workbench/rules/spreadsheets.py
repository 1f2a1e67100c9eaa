"""Tables that people open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import xlsxwriter

# What begins a formula, wide signs too, and what spreadsheets skip before it. A line is also looked at where a
# spreadsheet of a country with decimal commas cuts it, at semicolons, and at its breaks.
_SIGN = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_SKIPPED = "[\\s\ufeff\u200b]*"
_BEGINS = re.compile(f"[\t\r\n]|{_SKIPPED}{_SIGN}")
_GOES_ON = re.compile(f"([;\r\n]{_SKIPPED})(?={_SIGN})")

FIGURE = Decimal | int | float


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before whatever a spreadsheet would run as a formula (OWASP, CSV injection)."""
    text = _GOES_ON.sub(r"\1'", text)
    return f"'{text}" if _BEGINS.match(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file that spreadsheets open with its accents right and none of its cells run; figures stay figures."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([safe_cell(title) for title in header])
    writer.writerows([cell if isinstance(cell, FIGURE) else safe_cell(str(cell)) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """An Excel workbook of one sheet: amounts, counts and days are what they are, no text is ever a formula or a link."""
    file = io.BytesIO()
    # every text is written by `write_string`, whatever it looks like: nothing in it can be run
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet, head, day = (
            book.add_worksheet(),
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
        )
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, head)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, FIGURE):
                    sheet.write_number(line, column, cell)
                elif isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                elif cell is not None:
                    sheet.write_string(line, column, str(cell))
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return file.getvalue()
