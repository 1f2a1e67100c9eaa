"""What an agent had typed about a blocked call, saved later by a supervisor with a reason."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, Recorded, record
from workbench.rules.access import Permission, Viewer
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused


def save_blocked(session: Session, who: Viewer, blocked_id: int, *, reason: str, at: datetime) -> Recorded:
    """Saves the outcome of a blocked call as its agent typed it, marked with the supervisor's reason.

    The agent who still has the debtor in hand gives them back; saved a second time it gives the first result again.
    """
    who.require(Permission.CALL_OUTSIDE_HOURS)
    asked = {"blocked": blocked_id, "visible": list(who.portfolio_ids)}
    row = session.execute(_BLOCKED, asked).first()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    if row.form is None:
        raise Refused("Nothing had been typed for this contact.")
    if row.held_item is not None:
        worklist.release(session, who, row.held_item, at=at)
    return record(session, who, form_of(row.form, caller_id=row.user_id, reason=reason), at=at)


def form_of(kept: Mapping[str, Any], *, caller_id: int | None, reason: str) -> InteractionForm:
    """The form as it was stored, without its claim: that may be anybody's by now."""
    values = {field.name: kept.get(field.name) for field in fields(InteractionForm)}
    promise = values["promise"]
    return InteractionForm(
        **values
        | {
            "submission_key": UUID(kept["submission_key"]),
            "item_id": None,
            "started_at": datetime.fromisoformat(kept["started_at"]),
            "callback_at": datetime.fromisoformat(kept["callback_at"]) if kept.get("callback_at") else None,
            "promise": promise and PromiseTerms.from_json(promise),
            "override_reason": reason,
            "caller_id": caller_id,
        }
    )


_BLOCKED = text("""
    SELECT b.form, b.user_id,
        (SELECT w.id FROM work_item w WHERE w.case_id = b.case_id AND w.claimed_by = b.user_id) AS held_item
    FROM blocked_contact b WHERE b.id = :blocked AND b.portfolio_id = ANY(:visible)
""")
