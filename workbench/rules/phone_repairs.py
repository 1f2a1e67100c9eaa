"""National dialling prefixes that files still carry, taken off before a number is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Repaired:
    """A number in national digits after its repairs, with what the old prefix told about its kind."""

    digits: str
    kind: str = "unknown"
    changed: bool = False
    needs_area_code: bool = False


def repair(digits: str, country: str) -> Repaired:
    """Return national digits without trunk, carrier or country prefix; the digits themselves when nothing fits.

    Source: the national numbering plans (MX 2019, CO 2021, CL 2016, BR 2016).
    """
    start = Repaired(digits)
    if digits.startswith("00"):
        start = Repaired(digits[2:], changed=True)
    plan = _PLANS.get(country)
    return plan(start) if plan else start


def _mexico(number: Repaired) -> Repaired:  # noqa: PLR0911 - one return per old prefix
    d = number.digits
    if len(d) == 13 and d.startswith(("044", "045")):
        return Repaired(d[3:], "mobile", changed=True)
    if len(d) == 13 and d.startswith("521"):
        return Repaired(d[3:], "mobile", changed=True)
    if len(d) == 12 and d.startswith("52"):
        return replace(number, digits=d[2:])
    if len(d) == 14 and d.startswith("5201"):
        return Repaired(d[4:], changed=True)
    if len(d) == 15 and d.startswith(("52044", "52045")):
        return Repaired(d[5:], "mobile", changed=True)
    if len(d) == 12 and d.startswith("01"):
        return Repaired(d[2:], changed=True)
    if len(d) == 11 and d.startswith("1"):  # "1 55…": the mobile 1 without its country code
        return Repaired(d[1:], "mobile", changed=True)
    return replace(number, needs_area_code=len(d) in (7, 8))


def _colombia(number: Repaired) -> Repaired:
    d = number.digits
    if len(d) > 10 and d.startswith("57"):
        number = replace(number, digits=d[2:])
        d = number.digits
    if len(d) == 12 and d.startswith("03"):  # a mobile called from a landline, until 2021
        return Repaired(d[2:], "mobile", changed=True)
    if len(d) == 8 and d[0] in "1245678":  # one-digit area code, replaced by 60X in 2021
        return Repaired("60" + d, "landline", changed=True)
    if len(d) == 7:
        return replace(number, kind="landline", needs_area_code=True)
    return number


def _chile(number: Repaired) -> Repaired:
    d = number.digits
    if len(d) > 9 and d.startswith("56"):
        number = replace(number, digits=d[2:])
        d = number.digits
    if len(d) == 10 and d.startswith("0"):
        return Repaired(d[1:], "mobile" if d[1] == "9" else "unknown", changed=True)
    if len(d) == 9 and d.startswith("9"):
        return replace(number, kind="mobile")
    if len(d) == 9 and d.startswith("09"):  # mobiles of seven digits, before 2012
        return Repaired(d, "mobile", needs_area_code=True)
    if len(d) == 8 and d[0] in "56789":  # mobiles of eight digits, before 2016
        return Repaired("9" + d, "mobile", changed=True)
    return replace(number, needs_area_code=len(d) in (6, 7, 8))


def _brazil(number: Repaired) -> Repaired:
    d = number.digits
    if len(d) in (12, 13) and d.startswith("55"):
        number = replace(number, digits=d[2:])
        d = number.digits
    if len(d) in (11, 12) and d.startswith("0"):
        number = Repaired(d[1:], changed=True)
        d = number.digits
    if len(d) == 10 and d[2] in "6789":  # mobiles gained a leading 9 by 2016
        return Repaired(d[:2] + "9" + d[2:], "mobile", changed=True)
    if len(d) in (8, 9):
        return replace(number, kind="mobile" if d[0] in "6789" else "landline", needs_area_code=True)
    return number


def _peru(number: Repaired) -> Repaired:
    d = number.digits
    if len(d) in (10, 11) and d.startswith("51"):
        number = replace(number, digits=d[2:])
        d = number.digits
    if len(d) in (9, 10) and d.startswith("0"):
        return Repaired(d[1:], changed=True)
    return replace(number, needs_area_code=len(d) in (6, 7))


_PLANS: dict[str, Callable[[Repaired], Repaired]] = {
    "MX": _mexico,
    "CO": _colombia,
    "CL": _chile,
    "BR": _brazil,
    "PE": _peru,
}
