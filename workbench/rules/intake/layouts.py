"""A sheet -> one table per layout: the header row found, repeated headers dropped, a second layout set apart."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.imports import FileKind
from workbench.rules.intake.files import Sheet
from workbench.rules.intake.findings import Warned
from workbench.rules.intake.headers import REPEATED, closest, guess, header_row, known, named, plain
from workbench.rules.intake.mappings import FileMapping
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

Fields = dict[str, list[int]]
_FIGURES = {FileKind.DEBTS: ("due_on", "amount", "balance", "issued_on"), FileKind.PAYMENTS: ("paid_on", "amount")}
_INDEX_NAMES = frozenset({"", "unnamed 0", "index", "indice", "item", "fila", "row", "n", "no", "nro", "num"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The data rows under one header: text cells by position, the workbook's kinds, and the columns of each field."""

    headers: list[str]
    cells: pd.DataFrame
    kinds: npt.NDArray[np.int8]
    row_numbers: npt.NDArray[np.int64]
    fields: Fields

    def header(self, name: str) -> str:
        """Return the file's own header of a field (the field's name when it has none)."""
        return self.headers[self.fields[name][0]] if name in self.fields else name

    def text(self, name: str, constant: str | None = None) -> pd.Series:
        """Return a field's column as text; a constant, or NA, where the file has none."""
        if name in self.fields:
            return self.cells[self.fields[name][0]]
        return pd.Series([constant] * len(self.cells), index=self.cells.index, dtype="str")

    def kind(self, name: str) -> npt.NDArray[np.int8]:
        """Return what the workbook held in a field's cells."""
        return self.kinds[:, self.fields[name][0]] if name in self.fields else np.zeros(len(self.cells), dtype=np.int8)

    def taken(self, keep: npt.NDArray[np.bool_]) -> "Layout":
        """Return the layout with some rows only."""
        return Layout(
            self.headers, self.cells[keep].reset_index(drop=True), self.kinds[keep], self.row_numbers[keep], self.fields
        )


def layouts(sheet: Sheet, mapping: FileMapping) -> tuple[list[Layout], list[Warned]]:
    """Return the tables of a sheet, each with its fields; raises `Refused` when no header row can be found."""
    wanted = [header for each in mapping.columns.values() for header in ([each] if isinstance(each, str) else each)]
    first = header_row(_rows(sheet.cells.head(60)), wanted, mapping.kind)
    if first is None:
        raise Refused(
            "No row with column names was found in “{name}”. The first rows should name the columns, like “Cliente; Factura; Vencimiento; Saldo”.",
            name=sheet.name,
        )
    top = _layout(sheet, first, len(sheet.cells), mapping, strict=True)
    if not len(top.cells):
        raise Refused("“{name}” has column names but no rows under them.", name=sheet.name)
    warned = _title_warning(first)
    starts = _later_headers(top, mapping.kind)
    if not starts:
        return [top], warned
    edges = [first, *starts, len(sheet.cells)]
    found = [_layout(sheet, a, b, mapping, strict=a == first) for a, b in pairwise(edges)]
    same, other = [e for e in found if e.headers == top.headers], [e for e in found if e.headers != top.headers]
    if len(same) > 1:
        warned.append(
            Warned(
                N_("The row of column names is repeated inside the data; repetitions skipped: {count}."),
                {"count": len(same) - 1},
            )
        )
    for each in other:
        warned.append(
            Warned(
                N_(
                    "From row {row} on the file has other columns ({columns}); that part was read by its own column names."
                ),
                {
                    "row": int(each.row_numbers[0]) - 1 if len(each.row_numbers) else 0,
                    "columns": ", ".join(each.headers),
                },
            )
        )
    return [_joined(same), *(e for e in other if len(e.cells))], warned


def index_columns(layout: Layout) -> list[int]:
    """Return the columns that only number the rows, which no field uses."""
    used = {i for positions in layout.fields.values() for i in positions}
    return [i for i, header in enumerate(layout.headers) if i not in used and _counts(layout, i, header)]


