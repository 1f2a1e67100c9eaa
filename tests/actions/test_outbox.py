from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Cause, Message, MessageState, WorkItem
from tests.cast import NOW, Cast, owe
from tests.letters import again, approve, events_of, plan, sent
from workbench.actions import outbox
from workbench.actions.outbox import JOB_SIZE, QUEUED_LEASE, SENDING_LEASE
from workbench.channels.letters import Passing, Unknown
from workbench.jobs import Job
from workbench.rules.held import held_in_words
from workbench.rules.refusals import Refused

PLANNED, QUEUED, SENDING = MessageState.PLANNED, MessageState.QUEUED, MessageState.SENDING
MINUTE = timedelta(minutes=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    return owe(session, cast.mexico)


def jobs_of(session: Session) -> list[list[int]]:
    """The ids in the jobs that leave with the commit."""
    jobs = session.info.pop("jobs", [])
    assert {job for job, _ in jobs} <= {Job.SEND}
    return [ids["message_ids"] for _, ids in jobs]


def test_what_is_due_is_queued_in_jobs_of_so_many_ids(session: Session, item: WorkItem) -> None:
    due = [plan(session, item, state=PLANNED).id for _ in range(JOB_SIZE + 10)]
    later = plan(session, item, state=PLANNED, not_before=NOW + MINUTE)
    assert outbox.dispatch(session, at=NOW) == JOB_SIZE + 10
    assert jobs_of(session) == [due[:JOB_SIZE], due[JOB_SIZE:]]
    assert again(session, later).state is PLANNED
    found = session.get_one(Message, due[0])
    assert (found.state, found.lease_until) == (QUEUED, NOW + QUEUED_LEASE)
    assert events_of(session, found) == [("queued", "plan")]
    assert outbox.dispatch(session, at=NOW) == 0
    assert jobs_of(session) == []


def test_a_backlog_waits_in_the_table_the_longest_waiting_goes_first(session: Session, item: WorkItem) -> None:
    ids = [plan(session, item, state=PLANNED, not_before=NOW - number * MINUTE).id for number in range(5)]
    assert outbox.dispatch(session, at=NOW, limit=2) == 2
    assert jobs_of(session) == [sorted(ids[3:])]
    assert outbox.dispatch(session, at=NOW, limit=2) == 0
    assert outbox.dispatch(session, at=NOW, limit=3) == 1


def test_a_worker_gives_back_what_it_did_not_come_to(session: Session, item: WorkItem) -> None:
    begun, waiting = plan(session, item), plan(session, item)
    assert outbox.begin(session, begun.id, at=NOW)
    assert outbox.release(session, [begun.id, waiting.id], at=NOW) == 1
    assert (again(session, begun).state, again(session, waiting).state) == (SENDING, PLANNED)
    assert again(session, waiting).lease_until is None


def test_the_sweep_finds_what_lost_workers_left(session: Session, item: WorkItem) -> None:
    queued, begun = plan(session, item), plan(session, item)
    assert outbox.begin(session, begun.id, at=NOW)
    assert outbox.sweep(session, at=NOW + QUEUED_LEASE - MINUTE) == outbox.Swept(0, 0, 0)
    assert outbox.sweep(session, at=NOW + max(QUEUED_LEASE, SENDING_LEASE)) == outbox.Swept(1, 1, 0)
    assert (again(session, queued).state, again(session, begun).state) == (PLANNED, MessageState.UNCONFIRMED)
    assert outbox.dispatch(session, at=NOW + QUEUED_LEASE) == 1
    assert jobs_of(session) == [[queued.id]]
    assert again(session, begun).error
    assert events_of(session, begun) == [("sending", "send"), ("unconfirmed", "sweep")]


def test_what_broke_while_it_was_judged_waits_and_lets_others_pass(session: Session, item: WorkItem) -> None:
    broken, begun = plan(session, item), plan(session, item)
    assert outbox.begin(session, begun.id, at=NOW)
    assert outbox.put_off(session, broken.id, error="ValueError at letters.py:7", at=NOW)
    assert not outbox.put_off(session, begun.id, error="too late", at=NOW)
    found = again(session, broken)
    assert (found.state, found.not_before, found.tries) == (PLANNED, NOW + outbox.PUT_OFF, 0)
    assert found.error == "ValueError at letters.py:7"
    assert outbox.dispatch(session, at=NOW + MINUTE) == 0
    assert outbox.dispatch(session, at=NOW + outbox.PUT_OFF) == 1
    assert outbox.begin(session, broken.id, at=NOW + outbox.PUT_OFF)
    assert again(session, broken).error is None


def test_the_sweep_cancels_what_expired_while_it_waited(session: Session, item: WorkItem) -> None:
    end = NOW + timedelta(hours=1)
    late, waits = plan(session, item, state=PLANNED, expires_at=end), plan(session, item, state=PLANNED)
    queued = plan(session, item, expires_at=end, lease_until=end + MINUTE)
    assert outbox.sweep(session, at=end - MINUTE).expired == 0
    assert outbox.sweep(session, at=end).expired == 1
    found = again(session, late)
    assert (found.state, found.ended_at) == (MessageState.CANCELLED, end)
    assert (found.held or {})["code"] == "expired"
    assert events_of(session, late) == [("cancelled", "sweep")]
    assert (again(session, waits).state, again(session, queued).state) == (PLANNED, QUEUED)


def test_a_worker_that_was_only_slow_still_tells_that_it_left(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW)
    outbox.sweep(session, at=NOW + SENDING_LEASE)
    outbox.finish(session, message.id, sent(), at=NOW + 2 * SENDING_LEASE)
    found = again(session, message)
    assert (found.state, found.ended_at) == (MessageState.SENT, None)


def test_a_slow_worker_that_could_not_send_does_not_send_again(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW)
    outbox.sweep(session, at=NOW + SENDING_LEASE)
    outbox.finish(session, message.id, Passing("stub", "busy"), at=NOW + 2 * SENDING_LEASE)
    assert again(session, message).state is MessageState.FAILED


def test_a_job_that_comes_after_its_lease_still_sends(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW + 10 * QUEUED_LEASE)


def test_a_supervisor_takes_back_what_has_not_left(session: Session, cast: Cast, item: WorkItem) -> None:
    queued, planned, gone = plan(session, item), plan(session, item, state=PLANNED), plan(session, item)
    assert outbox.begin(session, gone.id, at=NOW)
    ids = [queued.id, planned.id, gone.id]
    assert outbox.cancel(session, cast.sofia, ids, reason=" Lo pidió el banco ", at=NOW) == 2
    found = again(session, queued)
    assert (found.state, found.ended_at, found.lease_until) == (MessageState.CANCELLED, NOW, None)
    assert held_in_words(found.held, "es") == "Cancelado por una persona: Lo pidió el banco"
    assert again(session, gone).state is SENDING
    assert outbox.begin(session, queued.id, at=NOW) is None
    entry = session.execute(text("SELECT by_id, details FROM audit_entry WHERE deed = 'cancel_messages'")).one()
    assert (entry.by_id, entry.details["ids"]) == (cast.sofia.user_id, [queued.id, planned.id])


def test_nobody_takes_back_what_they_may_not(session: Session, cast: Cast, item: WorkItem) -> None:
    message = plan(session, item)
    with pytest.raises(Refused):
        outbox.cancel(session, cast.ana, [message.id], reason="x", at=NOW)
    with pytest.raises(Refused):
        outbox.cancel(session, cast.sofia, [message.id], reason=" ", at=NOW)
    colombian = plan(session, owe(session, cast.colombia, phone="+573001234567"))
    assert outbox.cancel(session, cast.sofia, [colombian.id], reason="x", at=NOW) == 0
    assert again(session, colombian).state is QUEUED


@pytest.fixture
def unconfirmed(session: Session, item: WorkItem) -> Message:
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Unknown("stub", "connection reset"), at=NOW)
    return message


