"""One deed of the assignment page in one transaction, and what it said at the top of the next drawing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from workbench.rules.access import Permission, Viewer
from workbench.ui import deeds, frame


def do(deed: Callable[[Any, Viewer], str], *, permission: Permission = Permission.ASSIGN_WORK) -> bool:
    """Does it and keeps what it says, or why it was refused; says whether it was done."""
    said: list[str] = []

    def telling(session: Any, who: Viewer, _at: datetime) -> None:
        said.append(deed(session, who))

    done = deeds.do(permission, telling)
    if done:
        frame.say_done(said[-1])
    return done
