"""The mapping file: which header is which field, and how its dates, amounts and rows are to be read."""

import difflib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from models.imports import FileKind
from workbench.rules.intake.headers import FIELDS_OF, meaning
from workbench.rules.refusals import Refused


class DateOrder(StrEnum):
    """The order of day, month and year in the dates of a column."""

    DMY = "dd/mm/yyyy"
    MDY = "mm/dd/yyyy"
    YMD = "yyyy-mm-dd"


class DecimalMark(StrEnum):
    """What stands before the cents."""

    COMMA = "comma"
    POINT = "point"


def _order(value: Any) -> Any:
    """Return the order of `dd/mm/yyyy`, `%d/%m/%Y` or `dmy`."""
    if not isinstance(value, str):
        return value
    letters = "".join(dict.fromkeys(ch for ch in value.lower() if ch in "dmya"))
    orders = {
        "dmy": DateOrder.DMY,
        "dma": DateOrder.DMY,
        "mdy": DateOrder.MDY,
        "mda": DateOrder.MDY,
        "ymd": DateOrder.YMD,
        "amd": DateOrder.YMD,
    }
    if letters not in orders:
        raise ValueError(f"“{value}” is not a date format; write dd/mm/yyyy, mm/dd/yyyy or yyyy-mm-dd")
    return orders[letters]


def _mark(value: Any) -> Any:
    return {",": "comma", ".": "point"}.get(str(value), value)


Order = Annotated[DateOrder, BeforeValidator(_order)]
Mark = Annotated[DecimalMark, BeforeValidator(_mark)]


class WordRows(BaseModel):
    """Which rows something holds of when the file says so in words: a column, and the words that mean it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    values: tuple[str, ...]


class FileMapping(BaseModel):
    """How to read the files of one portfolio; everything left out is guessed from the file or asked.

    `business_date` reads the file as it stood that morning: what was paid on or after it is still open.
    With `columns` only those are read; without, the headers are guessed. A file that `covers` only part of the
    portfolio says nothing about the receivables it does not hold. Of a file of payments, `reversals` says which rows
    take a payment back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: FileKind = FileKind.DEBTS
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    sheet: str | None = None
    date_format: Order | dict[str, Order] | None = None
    swapped: dict[str, bool] = Field(default_factory=dict)
    decimal: Mark | dict[str, Mark] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    other_currency: Literal["refuse", "keep"] = "refuse"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    id_length: dict[str, Annotated[int, Field(ge=1, le=40)]] = Field(default_factory=dict)
    settled: WordRows | None = None
    reversals: WordRows | None = None
    only: Literal["all", "open", "settled"] = "all"
    covers: Literal["portfolio", "part"] = "portfolio"
    business_date: date | None = None

    @field_validator("columns", "constants", "swapped", "id_length")
    @classmethod
    def _known_fields(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        kind = info.data.get("kind", FileKind.DEBTS)
        fields = FIELDS_OF[kind]
        for name in value:
            if name not in fields:
                known = meaning(name, kind)
                near = [known] if known else difflib.get_close_matches(name, sorted(fields), 1)
                hint = f"; did you mean “{near[0]}”?" if near else f"; the fields are: {', '.join(sorted(fields))}"
                raise ValueError(f"“{name}” is not a field{hint}")
        return value

    def order_of(self, name: str) -> DateOrder | None:
        """Return the date order told for a field, if any."""
        return self.date_format.get(name) if isinstance(self.date_format, dict) else self.date_format

    def mark_of(self, name: str) -> DecimalMark | None:
        """Return the decimal mark told for a field, if any."""
        return self.decimal.get(name) if isinstance(self.decimal, dict) else self.decimal

    def answered(self, setting: str, answer: str) -> "FileMapping":
        """Return the mapping with one question answered (`setting` and `answer` as the question gave them)."""
        key, _, name = setting.partition(".")
        now = self.model_dump(exclude_unset=True)
        held = now.get(key)
        now[key] = (
            {**(held if isinstance(held, dict) else {}), name: {"yes": True, "no": False}.get(answer, answer)}
            if name
            else answer
        )
        return checked(now)


def load_mapping(text: str, name: str = "mapping.yaml", kind: FileKind = FileKind.DEBTS) -> FileMapping:
    """Return the mapping a YAML text holds for a kind of file; raises `Refused` naming the line or the key that is wrong."""
    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused("“{name}” is not a valid YAML file: see line {line}.", name=name, line=line) from None
    except yaml.YAMLError:
        raise Refused("“{name}” is not a valid YAML file: see line {line}.", name=name, line=1) from None
    if not isinstance(content, dict):
        raise Refused("“{name}” holds no settings: it should begin with “columns:”.", name=name)
    return checked(content if kind is FileKind.DEBTS else {"kind": kind} | content, name)


def checked(content: Mapping[str, Any], name: str = "mapping.yaml") -> FileMapping:
    """Return a mapping from its settings; raises `Refused` for the first that is wrong."""
    try:
        return FileMapping.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "dict[")))
        if first["type"] == "extra_forbidden":
            raise Refused(
                "“{name}” has a setting we do not know: “{where}”. The settings are: {known}.",
                name=name,
                where=where,
                known=", ".join(FileMapping.model_fields),
            ) from None
        what = first["msg"].removeprefix("Value error, ")
        raise Refused("“{name}”, setting “{where}”: {what}.", name=name, where=where, what=what) from None
