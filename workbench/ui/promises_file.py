"""A list of promises as a file for a spreadsheet."""

from datetime import date
from decimal import Decimal
from functools import partial

from workbench import db
from workbench.actions.exports import note_promises_export
from workbench.queries.promises import MOST, Line, View, Wanted, promises
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.ui import access
from workbench.ui.i18n import _, number
from workbench.ui.promises_list import STATES
from workbench.ui.table_files import Kind, buttons, file_of

Cell = str | int | Decimal | date | None


def downloads(who: Viewer, wanted: Wanted, view: View) -> None:
    """Offers the list as CSV and as an Excel workbook; each is made when its button is pressed."""
    asked = Wanted(wanted.portfolio_id, view, wanted.follower)
    note = _("Up to {n} rows. Personal data leaves the product: the audit keeps who took it.", n=number(MOST))
    buttons(f"promises-{view}", partial(promises_file, who.user_id, asked), on=access.now().date(), note=note)


def promises_file(user_id: int, wanted: Wanted, kind: Kind) -> bytes:
    """The list as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        lines = promises(session, who, wanted, at=access.now(), most=MOST)
        asked = {"view": wanted.view.value, "follower": str(wanted.follower or ""), "file": kind}
        note_promises_export(session, who, wanted.portfolio_id, asked=asked, rows=len(lines), at=access.now())
    return file_of([cells_of(each) for each in lines], kind)


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
