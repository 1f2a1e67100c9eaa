"""One deed of the assignment page in one transaction, and what it said at the top of the next drawing."""

from collections.abc import Callable
from typing import Any

from workbench import db
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame


def do(deed: Callable[[Any, Viewer], str], *, permission: Permission = Permission.ASSIGN_WORK) -> bool:
    """Does it and keeps what it says, or why it was refused; says whether it was done."""
    who = access.require(permission)
    try:
        with db.transaction() as session:
            said = deed(session, who)
    except Refused as refused:
        frame.say_refused(refused)
        return False
    frame.say_done(said)
    return True
