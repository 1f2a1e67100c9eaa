"""What a supervisor does about a case that is stuck in somebody's hands: gives it back, or takes it over."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import Queue
from workbench.actions import presences, worklist
from workbench.queries.claims import Claim, holder
from workbench.queries.teammates import require_teammate
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


def give_back(session: Session, who: Viewer, case_id: int, *, holder_id: int, at: datetime) -> None:
    """Puts the case that a teammate was seen with back in its queue, the draft kept; refused when they have moved on."""
    worklist.release(session, who, _still_held(session, who, case_id, holder_id), at=at)


def take_over(session: Session, who: Viewer, case_id: int, *, holder_id: int, queue: Queue, at: datetime) -> Claim:
    """Takes the case that a teammate was seen with into one's own hands, both in one go; refused when they have moved on.

    What the supervisor held goes back to its queue, as with any case that is opened.
    """
    who.require(Permission.WORK_QUEUE)
    worklist.release(session, who, _still_held(session, who, case_id, holder_id), at=at)
    claim = worklist.claim_case(session, who, case_id, at=at, queue=queue)
    presences.back_to_work(session, who, at=at)
    return claim


def _still_held(session: Session, who: Viewer, case_id: int, holder_id: int) -> int:
    """The item in the teammate's hands; nobody else's claim is touched by a page that was drawn a moment ago."""
    who.require(Permission.RELEASE_CLAIMS)
    name = require_teammate(session, who, holder_id)
    session.execute(_LOCK, {"case": case_id, "visible": list(who.portfolio_ids)})
    held = holder(session, who, case_id)
    if held is None or held.user_id != holder_id:
        raise Refused("{name} does not hold this debtor any more.", name=name)
    return held.item_id


# held until the deed is done: nobody else's fresh claim comes in between
_LOCK = text("SELECT id FROM work_item WHERE case_id = :case AND portfolio_id = ANY(:visible) ORDER BY id FOR UPDATE")