def test_a_person_says_that_it_left(session: Session, cast: Cast, unconfirmed: Message) -> None:
    assert outbox.resolve(session, cast.sofia, unconfirmed.id, left=True, at=NOW + MINUTE) is None
    found = again(session, unconfirmed)
    assert (found.state, found.sent_at, found.ended_at) == (MessageState.SENT, NOW, None)


def test_a_person_says_that_it_did_not_leave_and_sends_it_again(
    session: Session, cast: Cast, unconfirmed: Message
) -> None:
    made = outbox.resolve(session, cast.sofia, unconfirmed.id, left=False, again=True, at=NOW + MINUTE)
    assert again(session, unconfirmed).state is MessageState.FAILED
    second = session.get_one(Message, made)
    assert (second.state, second.key) == (PLANNED, f"{unconfirmed.key}:again2")
    assert outbox.dispatch(session, at=NOW + MINUTE) == 1
    outgoing = outbox.begin(session, second.id, at=NOW + MINUTE)
    assert outgoing is not None
    assert outgoing.key == second.key


def test_only_an_unconfirmed_message_is_resolved_and_once(session: Session, cast: Cast, unconfirmed: Message) -> None:
    with pytest.raises(Refused):
        outbox.resolve(session, cast.ana, unconfirmed.id, left=True, at=NOW)
    with pytest.raises(Refused):
        outbox.resolve(session, cast.sofia, unconfirmed.id, left=True, again=True, at=NOW)
    outbox.resolve(session, cast.sofia, unconfirmed.id, left=False, at=NOW)
    with pytest.raises(Refused):
        outbox.resolve(session, cast.sofia, unconfirmed.id, left=False, again=True, at=NOW)
    assert len(session.scalars(select(Message.id)).all()) == 1


def test_what_lies_elsewhere_is_as_if_it_did_not_exist(session: Session, cast: Cast, unconfirmed: Message) -> None:
    stranger = cast.sofia.__class__(cast.sofia.user_id, "S", cast.sofia.role, "es", frozenset({cast.colombia.id}))
    for message_id in (unconfirmed.id, 0):
        with pytest.raises(Refused, match="nothing here"):
            outbox.resolve(session, stranger, message_id, left=True, at=NOW)


def test_events_without_a_step_need_no_strategy(session: Session, item: WorkItem) -> None:
    assert plan(session, item, cause=Cause.PAYMENT_THANKS, key="payment_thanks:1:sms").strategy_id is None
