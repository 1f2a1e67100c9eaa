from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from workbench.ui import i18n


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("es", "1250", "MXN", "1,250.00\u00a0MXN"),
        ("es", "1250.5", "COP", "1.250,50\u00a0COP"),
        ("es", "45990", "CLP", "45.990\u00a0CLP"),
        ("es", "1250.5", "PEN", "1,250.50\u00a0PEN"),
        ("en", "45990", "CLP", "45,990\u00a0CLP"),
        ("en", "-1250.5", "COP", "-1,250.50\u00a0COP"),
    ],
)
def test_money_is_written_as_its_country_writes_it(language: str, amount: str, currency: str, written: str) -> None:
    i18n.use(language)
    assert i18n.money(Decimal(amount), currency) == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("es", "mié 18 nov 10:00 (Ciudad de México)"), ("en", "Wed 18 Nov 10:00 (Mexico City)")],
)
def test_a_moment_names_its_zone(language: str, written: str) -> None:
    i18n.use(language)
    assert i18n.moment(datetime(2026, 11, 18, 16, 0, tzinfo=UTC), "America/Mexico_City") == written


def test_a_day_has_its_month_in_letters() -> None:
    i18n.use("es")
    assert i18n.day(date(2026, 2, 3)) == "3 feb 2026"
