"""The messages that fit, as a file for a spreadsheet."""

from functools import partial

from workbench import db
from workbench.actions.exports import note_outbox_export
from workbench.queries.outbox import MOST, Line, Wanted, messages
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.ui import access
from workbench.ui.i18n import _, number
from workbench.ui.outbox_words import row_of
from workbench.ui.table_files import Kind, buttons, file_of


def download(who: Viewer, wanted: Wanted) -> None:
    """Offers the file; it is made when its button is pressed."""
    note = _("Up to {n} messages. Personal data leaves the product: the audit keeps who took it.", n=number(MOST))
    buttons("outbox", partial(outbox_file, who.user_id, wanted), on=access.now().date(), note=note)


def outbox_file(user_id: int, wanted: Wanted, kind: Kind = "csv") -> bytes:
    """The messages that fit as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        lines = messages(session, who, wanted, most=MOST)
        chosen = {name: getattr(wanted, name) for name in ("start", "end", "state", "channel", "cause", "step")}
        asked = {name: str(value) for name, value in chosen.items() if value is not None} | {"file": kind}
        note_outbox_export(session, who, wanted.portfolio_id, asked=asked, rows=len(lines), at=access.now())
    return file_of([_codes(each) | row_of(each) | _more(each) for each in lines], kind)


def _codes(line: Line) -> dict[str, str]:
    return {_("Message"): str(line.id), _("Planned (UTC)"): f"{line.planned_at:%Y-%m-%d %H:%M}"}


def _more(line: Line) -> dict[str, str]:
    left = f"{line.sent_at:%Y-%m-%d %H:%M}" if line.sent_at else ""
    return {_("Left (UTC)"): left, _("Template"): line.template_code or "", _("Provider"): line.provider or ""}
