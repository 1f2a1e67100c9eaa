import pytest

from workbench.rules.emails import EmailNote, read_emails


def test_two_addresses_in_one_cell_come_apart_in_lower_case() -> None:
    assert [e.address for e in read_emails("Ana.Ruiz@Tienda.com.mx; pagos@tienda.com.mx")] == [
        "ana.ruiz@tienda.com.mx",
        "pagos@tienda.com.mx",
    ]


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("notiene@correo.com", EmailNote.FILLER),
        ("ana@gmial.com", EmailNote.LIKELY_TYPO),
        ("ana@@tienda.com", EmailNote.NOT_AN_EMAIL),
        ("ana@tienda", EmailNote.NOT_AN_EMAIL),
    ],
)
def test_an_address_nobody_reads_says_why(cell: str, note: EmailNote) -> None:
    (email,) = read_emails(cell)
    assert (email.address, email.note) == (None, note)


@pytest.mark.parametrize("cell", ["", None, "no tiene", "3001234567"])
def test_a_cell_without_an_address_gives_none(cell: str | None) -> None:
    assert read_emails(cell) == []
