"""Plain numbers, shares and days as the reader of a language writes them."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates, numbers


def number_words(value: float | Decimal, language: str, *, decimals: int = 0) -> str:
    """A plain number with the reader's separators."""
    return numbers.format_decimal(value, _pattern(decimals), locale=locale_of(language))


def percent_words(share: float, language: str, *, decimals: int = 0) -> str:
    """A share between 0 and 1 as a percentage, whole unless `decimals` are asked for."""
    return numbers.format_percent(share, f"{_pattern(decimals)}%", locale=locale_of(language))


def day_words(on: date, language: str) -> str:
    """A date with its month in letters, which no reader can swap with the day."""
    return dates.format_date(on, "d MMM y", locale=locale_of(language))


@lru_cache(maxsize=8)
def locale_of(language: str) -> Locale:
    """The locale of a language of ours; Babel takes a name apart at every use, this does it once."""
    return Locale.parse("es_419" if language == "es" else "en")


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")
