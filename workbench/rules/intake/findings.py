"""What reading a file has to tell a person: refused rows, warnings, and questions only a person can answer."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """One row left out: `row_number` as the spreadsheet shows it, the column's own header, the cell, and why (a msgid)."""

    row_number: int
    column: str
    value: str
    because: str
    values: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.because.format(**self.values)


@dataclass(frozen=True, slots=True)
class Warned:
    """Something noticed that stops nothing (a msgid and its values)."""

    because: str
    values: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.because.format(**self.values)


@dataclass(frozen=True, slots=True)
class Question:
    """A reading that only a person can choose: `answers` maps each choice to what it would mean for the file.

    `setting` is the dotted key of the mapping that answers it (`date_format.due_on`).
    """

    setting: str
    column: str
    because: str
    values: dict[str, object] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    suggested: str | None = None

    def __str__(self) -> str:
        return self.because.format(**self.values)
