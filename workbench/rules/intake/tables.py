"""One table of a file -> receivables, step by step: duplicates, grand total, ids, dates, amounts, keys."""

import numpy as np
import pandas as pd

from workbench.rules.intake.amounts import AmountColumn, read_amounts
from workbench.rules.intake.dates import DateColumn, read_dates
from workbench.rules.intake.findings import Warned
from workbench.rules.intake.layouts import Layout, index_columns
from workbench.rules.intake.mappings import FileMapping
from workbench.rules.intake.money import Money, read_money
from workbench.rules.intake.rows import ROW_TYPES, Draft, Mask
from workbench.rules.refusals import Refused
from workbench.rules.tax_ids import TaxId, read_tax_id
from workbench.rules.words import N_

_TOTAL = r"(?i)\b(?:gran[ ]+)?(?:sub)?total(?:es|[ ]+general|e?s)?\b|\bsuma\b"
_NEEDED = (
    (
        {"debtor_ref", "tax_id", "account_number"},
        N_(
            "No column was recognised for the debtor's identifier. The file's columns are: {found}. Say which one it is."
        ),
    ),
    (
        {"document_number", "account_number"},
        N_(
            "No column was recognised for the invoice or account number. The file's columns are: {found}. Say which one it is."
        ),
    ),
    (
        {"due_on"},
        N_("No column was recognised for the due date. The file's columns are: {found}. Say which one it is."),
    ),
    (
        {"amount", "balance"},
        N_("No column was recognised for the amount or balance. The file's columns are: {found}. Say which one it is."),
    ),
)


def without_duplicates(table: Layout) -> tuple[Layout, list[Warned]]:
    """Return the table without rows that repeat an earlier one exactly (columns that only number the rows aside)."""
    cells = table.cells.drop(columns=index_columns(table))
    repeated = cells.duplicated().to_numpy(dtype=bool)
    if not repeated.any():
        return table, []
    rows = ", ".join(map(str, table.row_numbers[repeated][:5])) + (" …" if repeated.sum() > 5 else "")
    because = N_("Rows skipped because they repeat an earlier row exactly: {count} (rows {rows}).")
    return table.taken(~repeated), [Warned(because, {"count": int(repeated.sum()), "rows": rows})]


def without_grand_total(table: Layout, mapping: FileMapping, country: str) -> tuple[Layout, list[Warned]]:
    """Return the table without a last row that is the sum of those above it."""
    if len(table.cells) < 3:
        return table, []
    last = table.cells.iloc[-1]
    lacks = any(
        pd.isna(last[table.fields[name][0]])
        for name in ("debtor_ref", "tax_id", "due_on", "document_number", "account_number", "reference")
        if name in table.fields
    )
    says = last.dropna().astype(str).str.contains(_TOTAL, regex=True).any()
    if not (lacks or says):
        return table, []
    keep = np.arange(len(table.cells)) < len(table.cells) - 1
    because = N_("Row {row} is the grand total of the column “{column}” and was skipped.")
    for name in ("balance", "amount"):
        if name not in table.fields:
            continue
        cents = _amounts(table, name, mapping, country).cents
        if cents[-1] != 0 and cents[-1] == cents[:-1].sum():
            return table.taken(keep), [
                Warned(because, {"row": int(table.row_numbers[-1]), "column": table.header(name)})
            ]
    if lacks and says:
        because = N_(
            "Row {row} looks like a total but is not the sum of the rows above it: rows may be missing from the file. It was skipped."
        )
        return table.taken(keep), [Warned(because, {"row": int(table.row_numbers[-1])})]
    return table, []


