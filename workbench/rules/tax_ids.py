"""Tax and identity numbers by country: one spelling, and whether the check digits agree (a warning, never a refusal)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from stdnum.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class TaxId:
    """A number in its stored spelling; `valid` is None when its kind carries nothing to check."""

    value: str
    kind: str = ""
    valid: bool | None = None
    padded: bool = False


# country -> (kind, python-stdnum module), the commonest first
_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "AR": (("CUIT", "stdnum.ar.cuit"), ("DNI", "stdnum.ar.dni")),
    "BR": (("CPF", "stdnum.br.cpf"), ("CNPJ", "stdnum.br.cnpj")),
    "CL": (("RUT", "stdnum.cl.rut"),),
    "CO": (("NIT", "stdnum.co.nit"),),
    "CR": (("CPF", "stdnum.cr.cpf"), ("CPJ", "stdnum.cr.cpj"), ("DIMEX", "stdnum.cr.cr")),
    "DO": (("Cédula", "stdnum.do.cedula"), ("RNC", "stdnum.do.rnc")),
    "EC": (("Cédula", "stdnum.ec.ci"), ("RUC", "stdnum.ec.ruc")),
    "ES": (("NIF", "stdnum.es.nif"),),
    "GT": (("NIT", "stdnum.gt.nit"),),
    "MX": (("RFC", "stdnum.mx.rfc"), ("CURP", "stdnum.mx.curp")),
    "PE": (("RUC", "stdnum.pe.ruc"), ("DNI", "stdnum.pe.cui")),
    "PY": (("RUC", "stdnum.py.ruc"),),
    "SV": (("NIT", "stdnum.sv.nit"),),
    "US": (("SSN", "stdnum.us.ssn"), ("EIN", "stdnum.us.ein"), ("ITIN", "stdnum.us.itin")),
    "UY": (("RUT", "stdnum.uy.rut"),),
    "VE": (("RIF", "stdnum.ve.rif"),),
}
# Only kinds of one fixed length whose first digit may be 0, so that a spreadsheet can have eaten it.
_FIXED_LENGTHS: dict[str, tuple[int, ...]] = {
    "BR": (11, 14),
    "DO": (11, 9),
    "EC": (10, 13),
    "PE": (8,),
    "SV": (14,),
    "US": (9,),
}
_FLOAT = re.compile(r"^(\d+)[.,]0+$")
_EXPONENT = re.compile(r"^\d(?:[.,]\d+)?e\+?\d{1,2}$", re.IGNORECASE)


def clean_id(cell: str | None, *, length: int | None = None) -> str | None:
    """Return an id as a key: trimmed, inner spaces single, `1928826755.0` without its tail; `length` restores lost zeros.

    A number shortened to `1.92E+09` has lost digits and gives None.
    """
    text = " ".join((cell or "").split())
    text = _FLOAT.sub(r"\1", text)
    if not text or _EXPONENT.match(text):
        return None
    return text.zfill(length) if length and text.isdigit() and len(text) < length else text


@lru_cache(maxsize=65_536)
def read_tax_id(cell: str | None, country: str) -> TaxId | None:
    """Return a tax id in one spelling with its kind and check; empty gives None, an unknown country checks nothing."""
    text = clean_id(cell)
    if text is None:
        return None
    value = re.sub(r"[\s.\-/]", "", text).upper()
    if not value:
        return None
    country = country.upper()
    kind = _kind(value, country)
    if kind:
        return TaxId(value, kind, valid=True)
    padded = _padded(value, country)
    if padded:
        return padded
    if country not in _KINDS or _without_check_digit(value, text, country):
        return TaxId(value)
    return TaxId(value, valid=False)


def _kind(value: str, country: str) -> str:
    for name, module in _KINDS.get(country, ()):
        try:
            _checker(module).validate(value)
        except ValidationError:
            continue
        return name
    return ""


def _padded(value: str, country: str) -> TaxId | None:
    """Return the id with its lost leading zeros, when one fixed length of the country then checks out."""
    if not value.isdigit():
        return None
    for length in _FIXED_LENGTHS.get(country, ()):
        whole = value.zfill(length)
        kind = _kind(whole, country) if 0 < length - len(value) <= 2 else ""
        if kind:
            return TaxId(whole, kind, valid=True, padded=True)
    return None


def _without_check_digit(value: str, text: str, country: str) -> bool:
    """Colombian cédulas, and NITs written without their check digit, have nothing to check."""
    return country == "CO" and value.isdigit() and "-" not in text and 5 <= len(value) <= 10


@lru_cache(maxsize=32)
def _checker(module: str) -> ModuleType:
    return import_module(module)
