from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from workbench.rules.spreadsheets import csv_bytes, safe_cell, xlsx_bytes


@pytest.mark.parametrize("cell", ["=1+1", "+52", "-2", "@SUM(A1)", "\tx", "  =x"])
def test_a_cell_that_would_run_is_put_behind_an_apostrophe(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


def test_the_file_opens_with_its_accents_right() -> None:
    assert csv_bytes(["Razón"], [["=x"], ["a,b"]]) == '\ufeffRazón\r\n\'=x\r\n"a,b"\r\n'.encode()


def test_a_workbook_keeps_figures_and_days_and_runs_nothing() -> None:
    row = ["=HYPERLINK(1)", Decimal("1250.50"), 3, date(2026, 11, 18), None]
    data = xlsx_bytes(["Razón", "b", "c", "d", "e"], [row])
    [head, line] = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    assert head[0] == "Razón"
    assert line == ["=HYPERLINK(1)", 1250.5, 3.0, date(2026, 11, 18), ""]
    assert b"<f>" not in data