def receivable_rows(table: Layout, mapping: FileMapping, country: str, currency: str) -> Draft:
    """Return the draft whose rows are the table's receivables; a table of contacts only gives no rows."""
    draft = Draft(table, np.ones(len(table.cells), dtype=bool))
    tax_ids = read_tax_ids(draft, mapping, country)
    draft.debtor_refs = _debtor_refs(draft, mapping, tax_ids)
    if _only_contacts(table):
        return draft
    _refuse_incomplete(table, mapping)
    dates = {name: date_column(draft, name, mapping) for name in ("issued_on", "due_on", "paid_on")}
    money = read_money(draft, mapping, country, currency, dates["paid_on"].days)
    account, document = _numbers(draft, mapping)
    rows = pd.DataFrame(
        {
            "row_number": table.row_numbers,
            "debtor_ref": draft.debtor_refs,
            **tax_columns(tax_ids),
            "account_number": account,
            "document_number": document,
            "issued_on": dates["issued_on"].days,
            "due_on": dates["due_on"].days,
            **money.columns(),
            "days_past_due": pd.to_numeric(table.text("days_past_due"), errors="coerce").round().clip(-99_999, 99_999),
            **{
                name: table.text(name, mapping.constants.get(name))
                for name in ("product", "owner_name", "address", "city", "region")
            },
            "debtor_name": _one_name(draft, table.text("debtor_name", mapping.constants.get("debtor_name"))),
        }
    )
    rows = _told_apart(draft, rows)
    draft.rows = _typed(rows[draft.good & _wanted(money, mapping)])
    return draft


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: rows[name].astype(kind) for name, kind in ROW_TYPES.items()}).reset_index(drop=True)


def _wanted(money: Money, mapping: FileMapping) -> Mask:
    return {"all": np.ones(len(money.settled), dtype=bool), "open": ~money.settled, "settled": money.settled}[
        mapping.only
    ]


def _only_contacts(table: Layout) -> bool:
    return not any(name in table.fields for name in ("amount", "balance", "due_on")) and any(
        name in table.fields for name in ("phone", "email")
    )


def _refuse_incomplete(table: Layout, mapping: FileMapping) -> None:
    has = set(table.fields) | set(mapping.constants)
    for names, because in _NEEDED:
        if not names & has:
            raise Refused(because, found=", ".join(table.headers))


# --- who owes ------------------------------------------------------------------------------------------------------


def clean_ids(texts: pd.Series, length: int | None = None) -> pd.Series:
    """Return a column of ids as keys: `1928826755.0` without its tail, inner spaces single, lost zeros restored to `length`."""
    floats = texts.str.fullmatch(r"[0-9]+[.,]0+").fillna(value=False)
    ids = texts.mask(floats, texts.str.replace(r"[.,]0+$", "", regex=True)).str.replace(r"[ ]+", " ", regex=True)
    return ids.where(~ids.str.fullmatch(r"[0-9]+").fillna(False), ids.str.zfill(length)) if length else ids


def read_tax_ids(draft: Draft, mapping: FileMapping, country: str) -> list[TaxId | None]:
    """Return each row's tax id as its country writes it; wrong check digits are a warning, not a refusal."""
    texts = clean_ids(draft.table.text("tax_id", mapping.constants.get("tax_id")), mapping.id_length.get("tax_id"))
    codes, distinct = pd.factorize(texts)
    reads = [*(read_tax_id(str(text), country) for text in distinct), None]
    found = [reads[code] for code in codes]
    wrong = [i for i, each in enumerate(found) if each and each.valid is False]
    if wrong:
        example = str(texts.iloc[wrong[0]])
        draft.warn(
            N_(
                "Rows with a tax id whose check digits do not agree: {count} (for example {example}, row {row}). They were read all the same."
            ),
            len(wrong),
            example=example,
            row=int(draft.table.row_numbers[wrong[0]]),
        )
    draft.warn(
        N_("Tax ids that had lost their leading zeros and got them back: {count}."),
        sum(1 for each in found if each and each.padded),
    )
    return found


def tax_columns(tax_ids: list[TaxId | None]) -> dict[str, pd.Series]:
    """Return the tax ids as columns of text: the id, its kind, and whether its check digits agree."""
    return {
        "tax_id": pd.Series([each.value if each else None for each in tax_ids], dtype="object"),
        "tax_id_kind": pd.Series([each.kind or None if each else None for each in tax_ids], dtype="object"),
        "tax_id_valid": pd.Series([each.valid if each else None for each in tax_ids], dtype="object"),
    }


def _debtor_refs(draft: Draft, mapping: FileMapping, tax_ids: list[TaxId | None]) -> pd.Series:
    """Return the key of each row's debtor: its reference, else its tax id, else its account; never its name."""
    fields = draft.table.fields
    name = next((each for each in ("debtor_ref", "tax_id", "account_number") if each in fields), "debtor_ref")
    refs = clean_ids(draft.table.text(name), mapping.id_length.get(name))
    if name == "tax_id":
        refs = pd.Series([each.value if each else None for each in tax_ids], dtype="str")
    lost = refuse_shortened(draft, name)
    draft.refuse(refs.isna().to_numpy(dtype=bool), name, N_("The row has no debtor identifier."))
    return refs.mask(lost)