def _counts(layout: Layout, i: int, header: str) -> bool:
    if plain(header) not in _INDEX_NAMES and not header.startswith("Column "):
        return False
    numbers = pd.to_numeric(layout.cells[i], errors="coerce").dropna().to_numpy(dtype=float)
    return len(numbers) > len(layout.cells) // 2 and bool((np.diff(numbers) == 1).all())


def _rows(cells: pd.DataFrame) -> list[list[str | None]]:
    return [[None if pd.isna(cell) else str(cell) for cell in row] for row in cells.itertuples(index=False, name=None)]


def _layout(sheet: Sheet, start: int, end: int, mapping: FileMapping, *, strict: bool) -> Layout:
    body = sheet.cells.iloc[start + 1 : end]
    top = _rows(sheet.cells.iloc[[start]])[0]
    used = [i for i in range(len(top)) if top[i] or body[i].notna().any()]
    headers = named([top[i] for i in used])
    cells = body[used].set_axis(range(len(used)), axis=1)
    filled = cells.notna().any(axis=1).to_numpy(dtype=bool)
    numbers = np.arange(start + 2, end + 1)
    return Layout(
        headers,
        cells[filled].reset_index(drop=True),
        sheet.kinds[start + 1 : end][:, used][filled],
        numbers[filled],
        _fields(headers, mapping, strict=strict),
    )


def _fields(headers: list[str], mapping: FileMapping, *, strict: bool) -> Fields:
    """Return the positions of each field: those the mapping names, or else those the headers suggest."""
    chosen = _told(headers, mapping) if mapping.columns else None
    if chosen is None or (not strict and any(h not in headers for each in chosen.values() for h in each)):
        chosen = {
            name: [found] if isinstance(found, str) else found
            for name, found in guess(headers, mapping.kind).items()
            if name not in mapping.constants
        }
        return {name: [headers.index(h) for h in each] for name, each in chosen.items()}
    missing = [h for each in chosen.values() for h in each if h not in headers]
    if missing:
        raise Refused(
            "The mapping names columns the file does not have: {missing}. The file has: {found}.",
            missing=", ".join(missing),
            found=", ".join(headers),
        )
    return {name: [headers.index(h) for h in each] for name, each in chosen.items()}


def _told(headers: list[str], mapping: FileMapping) -> dict[str, list[str]]:
    told = {}
    for name, wanted in mapping.columns.items():
        several = [wanted] if isinstance(wanted, str) else wanted
        if len(several) > 1 and name not in REPEATED:
            raise Refused(
                "The mapping gives the field “{field}” several columns; only phone and email may have several.",
                field=name,
            )
        told[name] = [closest(headers, each) or each for each in several]
    return told


def _title_warning(first: int) -> list[Warned]:
    return (
        [
            Warned(
                N_("The column names were found in row {row}; rows skipped above it: {count}."),
                {"row": first + 1, "count": first},
            )
        ]
        if first
        else []
    )


def _later_headers(layout: Layout, kind: FileKind) -> list[int]:
    """Return the indices in the sheet of rows that are headers again: no figures where figures belong, and known names."""
    figures = [i for name in _FIGURES[kind] for i in layout.fields.get(name, [])]
    cells = layout.cells
    wordy = cells.notna().sum(axis=1).to_numpy() >= 2
    for i in figures:
        wordy &= ~cells[i].str.contains(r"[0-9]", regex=True).fillna(False).to_numpy(dtype=bool)
    own = {plain(header) for header in layout.headers}
    found = []
    for at in np.flatnonzero(wordy):
        row = [None if pd.isna(cell) else str(cell) for cell in cells.iloc[int(at)]]
        filled = [cell for cell in row if cell]
        if known(row, kind) >= max(3, len(filled) // 2) or sum(plain(cell) in own for cell in filled) >= max(
            2, len(filled) * 0.8
        ):
            found.append(int(layout.row_numbers[at]) - 1)
    return found


def _joined(same: list[Layout]) -> Layout:
    if len(same) == 1:
        return same[0]
    cells = pd.concat([each.cells for each in same], ignore_index=True)
    return Layout(
        same[0].headers,
        cells,
        np.concatenate([e.kinds for e in same]),
        np.concatenate([e.row_numbers for e in same]),
        same[0].fields,
    )
