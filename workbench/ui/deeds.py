"""A deed asked for on a page: one transaction, and a refusal kept for the next drawing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from workbench import db
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame


def do(permission: Permission, deed: Callable[[Any, Viewer, datetime], object]) -> bool:
    """Does it with the session, the person and the moment; says whether it was done.

    The permission is asked again, for the page may have been open a while; a refusal is shown and saves nothing.
    """
    who = access.require(permission)
    try:
        with db.transaction() as session:
            deed(session, who, access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return False
    return True
