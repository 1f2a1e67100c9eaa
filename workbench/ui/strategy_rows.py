"""A ladder's steps as the rows of an editable table, and back as a strategy has them."""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from workbench.rules.names import fold

# the columns of the table, with the type its editor needs
COLUMNS = {
    "offset": "Int64",
    "name": "string",
    "kind": "string",
    "channels": "object",
    "order": "string",
    "template": "string",
    "at": "object",
    "min_amount": "Float64",
    "max_amount": "Float64",
    "min_gap_days": "Int64",
    "max_attempts": "Int64",
    "valid_days": "Int64",
    "expires_days": "Int64",
    "code": "string",
}
_WHOLE = tuple(name for name, kind in COLUMNS.items() if kind == "Int64")
_AMOUNTS = ("min_amount", "max_amount")
_WORDS = ("name", "kind", "order", "template", "code")


def table_of(steps: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The steps, one a row; what a step leaves out is empty."""
    rows = [_row(step) for step in steps]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(COLUMNS)


def steps_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as steps, without what is empty; a row in which nothing was typed is none."""
    steps: list[dict[str, Any]] = []
    for row in table.to_dict("records"):
        step = _step({str(name): value for name, value in row.items()})
        if step:
            step.setdefault("code", _code(str(step.get("name", "")), {each.get("code") for each in steps}))
            steps.append(step)
    return steps


def _row(step: Mapping[str, Any]) -> dict[str, Any]:
    conditions = step.get("conditions") or {}
    row: dict[str, Any] = {name: step.get(name) for name in COLUMNS if name not in _AMOUNTS}
    row |= {name: float(conditions[name]) if conditions.get(name) is not None else None for name in _AMOUNTS}
    row["channels"] = list(step.get("channels") or [])
    row["kind"], row["order"] = step.get("kind", "message"), step.get("order", "listed")
    row["at"] = time.fromisoformat(step["at"]) if step.get("at") else None
    return row


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = {name: str(row[name]).strip() for name in _WORDS if _given(row.get(name))}
    step |= {name: int(row[name]) for name in _WHOLE if _given(row.get(name))}
    if _given(row.get("at")):
        step["at"] = f"{row['at']:%H:%M:%S}" if isinstance(row["at"], time) else str(row["at"])
    channels = row.get("channels")
    if channels is not None and not isinstance(channels, float) and len(channels):
        step["channels"] = [str(each) for each in channels]
    conditions = {name: _amount(row[name]) for name in _AMOUNTS if _given(row.get(name))}
    if conditions:
        step["conditions"] = conditions
    return step if step.keys() - {"kind", "order"} else {}


def _amount(value: Any) -> str:
    try:
        return f"{Decimal(str(value)).quantize(Decimal('0.01'))}"
    except InvalidOperation:
        return str(value)


def _given(value: Any) -> bool:
    return value is not None and not (not isinstance(value, list | tuple) and pd.isna(value)) and value != ""


def _code(name: str, taken: set[Any]) -> str:
    """A code made of a step's name: `primer_aviso`, and `primer_aviso_2` where that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")[:36]
    code = plain if plain[:1].isalpha() else f"step_{plain}".rstrip("_")
    number = 2
    while (numbered := code if number == 2 else f"{code}_{number - 1}") in taken:
        number += 1
    return numbered
