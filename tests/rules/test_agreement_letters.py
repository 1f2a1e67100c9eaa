"""What an agreement's letter says, and that the PDF says it."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.ui.test_compliance_files import pages_of
from workbench.channels.letter_pdf import letter_pdf
from workbench.rules.agreement_letters import Owed, Signed, agreement_letter, letter_language

SIGNED = Signed(
    id=71,
    creditor="Banco del Valle",
    debtor="JUANA <b>PÉREZ</b>",
    reference="D1",
    accounts=("1234", "5678"),
    currency="MXN",
    country="MX",
    signed_on=date(2026, 11, 18),
    owed=(
        Owed("principal", Decimal(1000), Decimal(100)),
        Owed("interest", Decimal("55.50"), Decimal("55.50")),
        Owed("fees", Decimal(0), Decimal(0)),
    ),
    payments=(
        (0, date(2026, 11, 18), Decimal(100)),
        (1, date(2026, 12, 18), Decimal(400)),
        (2, date(2027, 1, 18), Decimal(400)),
    ),
    grace_days=3,
    missed_limit=1,
)


def pages(signed: Signed, language: str) -> list[str]:
    return pages_of(letter_pdf(agreement_letter(signed, language), compressed=False))


def test_it_adds_up_and_names_every_payment() -> None:
    letter = agreement_letter(SIGNED, "es")
    owed, payments = letter.tables
    assert owed.rows == (
        ("Capital", "1,000.00 MXN", "100.00 MXN", "900.00 MXN"),
        ("Intereses", "55.50 MXN", "55.50 MXN", "0.00 MXN"),
        ("Total", "1,055.50 MXN", "155.50 MXN", "900.00 MXN"),
    )
    assert payments.rows == (
        ("Pago inicial", "18 de noviembre de 2026", "100.00 MXN"),
        ("Pago 1 de 2", "18 de diciembre de 2026", "400.00 MXN"),
        ("Pago 2 de 2", "18 de enero de 2027", "400.00 MXN"),
        ("Total", "", "900.00 MXN"),
    )
    assert letter.file_name == "convenio-71.pdf"


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        ({}, ["hasta 3 días", "cuando falte un pago", "155.50 MXN condonados"], ["llame"]),
        ({"grace_days": 0}, ["cuando llega en su fecha"], ["días después"]),
        ({"grace_days": 1, "missed_limit": 2}, ["hasta 1 día después", "falten 2 pagos"], []),
        ({"owed": (Owed("principal", Decimal(900), Decimal(0)),)}, [], ["descuento"]),
        ({"contact_phone": "+52 55 1234 5678"}, ["llame al +52 55 1234 5678"], ["responda a este"]),
    ],
)
def test_its_terms_are_those_agreed(change: dict, said: list[str], unsaid: list[str]) -> None:
    terms = " ".join(agreement_letter(replace(SIGNED, **change), "es").terms)
    assert all(each in terms for each in said)
    assert not any(each in terms for each in unsaid)


@pytest.mark.parametrize(("language", "title"), [("es", "Convenio de pago n.º 71"), ("en", "Payment agreement no. 71")])
def test_the_pdf_is_in_its_language_and_takes_no_name_for_markup(language: str, title: str) -> None:
    (page,) = pages(SIGNED, language)
    assert title in page
    assert "JUANA bPÉREZ/b" in page
    assert letter_pdf(agreement_letter(SIGNED, language)) == letter_pdf(agreement_letter(SIGNED, language))


def test_a_long_schedule_breaks_over_pages_that_are_numbered() -> None:
    payments = tuple((n, date(2027 + n // 12, n % 12 + 1, 5), Decimal(10)) for n in range(1, 61))
    found = pages(replace(SIGNED, payments=payments), "es")
    assert [f"Página {n} de {len(found)}" in page for n, page in enumerate(found, 1)] == [True] * len(found)
    assert len(found) > 1
    assert "Pago 60 de 60" in "".join(found)


def test_letters_outside_western_europe_are_written_too() -> None:
    pdf = letter_pdf(agreement_letter(replace(SIGNED, debtor="Łukasz Ćwik"), "es"), compressed=False)
    drawn = {chr(int(letter, 16)) for letter in re.findall(rb"<[0-9A-F]{2}> <([0-9A-F]{4})>", pdf)}
    assert {"Ł", "Ć"} <= drawn, "the embedded font says which letters its codes are"


@pytest.mark.parametrize(
    ("wanted", "fallback", "language"),
    [("en", "es", "en"), ("EN_us", "es", "en"), ("qu", "en", "en"), (None, "es-MX", "es"), ("qu", "pt", "es")],
)
def test_the_debtors_language_comes_first(wanted: str | None, fallback: str, language: str) -> None:
    assert letter_language(wanted, fallback) == language
