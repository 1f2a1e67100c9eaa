"""One deed of the assignment page in one transaction, and what it said at the top of the next drawing."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench import db
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame

_SAID = "assignment-said"


def do(deed: Callable[[Any, Viewer], str], *, permission: Permission = Permission.ASSIGN_WORK) -> bool:
    """Does it and keeps what it says, or why it was refused; says whether it was done."""
    who = access.require(permission)
    try:
        with db.transaction() as session:
            said = deed(session, who)
    except Refused as refused:
        frame.say_refused(refused)
        return False
    say(said)
    return True


def say(said: str) -> None:
    """Keeps a sentence for the top of the next drawing."""
    st.session_state[_SAID] = said


def told() -> None:
    """Says once what was just done."""
    if said := st.session_state.pop(_SAID, None):
        st.success(said)
