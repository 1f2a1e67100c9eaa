"""A reading on its way into the database: what only the whole file shows is refused, the rest is copied into staging."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlmodel import Session

from workbench.rules.intake.findings import RowRefusal
from workbench.rules.intake.reading import Reading
from workbench.rules.law_regions import law_region
from workbench.rules.names import fold
from workbench.rules.words import N_
from workbench.rules.zones import zone_of_region

LONGEST_KEY = 200  # an index entry of PostgreSQL holds 2,700 bytes; no creditor's number is this long
LIMIT = 10**16  # what Numeric(18, 2) holds

_ROW = (
    "row_number", "debtor_ref", "account_number", "document_number", "product", "issued_on", "due_on", "paid_on",
    "amount", "balance", "credit_note", "settled",
)  # fmt: skip
_DEBTOR = ("debtor_name", "tax_id", "tax_id_valid", "address", "city", "region")
_CONTACT = ("row_number", "debtor_ref", "kind", "value", "raw", "phone_kind", "usable", "reason", "time_zone")
_DEBTOR_NAMES = [
    "reference",
    "name",
    "folded_name",
    "tax_id",
    "tax_id_valid",
    "address",
    "city",
    "region",
    "law_region",
    "address_zone",
    "phone_zone",
]


@dataclass(slots=True)
class Sieve:
    """The rows of a reading that may be saved, and those refused on the way."""

    reading: Reading
    rows: pd.DataFrame
    refused: list[RowRefusal] = field(default_factory=list)

    def refuse(self, bad: "pd.Series[bool]", name: str, because: str, told: Callable[[int], dict[str, object]]) -> None:
        """Leave out the rows that are `bad` (aligned with `rows`) because of the field `name`."""
        if not bad.any():
            return
        header = self.reading.columns.get(name, [name])[0]
        for at in bad[bad].index:
            row = self.rows.loc[at]
            value = str(row[name])
            values = {"value": value, "column": header, **told(int(row["row_number"]))}
            self.refused.append(RowRefusal(int(row["row_number"]), header, value, because, values))
        self.rows = self.rows[~bad]


def sifted(reading: Reading, *, on: date) -> Sieve:
    """The rows of a reading that can be saved on a business date; the rest is refused with its reason."""
    sieve = Sieve(reading, reading.rows)
    for name in ("debtor_ref", "account_number", "document_number"):
        long = (sieve.rows[name].str.len() > LONGEST_KEY).fillna(value=False)
        sieve.refuse(long, name, N_("“{value}” is too long for an identifier."), lambda _: {})
    large = (sieve.rows["amount"].abs() >= LIMIT) | (sieve.rows["balance"].abs() >= LIMIT)
    sieve.refuse(large, "amount", N_("“{value}” is too large an amount."), lambda _: {})
    mixed = (sieve.rows["amount"] < 0) != (sieve.rows["balance"] < 0)
    mixed &= (sieve.rows["balance"] != 0) | (sieve.rows["amount"] > 0) & (sieve.rows["balance"] < 0)
    sieve.refuse(mixed, "balance", N_("The balance “{value}” and the amount have different signs."), lambda _: {})
    future = (sieve.rows["paid_on"] > on).fillna(value=False)
    told: dict[str, object] = {"date": on}
    sieve.refuse(future, "paid_on", N_("The payment is dated {value}, after the business date {date}."), lambda _: told)
    _refuse_repeated(sieve)
    _refuse_shared_accounts(sieve)
    return sieve


def _refuse_repeated(sieve: Sieve) -> None:
    keys = ["account_number", "document_number"]
    again = sieve.rows.duplicated(keys)
    sieve.refuse(
        again, "document_number", N_("“{value}” appears before in this file; only the first was read."), lambda _: {}
    )


def _refuse_shared_accounts(sieve: Sieve) -> None:
    pairs = sieve.rows.drop_duplicates(["account_number", "debtor_ref"])[["account_number", "debtor_ref"]]
    if not (shared := pairs.duplicated("account_number")).any():
        return
    owners = dict(zip(pairs[~shared]["account_number"], pairs[~shared]["debtor_ref"], strict=True))
    foreign = sieve.rows["account_number"].map(owners) != sieve.rows["debtor_ref"]
    by_row = {
        int(row): owners[number] for row, number in sieve.rows[foreign][["row_number", "account_number"]].to_numpy()
    }
    sieve.refuse(
        foreign,
        "account_number",
        N_("The account “{value}” belongs to the debtor {owner}."),
        lambda row: {"owner": by_row[row]},
    )


def copy_rows(session: Session, sieve: Sieve, *, country: str) -> None:
    """Copies rows, debtors and contacts into the staging tables."""
    rows = table_of(sieve.rows, _ROW)
    copy_table(session, "in_row", rows)
    contacts = sieve.reading.contacts
    copy_table(session, "in_debtor", debtors(sieve, country=country))
    if len(contacts):
        copy_table(session, "in_contact", table_of(contacts, _CONTACT))


def debtors(sieve: Sieve, *, country: str) -> pa.Table:
    """One row per debtor of the rows or contacts: the first value written of each field, and what hints at its zone."""
    table = table_of(sieve.rows, ("debtor_ref", *_DEBTOR))
    grouped = table.group_by("debtor_ref", use_threads=False).aggregate([(name, "first") for name in _DEBTOR])
    refs = grouped["debtor_ref"].to_pylist()
    fields = {name: grouped[f"{name}_first"].to_pylist() for name in _DEBTOR}
    contacts = sieve.reading.contacts
    hinted = contacts[contacts["usable"].astype(bool) & contacts["time_zone"].notna()].drop_duplicates("debtor_ref")
    zones = dict(zip(hinted["debtor_ref"], hinted["time_zone"], strict=True))
    known = set(refs)
    others = [ref for ref in dict.fromkeys(contacts["debtor_ref"]) if ref not in known]
    fields = {name: [*values, *[None] * len(others)] for name, values in fields.items()}
    refs += others
    columns = [
        refs,
        fields["debtor_name"],
        [fold(name) if name else None for name in fields["debtor_name"]],
        *(fields[name] for name in _DEBTOR[1:]),
        [law_region(country, region) for region in fields["region"]],
        [zone_of_region(country, *where) for where in zip(fields["region"], fields["city"], strict=True)],
        [zones.get(ref) for ref in refs],
    ]
    kinds = [pa.bool_() if name == "tax_id_valid" else pa.string() for name in _DEBTOR_NAMES]
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(_DEBTOR_NAMES, arrays, strict=True)))


def table_of(frame: pd.DataFrame, columns: tuple[str, ...]) -> pa.Table:
    """The chosen columns of a frame, ready for COPY."""
    return pa.Table.from_pandas(frame[list(columns)], preserve_index=False)


def copy_table(session: Session, name: str, table: pa.Table) -> None:
    """Sends a table by COPY; Arrow writes the text, an unquoted nothing is NULL on both sides."""
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=False))
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"COPY {name} ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(buffer.getbuffer())
