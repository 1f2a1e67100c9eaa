"""Who comes before a negotiator, and what that does to the call queue; against a real PostgreSQL."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    AuditEntry,
    Band,
    Channel,
    Direction,
    Interaction,
    Pause,
    PauseKind,
    PromiseLimit,
    Queue,
    Role,
    Standing,
    WorkItem,
    WorkState,
)
from tests.actions.test_agreements import allow, pay, sign
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import worklist
from workbench.actions.agreements import withdraw_agreement
from workbench.actions.approvals import decide, request_approval
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.payments import reverse_payment
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Viewer
from workbench.rules.approvals import Decision


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


def test_an_agreement_on_track_lets_it_wait_and_a_missed_installment_brings_it_back(
    session: Session, cast: Cast
) -> None:
    item = owe(session, cast.mexico)
    allow(session, cast)
    cast.mexico.missed_limit = 2
    open_negotiation(session, [item.case_id], at=NOW)
    sign(session, cast.ana, item)
    assert waits(session, item) == (WorkState.WAITING, date(2026, 11, 29)), "the 28th is the first one's last day"
    night(session, item, 1)
    assert waits(session, item) == (WorkState.WAITING, date(2026, 11, 29))
    pay(session, item, "300", 5)
    assert waits(session, item) == (WorkState.WAITING, date(2026, 12, 6)), "the second one is the next to be missed"
    night(session, item, 18)
    assert waits(session, item) == (WorkState.READY, None)
    pay(session, item, "300", 18)
    assert waits(session, item) == (WorkState.WAITING, date(2026, 12, 13)), "cured"
    assert set(items(session, item.case_id)) == {Queue.CALL, Queue.NEGOTIATION}
    assert items(session, item.case_id)[Queue.CALL].state == WorkState.CLOSED


def test_a_payment_taken_back_and_an_agreement_taken_back_bring_it_back(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    allow(session, cast)
    cast.mexico.missed_limit = 2
    open_negotiation(session, [item.case_id], at=NOW)
    made = sign(session, cast.ana, item)
    paid = pay(session, item, "300", 5)
    assert waits(session, item)[0] == WorkState.WAITING
    reverse_payment(session, paid.id or 0, on=TODAY + timedelta(days=11), by=None, at=NOW + timedelta(days=11))
    assert waits(session, item) == (WorkState.READY, None)
    pay(session, item, "300", 11)
    assert waits(session, item)[0] == WorkState.WAITING
    withdraw_agreement(session, cast.ana, made.id or 0, reason="pide otro", at=NOW + timedelta(days=11))
    assert waits(session, item) == (WorkState.READY, None)


@pytest.mark.parametrize("source", ["approved", "countered", "wrote", "callback"])
def test_what_waits_for_an_answer_stays_there_whatever_was_agreed(session: Session, cast: Cast, source: str) -> None:
    item = owe(session, cast.mexico)
    allow(session, cast)
    open_negotiation(session, [item.case_id], at=NOW)
    place = items(session, item.case_id)[Queue.NEGOTIATION]
    if source in ("approved", "countered"):
        session.add(answered(item, cast, ApprovalState(source)))
    elif source == "wrote":
        session.add(spoken(item, None, "reply.unknown", reading={"intent": "unknown"}))
    else:
        place.band = Band.CALLBACK
    session.flush()
    sign(session, cast.ana, item)
    assert waits(session, item) == (WorkState.READY, None)
    if source == "approved":
        session.add(spoken(item, cast.ana.user_id, "call.no_commitment", at=NOW + timedelta(minutes=1)))
        night(session, item, 1)
        assert waits(session, item) == (WorkState.WAITING, date(2026, 11, 29)), "the debtor has been told"


def test_what_an_approver_answers_comes_back_to_who_asked(session: Session, cast: Cast) -> None:
    session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=Role.SUPERVISOR, days_out=40))
    item = owe(session, cast.mexico)
    far = {"amount": "400.00", "due_on": "2026-12-18"}
    request = request_approval(
        session, cast.ana, item.case_id, ApprovalKind.PROMISE, far, reason="Cobra el 15", key=uuid4(), at=NOW
    )
    assert Queue.NEGOTIATION not in items(session, item.case_id)
    decide(session, cast.sofia, request.id or 0, Decision.APPROVE, at=NOW)
    found = items(session, item.case_id)
    assert (found[Queue.NEGOTIATION].state, found[Queue.NEGOTIATION].reserved_for) == (
        WorkState.READY,
        cast.ana.user_id,
    )
    assert found[Queue.CALL].state == WorkState.CLOSED


def test_the_negotiation_is_opened_from_a_search_and_answered_there(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    open_negotiation(session, [item.case_id], at=NOW)
    opened = worklist.claim_case(session, cast.ana, item.case_id, at=NOW)
    place = items(session, item.case_id)[Queue.NEGOTIATION]
    assert (opened.item_id, place.state) == (place.id, WorkState.CLAIMED)


def waits(session: Session, item: WorkItem) -> tuple[WorkState, date | None]:
    """The negotiation's state, and the local day it waits for."""
    place = items(session, item.case_id)[Queue.NEGOTIATION]
    until = place.not_before.astimezone(ZoneInfo("America/Mexico_City")).date() if place.not_before else None
    return place.state, until


def night(session: Session, item: WorkItem, days: int) -> None:
    rescore_cases(session, [item.case_id], on=TODAY + timedelta(days=days), at=NOW + timedelta(days=days))


def answered(item: WorkItem, cast: Cast, state: ApprovalState) -> Approval:
    """Ana's request, which Sofía has answered."""
    return Approval(
        submission_key=uuid4(),
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        kind=ApprovalKind.PROMISE,
        state=state,
        needs=Role.SUPERVISOR,
        requested_by=cast.ana.user_id,
        requested_at=NOW,
        reason="pide más plazo",
        terms={},
        counter={} if state == ApprovalState.COUNTERED else None,
        decided_by=cast.sofia.user_id,
        decided_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )


def spoken(item: WorkItem, user_id: int | None, code: str, *, at: datetime = NOW, **more: Any) -> Interaction:
    """A call of ours, or without a user what the debtor wrote."""
    return Interaction(
        submission_key=uuid4(),
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        user_id=user_id,
        channel=Channel.CALL if user_id else Channel.WHATSAPP,
        direction=Direction.OUTBOUND if user_id else Direction.INBOUND,
        disposition_code=code,
        started_at=at,
        ended_at=at,
        **more,
    )
