"""A column of money texts -> exact cents; comma or point is decided for the whole column."""

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.rules.intake.files import NUMBER
from workbench.rules.intake.findings import Question
from workbench.rules.intake.mappings import DecimalMark
from workbench.rules.words import N_

MONEY = pd.ArrowDtype(pa.decimal128(18, 2))
Cents = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """Cents (0 where empty or bad), which cells are empty, which are no amounts, the sign's currency, and a question."""

    cents: Cents
    empty: Mask
    bad: Mask
    currency: pd.Series
    questions: list[Question] = field(default_factory=list)


_DASHES = "\\-\u2212\u2013"  # hyphen, minus sign, dash
_SIGNS = {
    "US$": "USD",
    "U$S": "USD",
    "USD": "USD",
    "€": "EUR",
    "EUR": "EUR",
    "R$": "BRL",
    "BRL": "BRL",
    "S/": "PEN",
    "PEN": "PEN",
    "MXN": "MXN",
    "COP": "COP",
    "CLP": "CLP",
    "ARS": "ARS",
    "UYU": "UYU",
    "GTQ": "GTQ",
    "UF": "CLF",
    "₡": "CRC",
}
_SIGN = r"(US\$|U\$S|USD|€|EUR|R\$|BRL|S/|PEN|MXN|COP|CLP|ARS|UYU|GTQ|UF|₡)"
_DROPPED = r"(?i)US\$|U\$S|USD|€|EUR|R\$|BRL|S/\.?|PEN|MXN|COP|CLP|ARS|UYU|GTQ|UF|₡|M\.N\.|MN|\$|[ ]"
_APOSTROPHE = "['\u2019]"  # the millions of 1'234,567.50
_POINT_COUNTRIES = frozenset({"MX", "US", "PE", "GT", "SV", "HN", "NI", "PA", "DO", "PR"})
_SURE = 20  # so many distinct amounts with exactly three digits after the mark: it marks thousands, money has no third decimal


def read_amounts(
    texts: pd.Series,
    kinds: npt.NDArray[np.int8],
    *,
    name: str,
    header: str,
    country: str,
    mark: DecimalMark | None = None,
) -> AmountColumn:
    """Return the cents of a column of texts; `kinds` marks numbers of the workbook, which need no decision.

    Negative = minus before or after, or parentheses. `mark` is a person's answer; without it the column decides or asks.
    """
    empty = texts.isna().to_numpy(dtype=bool)
    if empty.all():
        nothing = pd.Series(pd.NA, index=texts.index, dtype="object")
        return AmountColumn(np.zeros(len(texts), dtype=np.int64), empty, ~empty, nothing)
    text = texts.fillna("").astype("str")
    negative = (
        text.str.contains(rf"^[^0-9]*[{_DASHES}]|[{_DASHES}]$", regex=True)
        | text.str.contains(r"^[^0-9]*\(.*\)[^0-9]*$", regex=True)
    ).to_numpy(dtype=bool)
    currency = _currency(text)
    core = text.str.replace(_DROPPED, "", regex=True).str.replace(rf"^[+({_DASHES}]+|[){_DASHES}]+$", "", regex=True)
    core = _without_exponents(core)
    number = kinds == NUMBER
    chosen, questions = _decide(core[~number & ~empty], mark, name, header, country)
    plain = _plain(core, chosen).where(~number, core)
    cents, readable = _cents(plain)
    bad = ~empty & ~readable
    cents[empty | bad] = 0
    return AmountColumn(np.where(negative, -cents, cents), empty, bad, currency, questions)


def decimals(cents: Cents, missing: Mask | None = None) -> pd.Series:
    """Return cents as an exact decimal(18, 2) column, ready for COPY."""
    words = np.ascontiguousarray(np.column_stack([cents, cents >> 63]))
    valid = None if missing is None else pa.array(~missing).buffers()[1]
    array = pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [valid, pa.py_buffer(words.tobytes())])
    return pd.Series(array, dtype=MONEY)


