from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.intake.files_of import HEAD, column, csv_of, read, xlsx_of
from workbench.rules.intake.amounts import decimals


def lines(*amounts: str) -> bytes:
    return csv_of(*(f"C-{i};F-{i};25/03/2026;{amount}" for i, amount in enumerate(amounts)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(["1.234,56", "1.500"], ["1234.56", "1500.00"], id="decimal comma"),
        pytest.param(["1,234.56", "1,500"], ["1234.56", "1500.00"], id="decimal point"),
        pytest.param(["1.234.567"], ["1234567.00"], id="points of thousands"),
        pytest.param(["12,5", "7"], ["12.50", "7.00"], id="one decimal"),
        pytest.param(["$ 1.234,50", "COP 20,00"], ["1234.50", "20.00"], id="currency signs"),
        pytest.param(["(1.234,50)", "-20,00", "20,00-"], ["-1234.50", "-20.00", "-20.00"], id="negative in three ways"),
        pytest.param(["1'234,567.50"], ["1234567.50"], id="apostrophe of millions"),
        pytest.param(["1234567"], ["1234567.00"], id="no marks at all"),
        pytest.param(["1.5E+03"], ["1500.00"], id="exponent"),
    ],
)
def test_a_column_of_amounts_is_read_with_its_own_decimal_mark(written: list[str], meant: list[str]) -> None:
    reading = read(lines(*written))
    assert [str(each) for each in column(reading, "balance")] == meant
    assert (reading.refused, reading.questions) == ([], [])


def test_an_amount_that_could_be_thousands_or_units_is_asked_about() -> None:
    (question,) = read(lines("1.234", "500")).questions
    assert (question.setting, question.suggested) == ("decimal.balance", "comma")
    assert question.answers == {"comma": "1234.00", "point": "1.23"}
    assert column(read(lines("1.234", "500"), decimal="comma"), "balance") == [Decimal(1234), Decimal(500)]


def test_many_amounts_with_three_digits_after_the_mark_can_only_be_thousands() -> None:
    reading = read(lines(*(f"{n}.000" for n in range(1, 40))))
    assert reading.questions == []
    assert column(reading, "balance")[38] == Decimal(39_000)


def test_numbers_of_a_workbook_need_no_decision_beside_texts_with_commas() -> None:
    rows = [["C-1", "F-1", "2026-03-25", 1.234], ["C-2", "F-2", "2026-03-25", "2.500,75"]]
    assert column(read(xlsx_of(HEAD.split(";"), *rows), name="c.xlsx"), "balance") == [
        Decimal("1.23"),
        Decimal("2500.75"),
    ]


def test_text_in_an_amount_is_refused_with_its_row_column_and_value() -> None:
    reading = read(lines("10,00", "pendiente", "12.34,5"))
    assert [(r.row_number, r.column, r.value, str(r)) for r in reading.refused] == [
        (3, "Saldo", "pendiente", "“pendiente” is not an amount."),
        (4, "Saldo", "12.34,5", "“12.34,5” is not an amount."),
    ]


@given(st.lists(st.integers(-(10**15), 10**15), max_size=20))
def test_cents_become_exact_decimals(cents: list[int]) -> None:
    assert list(decimals(np.array(cents, dtype=np.int64))) == [Decimal(each).scaleb(-2) for each in cents]
