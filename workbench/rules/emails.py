"""What an e-mail cell of a creditor's file says."""

import re
from dataclasses import dataclass
from enum import StrEnum


class EmailNote(StrEnum):
    """Why an address cannot be used, or should be looked at."""

    NONE = ""
    FILLER = "filler"
    NOT_AN_EMAIL = "not_an_email"
    LIKELY_TYPO = "likely_typo"


@dataclass(frozen=True, slots=True)
class Email:
    """One address found in a cell; `address` is set only when it may be written to."""

    raw: str
    address: str | None = None
    valid: bool = False
    note: EmailNote = EmailNote.NONE


_SPLIT = re.compile(r"[\s;,/|<>]+")
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+=?^_`{}~-]+(?:\.[a-z0-9!#$%&'*+=?^_`{}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_FILLER = re.compile(
    r"^(?:no|na|sin|nada|none|no-?tiene|no-?posee|sin-?correo|sin-?email|no-?email|notiene|nocorreo|correo|email|x+|a+)@|@(?:no-?tiene|example|ejemplo|correo|email|x+)\."
)
_TYPOS = frozenset(
    {
        "gmial.com",
        "gmal.com",
        "gamil.com",
        "gmail.con",
        "gmail.co",
        "gnail.com",
        "hotmial.com",
        "hotmal.com",
        "hotmail.con",
        "hotmil.com",
        "yaho.com",
        "yahoo.con",
        "outlok.com",
    }
)


def read_emails(cell: str | None) -> list[Email]:
    """Return the addresses of one cell in the order written; a cell without an @ in it gives none."""
    parts = [part.strip(".:()[]\"'") for part in _SPLIT.split((cell or "").removeprefix("mailto:"))]
    found = {part.lower(): _read_one(part) for part in parts if "@" in part}
    return list(found.values())


def _read_one(raw: str) -> Email:
    address = raw.lower()
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        return Email(raw, note=EmailNote.NOT_AN_EMAIL)
    if _FILLER.search(address):
        return Email(raw, note=EmailNote.FILLER)
    if address.partition("@")[2] in _TYPOS:
        return Email(raw, note=EmailNote.LIKELY_TYPO)
    return Email(raw, address, valid=True)
