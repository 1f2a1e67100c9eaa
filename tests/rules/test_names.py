import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.names import fold, fold_column


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  José   Núñez ", "jose nunez"),
        ("GÜEMES", "guemes"),
        ("María\tde la O\n", "maria de la o"),
        ("São João", "sao joao"),
        ("Straße", "strasse"),
        ("", ""),
        ("ÑANDÚ S.A. de C.V.", "nandu s.a. de c.v."),
    ],
)
def test_a_name_is_found_however_it_is_typed(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_column_folds_as_each_of_its_names() -> None:
    names = ["Ana Pérez", "ANA PEREZ", "Íñigo", "Ana Pérez"]
    assert fold_column(names) == [fold(name) for name in names]
