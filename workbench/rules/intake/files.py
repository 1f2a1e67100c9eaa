"""Bytes of an uploaded file -> one sheet of text cells, or a refusal a person understands."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from workbench.rules.refusals import Refused

MOST_BYTES = 200 * 1024 * 1024
MOST_UNZIPPED = 2 * 1024 * 1024 * 1024  # a workbook that unzips to more is a zip bomb or a mistake
MOST_ROWS = 1_048_576  # what a spreadsheet can hold
MOST_COLUMNS = 300
_OLE = b"\xd0\xcf\x11\xe0"
_MARKS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
    b"PAR1": "Parquet",
}
_NULLS = ("", "nan", "NaN", "NULL", "null", "None", "N/A", "n/a", "#N/A", "#N/D", "NaT", "(null)", "-", "--")

TEXT, NUMBER, DATE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """All cells as text (missing = NA), top row first, and per cell whether the workbook held a number or a real date.

    `cells` has integer column labels; row i of it is row i + 1 of the spreadsheet. `kinds` has the shape of `cells`.
    """

    name: str
    cells: pd.DataFrame
    kinds: npt.NDArray[np.int8]


def open_sheet(data: bytes, name: str, *, sheet: str | None = None) -> Sheet:
    """Return the one sheet of a CSV, TSV or XLSX file as text; `sheet` chooses among several.

    Raises `Refused` for what cannot be read: empty, too large, protected, another kind of file, or several sheets.
    """
    if not data.strip():
        raise Refused("The file “{name}” is empty.", name=name)
    if len(data) > MOST_BYTES:
        raise Refused(
            "The file “{name}” is too large: {size} MB, and the limit is {limit} MB. Split it and import the parts.",
            name=name,
            size=len(data) >> 20,
            limit=MOST_BYTES >> 20,
        )
    _refuse_other_kinds(data, name)
    if data[:4] == _OLE or data[:2] == b"PK":
        return _from_workbook(data, name, sheet)
    return _from_text(data, name)


def _refuse_other_kinds(data: bytes, name: str) -> None:
    for mark, kind in _MARKS.items():
        if data.startswith(mark):
            raise Refused(
                "“{name}” is a {kind} file. Only CSV, TSV and Excel (XLSX) files can be imported.", name=name, kind=kind
            )
    head = data[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise Refused(
            "“{name}” is a web page or XML with a spreadsheet's name. Open it in Excel, save it as “Excel workbook (.xlsx)” and import that.",
            name=name,
        )


# --- workbooks ---------------------------------------------------------------------------------------------------


def _from_workbook(data: bytes, name: str, wanted: str | None) -> Sheet:
    _refuse_locked(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        tables = {
            each: book.get_sheet_by_name(each).to_python(skip_empty_area=False)
            for each in _chosen(book.sheet_names, wanted)
        }
    except PasswordError:
        raise Refused(
            "“{name}” is protected with a password. Save a copy without the password and import that.", name=name
        ) from None
    except CalamineError:
        raise Refused(
            "“{name}” cannot be opened: it is damaged or is not an Excel workbook. Save it again from Excel as .xlsx.",
            name=name,
        ) from None
    filled = {
        each: rows
        for each, rows in tables.items()
        if any(cell != "" for row in rows[:50] for cell in row) or len(rows) > 50
    }
    if not filled:
        raise Refused("The file “{name}” is empty.", name=name)
    if len(filled) > 1:
        raise Refused(
            "“{name}” has several sheets with data ({sheets}). Say which one to import, or save it with one sheet.",
            name=name,
            sheets=", ".join(filled),
        )
    sheet_name, rows = next(iter(filled.items()))
    _refuse_shape(len(rows), len(rows[0]), name)
    return _typed(sheet_name, rows)


def _chosen(names: list[str], wanted: str | None) -> list[str]:
    if wanted is None:
        return names
    if wanted not in names:
        raise Refused("There is no sheet “{sheet}”; the file has: {sheets}.", sheet=wanted, sheets=", ".join(names))
    return [wanted]


def _refuse_locked(data: bytes, name: str) -> None:
    if data[:4] == _OLE:
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused(
                "“{name}” is protected with a password. Save a copy without the password and import that.", name=name
            )
        return
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile:
        raise Refused(
            "“{name}” cannot be opened: it is damaged or is not an Excel workbook. Save it again from Excel as .xlsx.",
            name=name,
        ) from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused(
            "“{name}” is protected with a password. Save a copy without the password and import that.", name=name
        )
    if sum(entry.file_size for entry in entries) > MOST_UNZIPPED:
        raise Refused(
            "The file “{name}” is too large: {size} MB, and the limit is {limit} MB. Split it and import the parts.",
            name=name,
            size=sum(e.file_size for e in entries) >> 20,
            limit=MOST_UNZIPPED >> 20,
        )


def _typed(sheet_name: str, rows: Sequence[Sequence[object]]) -> Sheet:
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = np.empty((len(rows), len(columns)), dtype=np.int8)
    cells = {}
    for i, column in enumerate(columns):
        kinds[:, i] = [_KIND.get(type(value), TEXT) for value in column]
        cells[i] = pd.Series([_as_text(value) for value in column], dtype="str")
    return Sheet(sheet_name, _clean(pd.DataFrame(cells)), kinds)


_KIND: dict[type, int] = {int: NUMBER, float: NUMBER, date: DATE, datetime: DATE}


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


# --- text files --------------------------------------------------------------------------------------------------


def _from_text(data: bytes, name: str) -> Sheet:
    text = _decoded(data, name)
    limit = csv.field_size_limit(1_000_000)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error:
        raise Refused(
            "“{name}” cannot be read as a table: a quotation mark is opened and never closed.", name=name
        ) from None
    finally:
        csv.field_size_limit(limit)
    width = max(map(len, rows), default=0)
    _refuse_shape(len(rows), width, name)
    cells = pd.DataFrame(
        [row + [""] * (width - len(row)) for row in rows] if any(len(r) != width for r in rows) else rows, dtype="str"
    )
    return Sheet(name, _clean(cells), np.zeros(cells.shape, dtype=np.int8))


def _decoded(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if _is_binary(data):
        raise Refused(
            "“{name}” is not a table of text. Only CSV, TSV and Excel (XLSX) files can be imported.", name=name
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(
            "cp1252", errors="replace"
        )  # what Spanish Excel calls "CSV"; a superset of latin-1's letters


def _is_binary(data: bytes) -> bool:
    head = data[:65_536]
    odd = sum(n for byte, n in Counter(head).items() if byte < 9 or 13 < byte < 32)
    return b"\x00" in head or odd > len(head) // 100


def _delimiter(text: str) -> str:
    """Return the separator that splits the first lines into the most columns, most evenly."""
    first = next((line for line in text.split("\n", 1)[0:1]), "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first[4]
    sample = "".join(text[:200_000].splitlines(keepends=True)[:60])

    def even(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row)
        width, rows = max(((w, n) for w, n in widths.items() if w > 1), key=lambda wn: wn[0] * wn[1], default=(1, 0))
        return (rows * width if width > 1 else 0, width)

    return max((",", ";", "\t", "|"), key=even)


def _refuse_shape(rows: int, columns: int, name: str) -> None:
    if rows > MOST_ROWS:
        raise Refused(
            "“{name}” has {rows} rows; the limit is {limit}. Split it and import the parts.",
            name=name,
            rows=rows,
            limit=MOST_ROWS,
        )
    if columns > MOST_COLUMNS:
        raise Refused(
            "“{name}” has {columns} columns; the limit is {limit}.", name=name, columns=columns, limit=MOST_COLUMNS
        )


def _clean(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells trimmed, without invisible spaces, and the words for nothing as NA."""
    out = {}
    for label in cells.columns:
        column = cells[label].astype("str")
        column = column.str.replace("\u00a0", " ", regex=False).str.replace("\u200b", "", regex=False).str.strip()
        out[label] = column.mask(column.isin(_NULLS))
    return pd.DataFrame(out)