def refuse_shortened(draft: Draft, name: str) -> Mask:
    """Refuse the rows whose identifier a spreadsheet has cut to a few digits (`5.73E+11`); return which they are."""
    texts = draft.table.text(name)
    lost = texts.str.fullmatch(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}").fillna(value=False).to_numpy(dtype=bool)
    draft.refuse(lost, name, N_("The identifier “{value}” has lost digits: a spreadsheet shortened it."))
    return lost


def _one_name(draft: Draft, names: pd.Series) -> pd.Series:
    """Return one name per debtor, the first written; ids with several names are a warning."""
    names = names.str.replace(r"[ ]+", " ", regex=True)
    first = names.groupby(draft.debtor_refs, sort=False).transform("first")
    spread = names.groupby(draft.debtor_refs, sort=False).nunique()
    several = spread[spread > 1]
    if len(several):
        draft.warn(
            N_("Debtors with several names: {count} (for example {example}). The first name was kept."),
            len(several),
            example=str(several.index[0]),
        )
    return first.where(first.notna(), draft.debtor_refs)


# --- what is owed --------------------------------------------------------------------------------------------------


def date_column(draft: Draft, name: str, mapping: FileMapping) -> DateColumn:
    """Return the days of a field; rows whose cell is no date are refused in the draft, what is ambiguous is asked."""
    table = draft.table
    header = table.header(name)
    column = read_dates(
        table.text(name, mapping.constants.get(name)),
        table.kind(name),
        name=name,
        header=header,
        order=mapping.order_of(name),
        swapped=mapping.swapped.get(name),
    )
    draft.questions += column.questions
    if column.order:
        draft.refuse(column.bad, name, N_("“{value}” is not a date written {format}."), format=column.order.value)
    draft.refuse(column.bad, name, N_("“{value}” is not a date."))
    if name == "due_on":
        draft.refuse(np.isnat(column.days), name, N_("The row has no due date."))
    return column


def _amounts(table: Layout, name: str, mapping: FileMapping, country: str) -> AmountColumn:
    return read_amounts(
        table.text(name, mapping.constants.get(name)),
        table.kind(name),
        name=name,
        header=table.header(name),
        country=country,
        mark=mapping.mark_of(name),
    )


def _numbers(draft: Draft, mapping: FileMapping) -> tuple[pd.Series, pd.Series]:
    """Return account and document numbers; a file by account names its document so, one by invoice has one account per debtor."""
    table, constants = draft.table, mapping.constants
    account = clean_ids(
        table.text("account_number", constants.get("account_number")), mapping.id_length.get("account_number")
    )
    document = clean_ids(
        table.text("document_number", constants.get("document_number")), mapping.id_length.get("document_number")
    )
    if "serie" in table.fields:
        serie = clean_ids(table.text("serie"))
        document = document.where(serie.isna() | document.isna(), serie + "-" + document)
    account = account.fillna(draft.debtor_refs) if "document_number" in table.fields else account
    document = document.fillna(account) if "account_number" in table.fields else document
    name = "document_number" if "document_number" in table.fields else "account_number"
    draft.refuse(
        (document.isna() | account.isna()).to_numpy(dtype=bool), name, N_("The row has no invoice or account number.")
    )
    return account, document


def _told_apart(draft: Draft, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with instalments of one document told apart by due date; a true repetition is refused."""
    key = ["account_number", "document_number"]
    several = rows.duplicated(key, keep=False).to_numpy(dtype=bool) & draft.good
    if not several.any():
        return rows
    name = "document_number" if "document_number" in draft.table.fields else "account_number"
    again = np.zeros(len(rows), dtype=bool)
    again[several] = rows[several].duplicated([*key, "due_on"]).to_numpy(dtype=bool)
    draft.refuse(
        again, name, N_("“{value}” appears before with the same due date and other figures; only the first was read.")
    )
    parts = draft.good & several
    parts[parts] = rows[parts].duplicated(key, keep=False).to_numpy(dtype=bool)
    draft.warn(
        N_("Rows that are instalments of one document: {count}. Their due date was added to the document number."),
        int(parts.sum()),
    )
    dated = rows["document_number"].astype("str") + " · " + pd.Series(rows["due_on"]).dt.strftime("%Y-%m-%d")
    return rows.assign(document_number=rows["document_number"].where(~parts, dated))
