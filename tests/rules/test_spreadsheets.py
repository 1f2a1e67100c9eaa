import pytest

from workbench.rules.spreadsheets import csv_bytes, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+52", "-2", "@SUM(A1)", "\tx", "  =x"])
def test_a_cell_that_would_run_is_put_behind_an_apostrophe(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


def test_the_file_opens_with_its_accents_right() -> None:
    assert csv_bytes(["Razón"], [["=x"], ["a,b"]]) == '\ufeffRazón\r\n\'=x\r\n"a,b"\r\n'.encode()
