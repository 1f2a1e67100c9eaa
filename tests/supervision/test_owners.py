"""An owner's cases are kept for the owner: in every queue, at night, after a callback, when something opens them again."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Band
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent, north, owned, reserved
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.reviews import open_review
from workbench.actions.standings import rescore_cases
from workbench.actions.users import deactivate
from workbench.actions.worklist import claim_next, promote_due, release, skip
from workbench.rules.follow_ups import SkipReason


def kept_for(session: Session, case_id: int, queue: str = "call") -> int | None:
    asked = text("SELECT reserved_for FROM work_item WHERE case_id = :case AND queue = :queue AND state <> 'closed'")
    return session.execute(asked, {"case": case_id, "queue": queue}).scalar_one()


@pytest.mark.parametrize("gone", [False, True], ids=["while they work here", "not when they are gone"])
def test_what_is_opened_again_is_the_owners(session: Session, cast: Cast, *, gone: bool) -> None:
    closed, new, late = (owned(session, cast, cast.ana) for _ in range(3))
    session.execute(
        text("UPDATE work_item SET reserved_for = NULL, state = 'closed', ready_at = NULL WHERE id = :id"),
        {"id": closed.id},
    )
    session.execute(text("DELETE FROM work_item WHERE id = :id"), {"id": new.id})
    waits = "UPDATE work_item SET state = 'waiting', ready_at = NULL, band = 1, not_before = :at, reserved_for = :author WHERE id = :id"
    due = {"at": NOW - timedelta(hours=1), "author": cast.sofia.user_id, "id": late.id}
    session.execute(text(waits), due)
    if gone:
        deactivate(session, cast.ana.user_id, by=None, at=NOW)
    owner = None if gone else cast.ana.user_id

    rescore_cases(session, [closed.case_id, new.case_id], on=TODAY)
    assert (kept_for(session, closed.case_id), kept_for(session, new.case_id)) == (owner, owner)
    promote_due(session, at=NOW)
    assert kept_for(session, late.case_id) == owner
    open_review(session, new.case_id, at=NOW)
    open_negotiation(session, [new.case_id], at=NOW)
    assert (kept_for(session, new.case_id, "review"), kept_for(session, new.case_id, "negotiation")) == (owner, owner)
    open_negotiation(session, [closed.case_id], at=NOW, reserved_for=cast.sofia.user_id)
    assert kept_for(session, closed.case_id, "negotiation") == cast.sofia.user_id


def test_no_negotiation_is_kept_for_an_asker_who_has_left(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    deactivate(session, cast.ana.user_id, by=None, at=NOW)
    open_negotiation(session, [item.case_id], at=NOW, reserved_for=cast.ana.user_id)
    assert kept_for(session, item.case_id, "negotiation") is None
    open_negotiation(session, [item.case_id], at=NOW, reserved_for=cast.sofia.user_id)
    open_negotiation(session, [item.case_id], at=NOW, reserved_for=cast.ana.user_id)
    assert kept_for(session, item.case_id, "negotiation") == cast.sofia.user_id


def test_an_owner_is_given_their_own_first_and_nobody_else_is(session: Session, cast: Cast) -> None:
    luis = agent(session, north(cast), "Luis")
    own = owned(session, cast, cast.ana, score=1.0)
    urgent, pool = (
        owned(session, cast, cast.ana, score=0.5, band=Band.BROKEN_PROMISE),
        owe(session, cast.mexico, score=9.0),
    )
    mexico = cast.mexico.id or 0
    assert claim_next(session, luis, portfolio_id=mexico, at=NOW).item_id == pool.id
    assert claim_next(session, cast.ana, portfolio_id=mexico, at=NOW).item_id == urgent.id
    skip(session, cast.ana, urgent.id or 0, reason=SkipReason.BAD_MOMENT, at=NOW)
    first = claim_next(session, cast.ana, portfolio_id=mexico, at=NOW)
    assert first.item_id == own.id
    release(session, cast.ana, own.id or 0, at=NOW)
    assert (reserved(session)[own.id], reserved(session)[urgent.id]) == (cast.ana.user_id, cast.ana.user_id)
