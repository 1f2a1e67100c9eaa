"""A creditor's file -> canonical rows: what came in, what was refused and why, what was noticed, what must be asked."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from models.imports import FileKind
from workbench.rules.intake.contacts import CONTACT_COLUMNS, read_contacts
from workbench.rules.intake.files import Sheet, open_sheet
from workbench.rules.intake.findings import Question, RowRefusal, Warned
from workbench.rules.intake.layouts import Layout, layouts
from workbench.rules.intake.mappings import FileMapping
from workbench.rules.intake.payments import PAYMENT_TYPES, payment_rows
from workbench.rules.intake.rows import ROW_TYPES, Draft
from workbench.rules.intake.tables import receivable_rows, without_duplicates, without_grand_total
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    `rows`: one per receivable, columns and Arrow types as `rows.ROW_TYPES`, ready for COPY; of a file of payments one
    per payment or reversal, as `payments.PAYMENT_TYPES`. `contacts`: one per phone or
    e-mail of a debtor, columns as `contacts.CONTACT_COLUMNS`. `columns`: field -> the file's header, for the preview and
    for remembering. While `questions` is not empty the rows are a preview only and must not be saved.
    """

    rows: pd.DataFrame
    contacts: pd.DataFrame
    columns: dict[str, list[str]]
    headers: list[str]
    read: int
    refused: list[RowRefusal] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def answered(self) -> "Reading":
        """Return the reading itself; raises `Refused` with the first question while one is open."""
        if self.questions:
            first = self.questions[0]
            raise Refused(first.because, **first.values)
        return self


def read_file(data: bytes, name: str, mapping: FileMapping | None = None, *, country: str, currency: str) -> Reading:
    """Return what a file of bytes says; `country` (ISO 3166) and `currency` (ISO 4217) are the portfolio's.

    Raises `Refused` for a file, a column or a mapping that cannot be read at all; single rows are refused in the result.
    """
    mapping = mapping or FileMapping()
    return read_sheet(open_sheet(data, name, sheet=mapping.sheet), mapping, country=country, currency=currency)


def headers_of(data: bytes, name: str, kind: FileKind = FileKind.DEBTS) -> list[str]:
    """Return the headers of a file, for a person to say which column is which; raises `Refused` as `read_file` does."""
    mapping = FileMapping(kind=kind)
    return layouts(open_sheet(data, name, sheet=None), mapping)[0][0].headers


def read_sheet(sheet: Sheet, mapping: FileMapping, *, country: str, currency: str) -> Reading:
    """Return what one sheet says; see `read_file`."""
    tables, warnings = layouts(sheet, mapping)
    country, currency = mapping.country or country, mapping.currency or currency
    pieces = [_read_table(table, mapping, country, currency) for table in tables]
    rows = pd.concat([draft.rows for draft, _ in pieces], ignore_index=True).astype(_types(mapping.kind))
    contacts = [found for _, found in pieces if len(found)]
    return Reading(
        rows=rows,
        contacts=pd.concat(contacts, ignore_index=True).drop_duplicates(
            ["debtor_ref", "kind", "value"], ignore_index=True
        )
        if contacts
        else pd.DataFrame(columns=list(CONTACT_COLUMNS)),
        columns={name: [tables[0].headers[i] for i in positions] for name, positions in tables[0].fields.items()},
        headers=tables[0].headers,
        read=sum(len(table.cells) for table in tables),
        refused=sorted((refusal for draft, _ in pieces for refusal in draft.refused), key=lambda r: r.row_number),
        warnings=warnings + [warning for draft, _ in pieces for warning in draft.warnings],
        questions=list({question.setting: question for draft, _ in pieces for question in draft.questions}.values()),
    )


def _read_table(table: Layout, mapping: FileMapping, country: str, currency: str) -> tuple[Draft, pd.DataFrame]:
    table, dropped = without_duplicates(table)
    table, total = without_grand_total(table, mapping, country)
    if mapping.kind is FileKind.PAYMENTS:
        draft, contacts = payment_rows(table, mapping, country, currency), pd.DataFrame()
        draft.warnings[:0] = dropped + total
        return draft, contacts
    draft = receivable_rows(table, mapping, country, currency)
    draft.warnings[:0] = dropped + total
    contacts = read_contacts(table, draft.debtor_refs, country)
    return draft, contacts


def _types(kind: FileKind) -> dict[str, Any]:
    return PAYMENT_TYPES if kind is FileKind.PAYMENTS else ROW_TYPES
