"""A figure of the catalogue as the reader writes it: by its unit, with what changed, with its formula in full."""

from decimal import Decimal

from models import Period
from workbench.rules.kpis import Unit
from workbench.rules.words import N_
from workbench.ui.i18n import _, money, number, percent, whole_money

PERIODS = {
    Period.DAY: N_("day"),
    Period.WEEK: N_("week"),
    Period.MONTH: N_("month"),
    Period.QUARTER: N_("quarter"),
}
CENTS_UNTIL = 10_000  # above, an amount reads better without them
NOTHING = "—"


def amount_words(unit: Unit, value: float | Decimal | None, currency: str | None, *, short: bool = False) -> str:
    """A value by its unit; a dash where there is none. `short` drops the cents of large amounts."""
    if value is None:
        return NOTHING
    if unit is Unit.MONEY:
        return _money(Decimal(value), currency, short=short)
    if unit is Unit.SHARE:
        return percent(float(value), decimals=1)
    if unit is Unit.DAYS:
        return _("{days} days", days=number(value, decimals=1))
    if unit is Unit.SECONDS:
        return duration(float(value))
    return number(value, decimals=2 if unit is Unit.RATIO else 0)


def _money(amount: Decimal, currency: str | None, *, short: bool) -> str:
    if currency is None:
        return number(amount, decimals=2)
    return whole_money(amount, currency) if short and abs(amount) >= CENTS_UNTIL else money(amount, currency)


def duration(seconds: float) -> str:
    """A stretch of time: `4 min 32 s`, `6 h 20 min`."""
    whole = round(seconds)
    if abs(whole) < 60:
        return f"{whole} s"
    if abs(whole) < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{number(whole // 3600)} h {whole % 3600 // 60:02d} min"


def change(unit: Unit, value: float | Decimal | None, before: float | Decimal | None) -> tuple[float, str] | None:
    """Which way and by how much a value differs from the one before; none where there is nothing to compare.

    Shares differ by points, everything else by its share of the value before.
    """
    if value is None or before is None:
        return None
    difference = float(value) - float(before)
    if unit is Unit.SHARE:
        return difference, _("{points} pp", points=_signed(number(100 * abs(difference), decimals=1), difference))
    if not before:
        return None
    return difference, _signed(percent(abs(difference / float(before)), decimals=1), difference)


def _signed(words: str, difference: float) -> str:
    sign = "+" if difference > 0 else "\N{MINUS SIGN}" if difference < 0 else "±"
    return f"{sign}{words}"
