"""A figure of the catalogue as the reader writes it: by its unit, with what changed, with its formula in full."""

from decimal import Decimal

from workbench.rules.figure_words import NOTHING, PERIODS, change_words, duration_words
from workbench.rules.figure_words import amount_words as words
from workbench.rules.kpis import Kpi, Unit
from workbench.rules.words import N_
from workbench.ui.i18n import _, language

__all__ = ["NOTHING", "PERIODS", "amount_words", "change", "duration", "unit_words"]


def amount_words(unit: Unit, value: float | Decimal | None, currency: str | None, *, short: bool = False) -> str:
    """A value by its unit; a dash where there is none. `short` drops the cents of large amounts."""
    return words(unit, value, currency, language(), short=short)


# of values as they are: a share is 0 to 1
UNITS = {
    Unit.COUNT: N_("number"),
    Unit.SHARE: N_("fraction"),
    Unit.DAYS: N_("days"),
    Unit.SECONDS: N_("seconds"),
    Unit.RATIO: N_("times"),
}


def unit_words(of: Kpi, currency: str | None) -> str:
    """The unit of a figure's plain values."""
    return currency or "" if of.unit is Unit.MONEY else _(UNITS[of.unit])


def duration(seconds: float) -> str:
    """A stretch of time: `4 min 32 s`, `6 h 20 min`."""
    return duration_words(seconds, language())


def change(unit: Unit, value: float | Decimal | None, before: float | Decimal | None) -> tuple[float, str] | None:
    """Which way and by how much a value differs from the one before; none where there is nothing to compare."""
    return change_words(unit, value, before, language())
