"""Who comes before a negotiator, and what that does to the call queue; against a real PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import AuditEntry, Band, Pause, PauseKind, Queue, Standing, WorkItem, WorkState
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import worklist
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Viewer


def claim(
    session: Session, cast: Cast, who: Viewer, *, queue: Queue = Queue.NEGOTIATION, at: datetime = NOW
) -> worklist.Claim | None:
    assert cast.mexico.id is not None
    return worklist.claim_next(session, who, portfolio_id=cast.mexico.id, at=at, queue=queue)


def items(session: Session, case_id: int) -> dict[Queue, WorkItem]:
    session.expire_all()
    found = session.exec(select(WorkItem).where(WorkItem.case_id == case_id))
    return {each.queue: each for each in found}


def test_a_case_moves_from_the_calls_to_the_negotiations_once(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, score=42.0)
    assert open_negotiation(session, [item.case_id], at=NOW) == 1
    assert open_negotiation(session, [item.case_id], at=NOW) == 0
    found = items(session, item.case_id)
    assert found[Queue.CALL].state == WorkState.CLOSED
    there = found[Queue.NEGOTIATION]
    assert (there.state, there.band, there.score, there.reserved_for) == (WorkState.READY, 3, 42.0, None)
    noted = session.exec(select(AuditEntry).where(AuditEntry.deed == "open_negotiation")).all()
    assert [entry.details["case_id"] for entry in noted] == [item.case_id]


def test_many_cases_are_opened_in_one_statement_and_keep_their_scores(session: Session, cast: Cast) -> None:
    cases = [owe(session, cast.mexico, score=float(n)).case_id for n in range(30)]
    assert open_negotiation(session, cases, at=NOW) == 30
    scores = session.exec(select(WorkItem.score).where(WorkItem.queue == Queue.NEGOTIATION)).all()
    assert sorted(scores) == [float(n) for n in range(30)]


def test_an_answer_is_reserved_for_who_asked(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    open_negotiation(session, [item.case_id], at=NOW)
    assert open_negotiation(session, [item.case_id], at=NOW, reserved_for=cast.ana.user_id) == 1
    assert items(session, item.case_id)[Queue.NEGOTIATION].reserved_for == cast.ana.user_id
    sofia = claim(session, cast, cast.sofia)
    assert sofia is None
    ana = claim(session, cast, cast.ana)
    assert ana
    assert ana.case_id == item.case_id


def test_the_more_urgent_band_stands(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    open_negotiation(session, [item.case_id], at=NOW, band=Band.BROKEN_PROMISE)
    open_negotiation(session, [item.case_id], at=NOW)
    assert items(session, item.case_id)[Queue.NEGOTIATION].band == Band.BROKEN_PROMISE


@pytest.mark.parametrize(
    "queue", [pytest.param(Queue.CALL, id="of a call"), pytest.param(Queue.NEGOTIATION, id="of a negotiation")]
)
def test_an_agreed_callback_keeps_its_hour(session: Session, cast: Cast, queue: Queue) -> None:
    hour = NOW + timedelta(hours=3)
    callback: dict[str, Any] = {"state": WorkState.WAITING, "band": Band.CALLBACK, "not_before": hour}
    item = owe(session, cast.mexico, queue=queue, reserved_for=cast.ana.user_id, **callback)
    open_negotiation(session, [item.case_id], at=NOW)
    kept = items(session, item.case_id)[queue]
    assert (kept.state, kept.not_before, kept.reserved_for) == (WorkState.WAITING, hour, cast.ana.user_id)


def test_what_is_in_somebodys_hands_stays_there(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast, cast.ana, queue=Queue.CALL)
    open_negotiation(session, [item.case_id], at=NOW)
    found = items(session, item.case_id)
    assert found[Queue.CALL].claimed_by == cast.ana.user_id
    assert found[Queue.NEGOTIATION].state == WorkState.READY
    other = claim(session, cast, cast.sofia)
    assert other is None, "the debtor is on the telephone"


def test_nothing_is_opened_where_nothing_is_owed_or_all_contact_is_barred(session: Session, cast: Cast) -> None:
    paid, held = owe(session, cast.mexico), owe(session, cast.mexico)
    gone = "UPDATE case_standing SET balance = 0, past_due = 0, oldest_due_on = NULL WHERE case_id = :case"
    session.execute(text(gone), {"case": paid.case_id})
    assert cast.mexico.id is not None
    session.add(
        Pause(
            portfolio_id=cast.mexico.id,
            case_id=held.case_id,
            kind=PauseKind.LEGAL_HOLD,
            from_on=TODAY,
            reason="juicio",
            created_at=NOW,
        )
    )
    assert open_negotiation(session, [paid.case_id, held.case_id], at=NOW) == 0


def test_outside_lawful_hours_it_is_there_but_nobody_takes_it(session: Session, cast: Cast) -> None:
    late = NOW + timedelta(hours=14)  # midnight in Mexico City
    item = owe(session, cast.mexico)
    open_negotiation(session, [item.case_id], at=late)
    assert claim(session, cast, cast.ana, at=late) is None
    assert items(session, item.case_id)[Queue.NEGOTIATION].state != WorkState.CLOSED


def test_a_night_keeps_it_and_its_score_follows_until_nothing_is_owed(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, score=7777.0)
    open_negotiation(session, [item.case_id], at=NOW)
    rescore_cases(session, [item.case_id], on=TODAY, at=NOW)
    found = items(session, item.case_id)
    assert found[Queue.CALL].state == WorkState.CLOSED, "the negotiation has taken it over"
    assert found[Queue.NEGOTIATION].state == WorkState.READY
    assert found[Queue.NEGOTIATION].score == session.get_one(Standing, item.case_id).score != 7777.0
    paid = "UPDATE receivable SET balance = 0, settled_on = due_on WHERE case_id = :case"
    session.execute(text(paid), {"case": item.case_id})
    rescore_cases(session, [item.case_id], on=TODAY, at=NOW)
    assert items(session, item.case_id)[Queue.NEGOTIATION].state == WorkState.CLOSED
