"""Identity numbers with right check digits: RFC in Mexico, NIT in Colombia, RUT in Chile, RUC in Peru."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum.cl import rut
from stdnum.co import nit
from stdnum.mx import rfc
from stdnum.pe import ruc

from workbench.rules.names import fold


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose number it is; `serial` (below 9,000,000) makes it the only one of its country."""

    given: str
    first: str
    second: str
    firm: bool
    serial: int


def identity_number(country: str, holder: Holder) -> str:
    """The number that a debtor of this country would show, without separators."""
    return _MAKERS[country](holder)


def _mexican(who: Holder) -> str:
    first, second, given = (fold(word).replace(" ", "").upper() or "X" for word in (who.first, who.second, who.given))
    start = _surname_letters(first) + second[0] + given[0]
    born = date(1955, 1, 1) + timedelta(days=who.serial % 17_000)
    tail = f"{born:%y%m%d}{who.serial // 17_000 % 90 + 10}"
    # initials that spell a rude word end in X instead, and only the whole number tells
    for head in (start[:3], start[:2] + "X") if who.firm else (start, start[:3] + "X"):
        number = head + tail + str(rfc.calc_check_digit(head + tail))
        if rfc.is_valid(number):
            break
    return number


def _surname_letters(word: str) -> str:
    """The first letter of a surname and its first inner vowel, X when there is none."""
    return word[0] + next((letter for letter in word[1:] if letter in "AEIOU"), "X")


def _colombian(who: Holder) -> str:
    number = f"{(901_000_000 if who.firm else 1_010_000_000) + who.serial}"
    return number + str(nit.calc_check_digit(number))


def _chilean(who: Holder) -> str:
    number = f"{(70_000_000 if who.firm else 9_000_000) + who.serial}"
    return number + str(rut.calc_check_digit(number))


def _peruvian(who: Holder) -> str:
    number = f"20{60_000_000 + who.serial}" if who.firm else f"10{40_000_000 + who.serial}"
    return number + str(ruc.calc_check_digit(number))


_MAKERS: dict[str, Callable[[Holder], str]] = {
    "MX": _mexican,
    "CO": _colombian,
    "CL": _chilean,
    "PE": _peruvian,
}
