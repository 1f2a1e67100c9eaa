"""A figure of the catalogue in words: by its unit, and with what changed since the period before."""

from decimal import Decimal

from models.targets import Period
from workbench.rules.kpis import Unit
from workbench.rules.money_words import money_words
from workbench.rules.number_words import number_words, percent_words
from workbench.rules.words import N_, translate

PERIODS = {
    Period.DAY: N_("day"),
    Period.WEEK: N_("week"),
    Period.MONTH: N_("month"),
    Period.QUARTER: N_("quarter"),
}
CENTS_UNTIL = 10_000  # above, an amount reads better without them
NOTHING = "—"


def amount_words(
    unit: Unit, value: float | Decimal | None, currency: str | None, language: str, *, short: bool = False
) -> str:
    """A value by its unit; a dash where there is none. `short` drops the cents of large amounts."""
    if value is None:
        return NOTHING
    if unit is Unit.MONEY:
        return _money(Decimal(value), currency, language, short=short)
    if unit is Unit.SHARE:
        return percent_words(float(value), language, decimals=1)
    if unit is Unit.DAYS:
        return translate(N_("{days} days"), language, days=number_words(value, language, decimals=1))
    if unit is Unit.SECONDS:
        return duration_words(float(value), language)
    return number_words(value, language, decimals=2 if unit is Unit.RATIO else 0)


def _money(amount: Decimal, currency: str | None, language: str, *, short: bool) -> str:
    if currency is None:
        return number_words(amount, language, decimals=2)
    return money_words(amount, currency, language, cents=not short or abs(amount) < CENTS_UNTIL)


def duration_words(seconds: float, language: str) -> str:
    """A stretch of time: `4 min 32 s`, `6 h 20 min`."""
    whole = round(seconds)
    if abs(whole) < 60:
        return f"{whole} s"
    if abs(whole) < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{number_words(whole // 3600, language)} h {whole % 3600 // 60:02d} min"


def change_words(
    unit: Unit, value: float | Decimal | None, before: float | Decimal | None, language: str
) -> tuple[float, str] | None:
    """Which way and by how much a value differs from the one before; none where there is nothing to compare.

    Shares differ by points, everything else by its share of the value before.
    """
    if value is None or before is None:
        return None
    difference = float(value) - float(before)
    if unit is Unit.SHARE:
        points = _signed(number_words(100 * abs(difference), language, decimals=1), difference)
        return difference, translate(N_("{points} pp"), language, points=points)
    if not before:
        return None
    return difference, _signed(percent_words(abs(difference / float(before)), language, decimals=1), difference)


def _signed(words: str, difference: float) -> str:
    sign = "+" if difference > 0 else "\N{MINUS SIGN}" if difference < 0 else "±"
    return f"{sign}{words}"
