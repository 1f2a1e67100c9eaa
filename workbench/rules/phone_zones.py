"""Where a phone number may be: one time zone as a hint, or none.

The library's zones (phonenumbers 9.0) are wrong for some areas; those are set right here, by the state that its own
geographic descriptions name for the area and by the zones of the IANA database.
"""

from functools import lru_cache

import phonenumbers
from phonenumbers import timezone

from workbench.rules.zones import canonical

# Digits after the plus to the zone; none = the area has several, or numbers of that kind are not of any place.
_CORRECTED: dict[str, str | None] = {
    "505": "America/Managua",  # the library: America/Chicago, which keeps daylight saving time
    # Brazil: Pernambuco's mainland is not Noronha, which answers to 81 3619; Pará keeps Brasília's hour.
    "5581": "America/Recife",
    "5581361": None,
    "5591": "America/Belem",
    "5593": "America/Santarem",
    "5594": "America/Belem",
    "5567": "America/Campo_Grande",
    # Chile: the south keeps summer time all year; a mobile may be anywhere, in four zones.
    "5661": "America/Punta_Arenas",
    "5667": "America/Coyhaique",
    "569": None,
    # Ecuador and Spain: mobiles may be on islands of another hour.
    "5939": None,
    "34827": "Europe/Madrid",  # Cáceres; the library: the Canaries
    "346": None,
    "347": None,
    # Mexico: Chihuahua left the Pacific's hour in 2022; along the border an area may be of either hour.
    **dict.fromkeys(
        ["52614", "52621", "52625", "52627", "52628", "52629", "52635", "52639", "52648", "52649", "52652", "52659"],
        "America/Chihuahua",
    ),
    **dict.fromkeys(["52636", "52657", "52663", "52862", "52868", "52891", "52897"], None),
    # United States: areas of all Idaho, which has two zones.
    "1208": None,
    "1986": None,
}
_LONGEST = max(map(len, _CORRECTED))
DIGITS = 7  # of a number, country code included, that decide its zone


@lru_cache(maxsize=65_536)
def zone_of_prefix(digits: str, country_code: int) -> str | None:
    """The one zone of the numbers that begin with these digits (country code first); several zones give None."""
    for length in range(_LONGEST, 2, -1):
        if digits[:length] in _CORRECTED:
            return _CORRECTED[digits[:length]]
    national = digits.removeprefix(str(country_code)).ljust(8, "0")
    number = phonenumbers.PhoneNumber(country_code=country_code, national_number=int(national or 0))
    return _only(timezone.time_zones_for_geographical_number(number))


def zone_of_number(number: phonenumbers.PhoneNumber) -> str | None:
    """The one zone of a parsed number of any country and kind."""
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    if any(digits.startswith(prefix) for prefix in _CORRECTED):
        return zone_of_prefix(digits[:DIGITS], number.country_code or 0)
    return _only(timezone.time_zones_for_number(number))


def _only(zones: tuple[str, ...]) -> str | None:
    return canonical(zones[0]) if len(zones) == 1 and not zones[0].startswith("Etc/") else None
