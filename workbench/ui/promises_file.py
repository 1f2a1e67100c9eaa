"""A list of promises as a file for a spreadsheet."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Literal

import streamlit as st

from workbench import db
from workbench.actions.exports import note_promises_export
from workbench.queries.promises import MOST, Line, View, Wanted, promises
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.spreadsheets import csv_bytes, xlsx_bytes
from workbench.ui import access
from workbench.ui.compliance_words import later
from workbench.ui.i18n import _, number
from workbench.ui.promises_list import STATES

MIMES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Kind = Literal["csv", "xlsx"]
Cell = str | int | Decimal | date | None


def downloads(who: Viewer, wanted: Wanted, view: View) -> None:
    """Offers the list as CSV and as an Excel workbook; each is made when its button is pressed."""
    asked = Wanted(wanted.portfolio_id, view, wanted.follower)
    kinds: tuple[tuple[Kind, str], ...] = (("csv", _("Download CSV")), ("xlsx", _("Download Excel")))
    for kind, label in kinds:
        st.download_button(
            label,
            later(partial(promises_file, who.user_id, asked, kind)),
            file_name=f"promises-{view}-{access.now():%Y-%m-%d}.{kind}",
            mime=MIMES[kind],
            icon=":material/download:",
            help=_("Up to {n} rows. Personal data leaves the product: the audit keeps who took it.", n=number(MOST)),
            key=f"promises-{kind}",
        )


def promises_file(user_id: int, wanted: Wanted, kind: Kind) -> bytes:
    """The list as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        lines = promises(session, who, wanted, at=access.now(), most=MOST)
        asked = {"view": wanted.view.value, "follower": str(wanted.follower or ""), "file": kind}
        note_promises_export(session, who, wanted.portfolio_id, asked=asked, rows=len(lines), at=access.now())
    rows = [cells_of(each) for each in lines]
    header = list(cells_of(lines[0]) if lines else [])
    values = [list(row.values()) for row in rows]
    if kind == "xlsx":
        return xlsx_bytes(header, values)
    return csv_bytes(header, [["" if cell is None else cell for cell in row] for row in values])


def cells_of(line: Line) -> dict[str, Cell]:
    """A promise as the file has it: figures and days as such."""
    return {
        _("Promise"): line.id,
        _("Debtor"): line.name,
        _("Reference"): line.reference,
        _("State"): _(STATES.get(line.state, line.state)),
        _("Taken on"): line.taken_on,
        _("Due"): line.next_due,
        _("Last part due"): line.due_on,
        _("Parts"): line.parts,
        _("Promised"): line.amount,
        _("Paid"): line.paid,
        _("Missing"): line.missing,
        _("Not kept since"): line.closed_on,
        _("Paid late"): line.paid_late,
        _("At risk"): line.at_risk,
        _("Balance"): line.balance,
        _("Not kept so far"): line.level,
        _("Followed up by"): line.follower or "",
    }
