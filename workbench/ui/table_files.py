"""Tables that leave the product: the same two buttons under every one of them, and the file they make."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from workbench import db
from workbench.actions.exports import note_table_export
from workbench.queries.users import viewer
from workbench.rules.access import Permission, Viewer
from workbench.rules.spreadsheets import csv_bytes, xlsx_bytes
from workbench.ui import access, made_files
from workbench.ui.i18n import _

Kind = Literal["csv", "xlsx"]
MIMES: dict[Kind, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Row = Mapping[str, Any]
Table = Sequence[Row] | pd.DataFrame
# what is on the screen, or how to read it again, and then more of it, for whoever presses
Source = Table | Callable[[Any, Viewer], Table]  # given a session of its own
HIDDEN = "•••"


def downloads(
    who: Viewer,
    name: str,
    table: Source,
    *,
    portfolio_ids: Collection[int],
    asked: Mapping[str, object],
    at: datetime,
    personal: Collection[str] = (),
    permission: Permission = Permission.EXPORT_BOARDS,
) -> None:
    """Offers a table as CSV and as an Excel workbook, to those whose role lets them take it.

    `name` is the file's beginning and the keys' (one table of a page each); `asked` are the filters, which the audit
    keeps; `personal` are the columns that hold personal data.
    """
    if who.may(permission):
        make = partial(table_file, who.user_id, name, table, portfolio_ids, dict(asked), personal, permission)
        with st.container(horizontal=True, key=f"{name}-files"):
            buttons(name, make, on=at.date(), note=_("The audit keeps who took it."))


def beside(
    name: str,
    table: Source,
    *,
    portfolio_ids: Collection[int] = (),
    personal: Collection[str] = (),
    permission: Permission = Permission.EXPORT_BOARDS,
    **asked: object,
) -> None:
    """The same for whoever looks at the page now."""
    who, at = access.visitor(), access.now()
    downloads(
        who, name, table, portfolio_ids=portfolio_ids, asked=asked, at=at, personal=personal, permission=permission
    )


def buttons(name: str, make: Callable[[Kind], bytes], *, on: date, note: str) -> None:
    """The buttons alone; the file is made when its button is pressed."""
    kinds: tuple[tuple[Kind, str], ...] = (("csv", _("Download CSV")), ("xlsx", _("Download Excel")))
    for kind, label in kinds:
        file = f"{name}-{on:%Y-%m-%d}.{kind}"
        made_files.save_button(label, partial(make, kind), name=file, mime=MIMES[kind], key=f"{name}-{kind}", note=note)


def table_file(
    user_id: int,
    name: str,
    table: Source,
    portfolio_ids: Collection[int],
    asked: dict[str, object],
    personal: Collection[str],
    permission: Permission,
    kind: Kind,
) -> bytes:
    """The table as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        rows = rows_of(table(session, who) if callable(table) else table)
        note_table_export(
            session,
            who,
            name,
            portfolio_ids=portfolio_ids,
            asked={key: str(value) for key, value in asked.items() if value is not None} | {"file": kind},
            rows=len(rows),
            permission=permission,
            at=access.now(),
        )
    return file_of(rows if who.may(Permission.SEE_PERSONAL_DATA) else [_masked(row, personal) for row in rows], kind)


def rows_of(table: Table) -> Sequence[Row]:
    """A table as rows with their headings."""
    if isinstance(table, pd.DataFrame):
        return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    return table


def file_of(rows: Sequence[Row], kind: Kind) -> bytes:
    """The rows as a file that no spreadsheet runs; the first row's headings are the header."""
    header = list(rows[0]) if rows else []
    values = [[_cell(row.get(name)) for name in header] for row in rows]
    if kind == "xlsx":
        return xlsx_bytes(header, values)
    return csv_bytes(header, [["" if cell is None else cell for cell in row] for row in values])


def _cell(value: Any) -> str | int | float | Decimal | date | None:
    """A value as spreadsheets have it: figures and days as such, moments in UTC, what is not known left empty."""
    if value is None or value is pd.NaT:
        return None
    if hasattr(value, "item"):  # NumPy's own
        value = value.item()
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | Decimal | date) else str(value)


def _masked(row: Row, personal: Collection[str]) -> Row:
    return {name: HIDDEN if name in personal else value for name, value in row.items()}
