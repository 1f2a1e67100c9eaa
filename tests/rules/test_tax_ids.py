import pytest

from workbench.rules.tax_ids import clean_id, read_tax_id


@pytest.mark.parametrize(
    ("cell", "length", "key"),
    [
        pytest.param("1928826755.0", None, "1928826755", id="float text"),
        pytest.param("  C-12  34 ", None, "C-12 34", id="spaces"),
        pytest.param("4512", 6, "004512", id="lost zeros, length known"),
        pytest.param("4512", None, "4512", id="lost zeros, length unknown"),
        pytest.param("AB12", 6, "AB12", id="letters are never padded"),
        pytest.param("1.92E+09", None, None, id="lost digits"),
        pytest.param("", None, None, id="empty"),
    ],
)
def test_an_id_becomes_a_key(cell: str, length: int | None, key: str | None) -> None:
    assert clean_id(cell, length=length) == key


@pytest.mark.parametrize(
    ("cell", "country", "value", "kind", "valid"),
    [
        pytest.param("GODE561231GR8", "MX", "GODE561231GR8", "RFC", True, id="mexico"),
        pytest.param("800197268-4", "CO", "8001972684", "NIT", True, id="colombia"),
        pytest.param("800197268-5", "CO", "8001972685", "", False, id="colombia, wrong check digit"),
        pytest.param("52345678", "CO", "52345678", "", None, id="a cédula has nothing to check"),
        pytest.param("12.531.909-2", "CL", "125319092", "RUT", True, id="chile"),
        pytest.param("20-05536168-2", "AR", "20055361682", "CUIT", True, id="argentina"),
        pytest.param("20512333797", "PE", "20512333797", "RUC", True, id="peru"),
        pytest.param("7123456", "PE", "07123456", "DNI", True, id="a DNI that lost its zero"),
        pytest.param("X1", "BO", "X1", "", None, id="a country we cannot check"),
    ],
)
def test_a_tax_id_is_spelt_one_way_and_checked(
    cell: str, country: str, value: str, kind: str, *, valid: bool | None
) -> None:
    found = read_tax_id(cell, country)
    assert found is not None
    assert (found.value, found.kind, found.valid) == (value, kind, valid)
