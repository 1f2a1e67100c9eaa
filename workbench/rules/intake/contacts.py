"""Contact cells of a file -> one row per phone or e-mail of each debtor."""

import numpy as np
import pandas as pd

from workbench.rules.emails import read_emails
from workbench.rules.intake.layouts import Layout
from workbench.rules.phones import read_phone_cells

CONTACT_COLUMNS = (
    "row_number",
    "debtor_ref",
    "kind",
    "value",
    "raw",
    "phone_kind",
    "usable",
    "reason",
    "time_zone",
    "extension",
)
_Read = tuple[str, str, str | None, bool, str, str | None, str | None]


def read_contacts(layout: Layout, debtor_refs: pd.Series, country: str) -> pd.DataFrame:
    """Return the phones and e-mails of a table's rows, each once per debtor, in the order written.

    Columns as CONTACT_COLUMNS: `value` is E.164 or the address when `usable`, else the text as written with its `reason`.
    """
    tables = [_melted(layout, debtor_refs, kind, country) for kind in ("phone", "email")]
    found = pd.concat(tables, ignore_index=True)
    found = found.drop_duplicates(["debtor_ref", "kind", "value"])
    return found.sort_values("row_number", kind="stable", ignore_index=True)


def _melted(layout: Layout, debtor_refs: pd.Series, kind: str, country: str) -> pd.DataFrame:
    pieces = [
        pd.DataFrame(
            {"row_number": layout.row_numbers, "debtor_ref": debtor_refs.to_numpy(), "cell": layout.cells[i].to_numpy()}
        )
        for i in layout.fields.get(kind, [])
    ]
    if not pieces:
        return pd.DataFrame(columns=list(CONTACT_COLUMNS))
    long = (
        pd.concat(pieces, ignore_index=True)
        .dropna(subset=["debtor_ref", "cell"])
        .drop_duplicates(["debtor_ref", "cell"])
    )
    distinct = [str(cell) for cell in long["cell"].unique()]
    reads = _phones(distinct, country) if kind == "phone" else _emails(distinct)
    per_cell = [reads[cell] for cell in long["cell"]]
    repeats = np.array([len(each) for each in per_cell], dtype=np.int64)
    flat = [each for several in per_cell for each in several]
    out = long[["row_number", "debtor_ref"]].loc[long.index.repeat(repeats)].reset_index(drop=True)
    out.insert(2, "kind", kind)
    names = CONTACT_COLUMNS[3:]
    return out.join(pd.DataFrame(flat, columns=list(names))) if flat else pd.DataFrame(columns=list(CONTACT_COLUMNS))


def _phones(cells: list[str], country: str) -> dict[str, list[_Read]]:
    return {
        cell: [(p.e164 or p.raw, p.raw, p.kind.value, p.valid, p.note.value, p.time_zone, p.extension) for p in phones]
        for cell, phones in read_phone_cells(cells, country).items()
    }


def _emails(cells: list[str]) -> dict[str, list[_Read]]:
    return {
        cell: [(e.address or e.raw, e.raw, None, e.valid, e.note.value, None, None) for e in read_emails(cell)]
        for cell in cells
    }