def _currency(text: pd.Series) -> pd.Series:
    """Return the currency each cell names by itself; a bare $ says nothing."""
    named = text.str.upper().str.extract(_SIGN, expand=False)
    return named.map(_SIGNS) if named.notna().any() else pd.Series(pd.NA, index=text.index, dtype="object")


def _without_exponents(core: pd.Series) -> pd.Series:
    found = core.str.fullmatch(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]{1,2}")
    if not found.any():
        return core
    return core.where(~found, core[found].map(lambda t: format(Decimal(t.replace(",", ".")), "f")).reindex(core.index))


def _decide(
    core: pd.Series, told: DecimalMark | None, name: str, header: str, country: str
) -> tuple[DecimalMark, list[Question]]:
    """Return the decimal mark as told, or the only one the column allows, or ask with the country's habit suggested."""
    habit = DecimalMark.POINT if country in _POINT_COUNTRIES else DecimalMark.COMMA
    if told:
        return told, []
    core = core.str.replace(_APOSTROPHE, "", regex=True)
    marked = core[core.str.contains(r"[.,]", regex=True)]
    if marked.empty:
        return habit, []
    point, comma = _evidence(marked, ".", ","), _evidence(marked, ",", ".")
    if point != comma:
        return (DecimalMark.POINT if point else DecimalMark.COMMA), []
    three = marked.drop_duplicates()
    if not point and len(three) >= _SURE and three.str.contains(",", regex=False).all():
        return DecimalMark.POINT, []
    if not point and len(three) >= _SURE and three.str.contains(".", regex=False).all():
        return DecimalMark.COMMA, []
    because = N_(
        "In the column “{column}” it is not clear whether the comma or the point marks the cents (for example {example}). Which one is it?"
    )
    example = str(marked.iloc[0])
    answers = {mark.value: _shown(example, mark) for mark in DecimalMark}
    return habit, [
        Question(
            f"decimal.{name}", header, because, {"column": header, "example": example}, answers, suggested=habit.value
        )
    ]


def _evidence(marked: pd.Series, mark: str, other: str) -> bool:
    """Return whether some amount can only be read with `mark` before the cents."""
    m, o = "\\" + mark, "\\" + other
    last = rf"{o}.*{m}[0-9]*$"  # 1.234,50
    thousands = rf"^[0-9]{{1,3}}(?:{o}[0-9]{{3}}){{2,}}$"  # 1.234.567
    cents = (
        rf"^[0-9]*{m}(?:[0-9]{{0,2}}|[0-9]{{4,}})$|^(?:0|[0-9]{{4,}}){m}[0-9]+$|^{m}[0-9]+$"  # 12,5 · 1234,567 · 0,125
    )
    return bool(marked.str.contains(f"{last}|{thousands}|{cents}", regex=True).any())


def _plain(core: pd.Series, mark: DecimalMark) -> pd.Series:
    """Return texts like 1234.5; a text whose thousands are not grouped by three becomes unreadable."""
    point, group = (".", ",") if mark is DecimalMark.POINT else (",", ".")
    core = core.str.replace(_APOSTROPHE, group, regex=True)
    grouped = core.str.fullmatch(rf"[0-9]*\{point}?[0-9]*|[0-9]{{1,3}}(?:\{group}[0-9]{{3}})+(?:\{point}[0-9]*)?")
    return core.str.replace(group, "", regex=False).str.replace(point, ".", regex=False).where(grouped, "?")


def _cents(plain: pd.Series) -> tuple[Cents, Mask]:
    readable = plain.str.fullmatch(r"[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+").to_numpy(dtype=bool)
    parts = plain.where(readable, "0").str.partition(".")
    whole = parts[0].where(parts[0] != "", "0").astype("int64").to_numpy()
    thousandths = (parts[2] + "000").str.slice(0, 3).astype("int64").to_numpy()
    return whole * 100 + (thousandths + 5) // 10, readable


def _shown(text: str, mark: DecimalMark) -> str:
    cents, readable = _cents(_plain(pd.Series([text], dtype="str"), mark))
    return f"{cents[0] // 100}.{cents[0] % 100:02}" if readable[0] else "?"
