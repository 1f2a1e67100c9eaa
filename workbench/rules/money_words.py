"""Amounts as the people of a currency write them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale, numbers

# Whose habits of writing numbers a currency's amounts follow; the language of the words is the reader's.
TERRITORY = {
    "ARS": "AR",
    "BOB": "BO",
    "CLP": "CL",
    "COP": "CO",
    "CRC": "CR",
    "DOP": "DO",
    "GTQ": "GT",
    "HNL": "HN",
    "MXN": "MX",
    "NIO": "NI",
    "PEN": "PE",
    "PYG": "PY",
    "UYU": "UY",
}
WITHOUT_CENTS = frozenset({"CLP", "PYG"})  # of the currencies above


def money_words(
    amount: float | Decimal, currency: str, language: str, *, cents: bool = True, named: bool = True
) -> str:
    """An amount with as many decimals as its currency has and, when `named`, its ISO code: `1,250.00 MXN`, `45.990 CLP`."""
    pattern = ("#,##0.00" if cents else "#,##0") + ("\u00a0¤¤" if named else "")
    return numbers.format_currency(
        amount, currency, pattern, locale=_number_locale(currency, language), currency_digits=cents
    )


@lru_cache(maxsize=64)
def _number_locale(currency: str, spoken: str) -> Locale:
    return Locale.parse(f"es_{TERRITORY.get(currency, '419')}" if spoken == "es" else "en")
