"""A digest on paper: nothing runs out of its place, whatever names and lengths it has."""

import re

from tests.supervision.digest_parts import words_of
from workbench.channels.digest_pdf import digest_pdf
from workbench.channels.pdf_parts import shortened
from workbench.rules.digests import Line, Paper, Table

NAME = (
    "Cartera de Tarjetas y Préstamos del Banco Industrial y Comercial del Noroeste, S.A. de C.V., Institución de Banca"
)
AGENT = "Maximiliano Bartolomé Hernández-Villavicencio de la Torre"
FIGURE = Line("Recuperación", "12.638 MXN", "22.791 MXN", "\N{MINUS SIGN}44,5 %", "Pagos recibidos en el período. " * 4)


def paper(rows: int, *, figures: int = 15) -> Paper:
    table = Table("En el tiempo", ("", "Intentos", "Promesas"), tuple((f"{AGENT} {n}", "1", "2") for n in range(rows)))
    heads = ("Cifra", "Ahora", "Antes", "Cambio")
    return Paper(
        "es",
        f"Desempeño · {NAME}, {NAME}",
        (("Cartera", NAME),),
        heads,
        (FIGURE,) * figures,
        (table,),
        (),
        "Página {n} de {m}",
    )


def pages(pdf: bytes) -> list[str]:
    said = words_of(pdf)
    return [each.strip() for each in re.split(r"Desempeño · [^…]{,150}…\s*Página \d+ de \d+", said)][:-1]


def test_a_title_stands_over_rows_of_its_table_on_every_length_of_page() -> None:
    for figures in range(1, 26):
        told = pages(digest_pdf(paper(40, figures=figures)))
        [over] = [page for page in told if "En el tiempo" in page]
        assert f"{AGENT} 0" in " ".join(over.split("En el tiempo")[1].split()), figures
        assert f"{AGENT} 39" in " ".join(told[-1].split())
        assert all("Intentos" in page for page in told[told.index(over) :])  # the head again on each page


def test_a_long_name_leaves_the_page_number_its_place() -> None:
    foot = shortened(NAME * 3, 400)
    assert foot.endswith("…")
    assert NAME.startswith(foot[:40])
    assert shortened("Tarjetas México", 400) == "Tarjetas México"


def test_a_figure_that_fell_stands_in_the_same_font_as_the_others() -> None:
    pdf = digest_pdf(paper(1, figures=1), compressed=False)
    assert b"Vera" not in pdf
    assert "\N{EN DASH}44,5 %" in words_of(digest_pdf(paper(1, figures=1)))
