from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from models import Disposition
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.dispositions import CHANGEABLE, SHIPPED, check_disposition
from workbench.rules.refusals import Refused


def install_dispositions(session: Session) -> None:
    """Adds the shipped dispositions that are missing; those a manager has changed stay as they are."""
    rows = []
    for position, shipped in enumerate(SHIPPED):
        action, result = shipped.code.split(".")
        rows.append(
            asdict(shipped)
            | {
                "action": action,
                "result": result,
                "position": position,
                "requires": list(shipped.requires),
                "active": True,
            }
        )
    session.execute(insert(Disposition).on_conflict_do_nothing(), rows)


def change_disposition(session: Session, who: Viewer, code: str, changes: Mapping[str, Any], *, at: datetime) -> bool:
    """Corrects a disposition for everybody; says whether anything is new, and the audit keeps what it was.

    What it counts as is read by every figure of the past, too: `queries.disposition_preview` shows that before.
    """
    who.require(Permission.EDIT_DISPOSITIONS)
    row = session.get(Disposition, code, with_for_update=True)
    if row is None or not set(changes) <= set(CHANGEABLE):
        raise Refused("There is nothing here that you may see.")
    before = {name: getattr(row, name) for name in CHANGEABLE}
    check_disposition(code, before | dict(changes))
    changed = {name: value for name, value in changes.items() if value != before[name]}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    had = {name: before[name] for name in changed}
    audit.log(
        session, "change_disposition", "disposition", None, by=who.user_id, at=at, code=code, before=had, after=changed
    )
    return True
