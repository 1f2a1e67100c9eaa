"""An account statement in words: the same heads, lines and sums on the page, in the CSV and in the PDF."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from workbench.queries.statements import AccountStatement
from workbench.rules import placeholders
from workbench.rules.payments import CENT
from workbench.rules.placeholders import Place, locale_of
from workbench.rules.spreadsheets import csv_bytes
from workbench.rules.statements import WORDS, Line, Movement
from workbench.rules.words import N_, translate

COLUMNS = (
    N_("Date"), N_("Movement"), N_("Reference"), N_("Account"), N_("Charge"), N_("Credit"), N_("Balance"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Teller:
    """Says a statement in one language, with amounts as the portfolio's country writes them."""

    said: AccountStatement
    language: str

    def __call__(self, msgid: str, /, **values: Any) -> str:
        return translate(msgid, self.language, **values)

    @property
    def place(self) -> Place:
        """How numbers and dates are written."""
        country = self.said.country
        return Place(self.language, locale_of(self.language, country), self.said.currency)

    def money(self, amount: Decimal) -> str:
        """An amount with its currency."""
        return placeholders.money(amount, self.place)

    def day(self, on: date) -> str:
        """A date with its month in letters."""
        return placeholders.day(on, self.place, "medium")

    def heads(self) -> tuple[tuple[str, str], ...]:
        """Whose statement it is."""
        said = self.said
        heads = [
            (self(N_("Debtor")), said.debtor),
            (self(N_("Debtor's reference")), said.reference),
            (self(N_("Tax id")), said.tax_id or ""),
            (
                self(N_("Creditor")),
                said.creditor if said.creditor == said.portfolio else f"{said.creditor} · {said.portfolio}",
            ),
            (
                self(N_("Period")),
                self(N_("{first} to {last}"), first=self.day(said.sums.from_on), last=self.day(said.sums.to_on)),
            ),
        ]
        return tuple((label, value) for label, value in heads if value)

    def what(self, movement: Movement) -> str:
        """A movement's name."""
        return self(WORDS[movement])

    def sums(self) -> tuple[tuple[str, Decimal], ...]:
        """The balance on the last day and, where it is not the same, how it leads to what is owed now."""
        sums = self.said.sums
        lines = [(self(N_("Balance on {date}"), date=self.day(sums.to_on)), sums.closing)]
        if sums.later:
            lines.append((self(N_("Dated later (not in the lines above)")), sums.later))
        if sums.later or sums.credit:
            lines.append((self(N_("Owed in all, instalments not yet due included")), sums.owed))
        if sums.credit:
            lines.append((self(N_("Credit in the debtor's favour")), -sums.credit))
        return tuple(lines)

    def made(self, at: datetime) -> str:
        """When it was made, by the portfolio's clock."""
        local = at.astimezone(ZoneInfo(self.said.time_zone))
        return self(N_("Made on {date} at {time}"), date=self.day(local.date()), time=f"{local:%H:%M}")


def statement_csv(said: AccountStatement, language: str) -> bytes:
    """The statement for a spreadsheet: plain figures with a point, dates as ISO 8601, the balance after each line."""
    tell = Teller(said, language)
    sums = said.sums
    opening = [sums.from_on.isoformat(), tell(N_("Opening balance")), "", "", "", "", sums.opening]
    closing = [sums.to_on.isoformat(), tell(N_("Closing balance")), "", "", sums.charged, sums.credited, sums.closing]
    header = [*(tell(each) for each in COLUMNS), tell(N_("Currency"))]
    rows = [opening, *(_cells(line, tell.what) for line in sums.lines), closing]
    return csv_bytes(header, [[*(_plain(cell) for cell in row), said.currency] for row in rows])


def _cells(line: Line, what: Callable[[Movement], str]) -> list[Any]:
    moved = (line.charge or "", line.credit or "")
    return [line.on.isoformat(), what(line.what), line.reference, line.account, *moved, line.balance]


def _plain(cell: Any) -> Any:
    return cell.quantize(CENT) if isinstance(cell, Decimal) else cell
