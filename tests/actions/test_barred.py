"""Whoever died, is before a court or was handed over is contacted no more: not by call, by message, or by an answer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from models import (
    Cause,
    Channel,
    Dispute,
    DisputeKind,
    Interaction,
    Message,
    MessageState,
    PauseKind,
    Resolution,
    WorkItem,
)
from models.work_items import Queue, WorkState
from tests.actions.books import NIGHT, day, publish, step, strategy
from tests.actions.test_interactions import form_for
from tests.actions.test_replies_out import wrote
from tests.cast import NOW, Cast, owe
from tests.letters import again, approve, plan
from workbench.actions import outbox, worklist
from workbench.actions.dispositions import install_dispositions
from workbench.actions.disputes import open_dispute, resolve_dispute
from workbench.actions.interactions import record
from workbench.actions.pauses import begin_pause, end_pause, finish_pauses, pause_case
from workbench.actions.planning import plan_night
from workbench.actions.promises import take_promise
from workbench.actions.replies_out import write_reply
from workbench.actions.standings import rescore_cases
from workbench.actions.worklist import claim_next, release
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BARS = (PauseKind.DECEASED, PauseKind.LEGAL_HOLD, PauseKind.HAND_OVER)
SAYS = {PauseKind.DECEASED: "deceased", PauseKind.LEGAL_HOLD: "legal hold", PauseKind.HAND_OVER: "handed over"}


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    install_dispositions(session)
    approve(session)
    return owe(session, cast.mexico, days_past_due=1)


def bar(session: Session, cast: Cast, item: WorkItem, kind: PauseKind, **more) -> int:
    return begin_pause(session, item.case_id, kind, reason="x", by=cast.sofia.user_id, at=NOW, **more)


def state_of(session: Session, item: WorkItem) -> WorkState:
    session.refresh(item)
    return item.state


@pytest.mark.parametrize("kind", BARS)
def test_no_call_is_saved_that_began_afterwards(session, cast, item, kind) -> None:
    bar(session, cast, item, kind)
    before = session.exec(select(Interaction.id)).all()
    for at in (NOW, NOW + 3 * DAY):
        form = form_for(session, item, "call.no_answer", item_id=None, started_at=at)
        with pytest.raises(Refused, match=SAYS[kind]):
            record(session, cast.ana, form, at=at)
    assert session.exec(select(Interaction.id)).all() == before


@pytest.mark.parametrize("kind", BARS)
def test_nobody_is_handed_the_debtor(session, cast, item, kind) -> None:
    bar(session, cast, item, kind)
    assert state_of(session, item) == WorkState.CLOSED
    assert claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW) is None
    with pytest.raises(Refused, match="closed"):
        worklist.claim_case(session, cast.ana, item.case_id, at=NOW)


@pytest.mark.parametrize("kind", BARS)
def test_a_reply_of_theirs_brings_them_to_nobodys_queue_and_gets_no_answer(session, cast, item, kind) -> None:
    wrote(session, item, at=NOW - MINUTE, reading={"intent": "wants_to_pay"})
    bar(session, cast, item, kind)
    rescore_cases(session, [item.case_id], on=day(0))
    assert state_of(session, item) == WorkState.CLOSED
    with pytest.raises(Refused, match=SAYS[kind]):
        write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Buenos días", "key-1", at=NOW)
    assert session.exec(select(Message.id).where(Message.case_id == item.case_id)).all() == []


@pytest.mark.parametrize("kind", BARS)
def test_a_reply_that_was_queued_before_does_not_leave(session, cast, item, kind) -> None:
    wrote(session, item, at=NOW - MINUTE)
    message_id = write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Buenos días", "key-2", at=NOW)
    bar(session, cast, item, kind)
    assert outbox.begin(session, message_id, at=NOW) is None
    message = again(session, session.get_one(Message, message_id))
    assert (message.state, message.held["code"], message.cause) == (MessageState.CANCELLED, "paused", Cause.REPLY)


def test_an_answer_in_a_dispute_leaves(session, cast, item) -> None:
    wrote(session, item, at=NOW - MINUTE)
    bar(session, cast, item, PauseKind.DISPUTE)
    message_id = write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Lo revisamos", "key-3", at=NOW)
    assert outbox.begin(session, message_id, at=NOW) is not None


@pytest.mark.parametrize("kind", BARS)
def test_nothing_is_planned_and_nothing_planned_leaves(session, cast, item, kind) -> None:
    queued = plan(session, item)
    bar(session, cast, item, kind)
    assert outbox.begin(session, queued.id, at=NOW) is None
    assert again(session, queued).state == MessageState.CANCELLED
    publish(session, cast.mexico, strategy(step("first", 1), step("second", 8)))
    for on in range(0, 10, 3):
        assert plan_night(session, cast.mexico, on=day(on), at=NIGHT + on * DAY).messages == 0


def test_a_debtor_who_died_stays_alone_until_it_turns_out_not_so(session, cast, item) -> None:
    claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    form = form_for(session, item, "account.deceased", note="lo dice el registro civil", started_at=NOW - MINUTE)
    record(session, cast.ana, form, at=NOW)
    with pytest.raises(Refused, match="deceased"):
        record(session, cast.ana, form_for(session, item, "call.busy", item_id=None, started_at=NOW), at=NOW)
    # a manager's reason for a call outside the law lifts no death
    over = form_for(session, item, "call.busy", item_id=None, started_at=NOW, override_reason="es urgente")
    with pytest.raises(Refused, match="deceased"):
        record(session, cast.sofia, over, at=NOW)
    # what is no contact may be written down
    record(session, cast.ana, form_for(session, item, "account.fraud", item_id=None, note="otra persona"), at=NOW)
    claims = select_open(session, item)
    for each in claims:
        resolve_dispute(session, cast.sofia, each, Resolution.RESUMED, note="era otra persona", at=NOW + DAY)
    assert state_of(session, item) == WorkState.READY
    later = NOW + DAY + MINUTE
    record(session, cast.ana, form_for(session, item, "call.busy", item_id=None, started_at=later), at=later)


def select_open(session: Session, item: WorkItem) -> list[int]:
    return list(
        session.exec(select(Dispute.id).where(Dispute.case_id == item.case_id, col(Dispute.resolution).is_(None)))
    )


def test_a_dispute_bars_no_call_that_the_debtor_asked_for(session, cast, item) -> None:
    open_dispute(session, cast.ana, item.case_id, DisputeKind.DISPUTE, "wrong_amount", note="x", at=NOW)
    record(session, cast.ana, form_for(session, item, "call.no_commitment", item_id=None), at=NOW)
    assert state_of(session, item) == WorkState.CLOSED


def test_who_held_the_debtor_gives_them_back_to_nobody(session, cast, item) -> None:
    held = claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    pause_id = bar(session, cast, item, PauseKind.LEGAL_HOLD)
    assert state_of(session, item) == WorkState.CLAIMED
    release(session, cast.ana, held.item_id, at=NOW + MINUTE)
    assert state_of(session, item) == WorkState.CLOSED
    finish_pauses(session, [pause_id], because="levantada", by=cast.sofia.user_id, at=NOW + MINUTE)
    assert state_of(session, item) == WorkState.READY


def test_a_pause_with_an_end_waits_for_the_day_after_it(session, cast, item) -> None:
    pause_id = pause_case(session, cast.sofia, item.case_id, PauseKind.HARDSHIP, until_on=day(5), reason="x", at=NOW)
    assert state_of(session, item) == WorkState.WAITING
    assert item.not_before.isoformat() == "2026-11-24T06:00:00+00:00"  # midnight in Mexico City
    end_pause(session, cast.sofia, pause_id, reason="trabaja de nuevo", at=NOW + DAY)
    assert state_of(session, item) == WorkState.READY
    # a callback that was agreed stands
    item.state, item.band, item.not_before, item.reserved_for = WorkState.WAITING, 1, NOW + DAY, cast.ana.user_id
    item.ready_at = None
    session.flush()
    pause_case(session, cast.sofia, item.case_id, PauseKind.HARDSHIP, until_on=day(9), reason="x", at=NOW + DAY)
    assert (state_of(session, item), item.not_before) == (WorkState.WAITING, NOW + DAY)


def test_a_hand_over_closes_what_was_to_be_negotiated(session, cast, item) -> None:
    place = {"portfolio_id": item.portfolio_id, "case_id": item.case_id, "debtor_id": item.debtor_id}
    session.add(other := WorkItem(queue=Queue.NEGOTIATION, zone=item.zone, ready_at=NOW, **place))
    session.flush()
    bar(session, cast, item, PauseKind.HAND_OVER)
    assert state_of(session, other) == WorkState.CLOSED


@pytest.mark.parametrize("kind", BARS)
def test_no_promise_is_noted_outside_a_call(session: Session, cast: Cast, item: WorkItem, kind: PauseKind) -> None:
    bar(session, cast, item, kind)
    with pytest.raises(Refused, match=SAYS[kind]):
        take_promise(session, cast.ana, case_id=item.case_id, terms=PromiseTerms(Decimal(500), day(5)), at=NOW)
