"""How a text leaves as an SMS: which alphabet carries it, and in how many parts.

GSM 03.38 (3GPP TS 23.038, section 6.2.1) carries 160 characters, or 153 in each of several parts; one character
outside of it turns the whole message into UCS-2, with 70 or 67. Spanish á, í, ó and ú are outside: `plain` writes
them without their accent where that keeps the message in GSM, as carriers in the region do, at less than half the price.
"""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # two places each: an escape goes before
SINGLE_GSM, PART_GSM = 160, 153
SINGLE_UCS2, PART_UCS2 = 70, 67
# what typing and pasting bring in, as GSM has it: quotes, dashes, dots, spaces, ordinals
_PLAIN = (
    dict.fromkeys(map(ord, "\u201c\u201d\u201e\u00ab\u00bb"), '"')
    | dict.fromkeys(map(ord, "\u2018\u2019\u00b4\u0060"), "'")
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\u2022\u00b7"), "-")
    | dict.fromkeys(map(ord, "\u00a0\u202f\u2009\t"), " ")
    | str.maketrans({"\u2026": "...", "º": "o", "ª": "a", "°": "o"})
)


@dataclass(frozen=True, slots=True)
class SmsCount:
    """The alphabet, places used in it (characters of GSM-7, code units of UCS-2), parts, and what forced UCS-2."""

    encoding: str  # GSM-7 or UCS-2
    units: int
    segments: int
    forced_by: tuple[str, ...] = ()

    @property
    def left(self) -> int:
        """Places left until one more part is paid; by the whole message, a split pair may need one more."""
        single, part = (SINGLE_GSM, PART_GSM) if self.encoding == "GSM-7" else (SINGLE_UCS2, PART_UCS2)
        return (single if self.segments <= 1 else self.segments * part) - self.units


def count(text: str) -> SmsCount:
    """Counts a text as it stands; an empty one has no part."""
    foreign = foreign_to_gsm(text)
    units = _ucs2_units(text) if foreign else _gsm_units(text)
    single, part = (SINGLE_UCS2, PART_UCS2) if foreign else (SINGLE_GSM, PART_GSM)
    total = sum(units)
    segments = min(total, 1) if total <= single else _parts(units, part)
    return SmsCount("UCS-2" if foreign else "GSM-7", total, segments, foreign)


def foreign_to_gsm(text: str) -> tuple[str, ...]:
    """The characters that force UCS-2, each once, in order."""
    return tuple(dict.fromkeys(each for each in text if each not in BASIC and each not in EXTENSION))


def plain(text: str) -> str:
    """The text as it leaves: in GSM-7 without the accents GSM lacks if that is enough, else untouched in UCS-2."""
    text = unicodedata.normalize("NFC", text)
    if not foreign_to_gsm(text):
        return text
    simple = "".join(_without_accent(each) for each in text.translate(_PLAIN))
    return text if foreign_to_gsm(simple) else simple


def _without_accent(letter: str) -> str:
    if letter in BASIC:
        return letter
    bare = "".join(each for each in unicodedata.normalize("NFD", letter) if not unicodedata.combining(each))
    return bare or letter


def _gsm_units(text: str) -> list[int]:
    return [2 if each in EXTENSION else 1 for each in text]


def _ucs2_units(text: str) -> list[int]:
    return [2 if ord(each) > 0xFFFF else 1 for each in text]


def _parts(units: list[int], room: int) -> int:
    """Parts of `room` places; what takes two places (an escape, a surrogate pair) is never torn apart."""
    parts, used = 1, 0
    for each in units:
        if used + each > room:
            parts, used = parts + 1, 0
        used += each
    return parts
