"""What providers tell us: kept once, stops obeyed at once, replies worked off into work for people."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Barrier
from uuid import uuid4

import pytest
from sqlmodel import select

from models import (
    Band,
    Cause,
    Channel,
    ContactKind,
    ContactPoint,
    Direction,
    InboundEvent,
    Interaction,
    Message,
    MessageState,
    OptOut,
    Pause,
    PauseKind,
    Promise,
    PromiseState,
    Queue,
    WorkItem,
    WorkState,
)
from tests.cast import NOW, TODAY, owe
from workbench import db
from workbench.actions import replies_in
from workbench.actions.inbound import GIVEN_UP, KNOWN_WITHIN, LEASE, NO_MESSAGE, receive, sweep_inbound, work_off
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.payments import record_payment
from workbench.actions.replies_in import STRANGER
from workbench.actions.standings import rescore_cases
from workbench.channels.letters import Receipt, Reply
from workbench.queries.outbox import strangers
from workbench.rules.senders import spellings

ROSA = "+525512345678"
LATER = NOW + timedelta(minutes=1)
_number = count(1)


def point_of(session, item: WorkItem, kind: ContactKind = ContactKind.PHONE) -> ContactPoint:
    return session.exec(
        select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id, ContactPoint.kind == kind)
    ).one()


def written(session, item: WorkItem, *, sent_at: datetime | None = NOW - timedelta(hours=1), **fields) -> Message:
    """A message of a step to the item's debtor: it left, or it waits in the queue (`sent_at` none)."""
    number = next(_number)
    left = sent_at is not None
    contact = None
    if left:
        contact = Interaction(
            submission_key=uuid4(), portfolio_id=item.portfolio_id, case_id=item.case_id, channel=Channel.WHATSAPP,
            disposition_code="message.sent", started_at=sent_at, ended_at=sent_at,
        )  # fmt: skip
        session.add(contact)
        session.flush()
    values = {
        "key": f"test:{number}", "portfolio_id": item.portfolio_id, "case_id": item.case_id,
        "debtor_id": item.debtor_id, "cause": Cause.PROMISE_DUE, "on_date": TODAY, "channel": Channel.WHATSAPP,
        "contact_point_id": fields.get("contact_point_id") or point_of(session, item).id, "state": MessageState.SENT if left else MessageState.QUEUED,
        "lease_until": None if left else NOW + LEASE, "not_before": NOW, "expires_at": NOW + timedelta(days=2),
        "planned_at": NOW - timedelta(hours=2), "sent_at": sent_at, "body": "Debe 1000",
        "provider": "meta" if left else None, "provider_id": f"wamid.{number}" if left else None,
        "interaction_id": contact.id if contact else None,
    }  # fmt: skip
    message = Message(**values | fields)
    session.add(message)
    session.flush()
    return message


def says(text: str, *, sender: str = ROSA, at: datetime = NOW, **fields) -> Reply:
    return Reply(event_key=f"wamid.in{next(_number)}:received", sender=sender, text=text, at=at, **fields)


def told(session, *events, at: datetime = LATER, channel: Channel = Channel.WHATSAPP, provider: str = "meta") -> None:
    """The events arrive and a worker works them off."""
    for event_id in receive(session, channel, provider, events, {"entry": []}, at=at):
        work_off(session, event_id, at=at)
    session.expire_all()


def replies(session, item: WorkItem) -> list[Interaction]:
    found = select(Interaction).where(Interaction.case_id == item.case_id, Interaction.direction == Direction.INBOUND)
    return list(session.exec(found.order_by(Interaction.id)).all())


def call_item(session, item: WorkItem) -> WorkItem:
    return session.get(WorkItem, item.id, populate_existing=True)


def live_items(session, item: WorkItem) -> list[tuple[Queue, WorkState, int]]:
    """Where the item's debtor is: one place, whichever it is."""
    session.expire_all()
    found = session.exec(select(WorkItem).where(WorkItem.case_id == item.case_id, WorkItem.state != WorkState.CLOSED))
    return [(each.queue, each.state, each.band) for each in found]


@pytest.fixture
def rosa(session, cast) -> WorkItem:
    return owe(session, cast.mexico, phone=ROSA)


def test_an_event_told_three_times_is_kept_once(session, rosa) -> None:
    written(session, rosa)
    reply = says("quién es?")
    assert len(receive(session, Channel.WHATSAPP, "meta", [reply, reply], {"raw": 1}, at=NOW)) == 1
    assert receive(session, Channel.WHATSAPP, "meta", [reply], {"raw": 2}, at=NOW) == []
    (event,) = session.exec(select(InboundEvent)).all()
    assert (event.event_key, event.payload["raw"], event.worked_at) == (reply.event_key, {"raw": 1}, None)
    for _ in range(3):
        work_off(session, event.id, at=LATER)
    assert len(replies(session, rosa)) == 1
    session.refresh(event)
    assert (event.worked_at, event.error, event.lease_until) == (LATER, None, None)


def test_a_stop_word_cancels_what_waits_before_any_worker_runs(session, cast, rosa) -> None:
    twin = owe(session, cast.colombia, phone=ROSA)  # another creditor has the same number
    waiting = [written(session, item, sent_at=None) for item in (rosa, rosa, twin)]
    by_sms = written(session, rosa, sent_at=None, channel=Channel.SMS)
    other = owe(session, cast.mexico, phone="+525587654321")
    spared = written(session, other, sent_at=None)
    receive(session, Channel.WHATSAPP, "meta", [says("ALTO")], {}, at=NOW)
    session.expire_all()
    assert [message.state for message in waiting] == [MessageState.CANCELLED] * 3
    assert [message.state for message in (by_sms, spared)] == [MessageState.QUEUED] * 2
    stopped = session.exec(select(OptOut).order_by(OptOut.debtor_id)).all()
    assert [(each.debtor_id, each.channel, each.source) for each in stopped] == [
        (item.debtor_id, Channel.WHATSAPP, "stop_word") for item in (rosa, twin)
    ]


def test_who_stops_is_not_put_in_front_of_anybody(session, rosa) -> None:
    written(session, rosa)
    told(session, says("ALTO"))
    (reply,) = replies(session, rosa)
    assert (reply.disposition_code, reply.reading["intent"]) == ("reply.stop", "stop")
    assert call_item(session, rosa).band == Band.SCORE


def test_who_wants_to_pay_comes_before_the_negotiators(session, cast, rosa) -> None:
    message = written(session, rosa)
    rosa.state, rosa.not_before, rosa.ready_at = WorkState.WAITING, NOW + timedelta(days=5), None
    session.flush()
    told(session, says("quiero pagar", answers_provider_id=message.provider_id))
    assert live_items(session, rosa) == [(Queue.NEGOTIATION, WorkState.READY, Band.NEGOTIATION)]
    rescore_cases(session, [rosa.case_id], on=TODAY + timedelta(days=1))
    assert live_items(session, rosa) == [(Queue.NEGOTIATION, WorkState.READY, Band.NEGOTIATION)]


@pytest.mark.parametrize("words", ["quiero pagar", "hola"])
def test_who_is_negotiated_with_and_writes_comes_back_there(session, rosa, words: str) -> None:
    open_negotiation(session, [rosa.case_id], at=NOW)
    negotiation = session.exec(select(WorkItem).where(WorkItem.queue == Queue.NEGOTIATION)).one()
    negotiation.state, negotiation.not_before = WorkState.WAITING, NOW + timedelta(days=2)
    negotiation.ready_at = None
    session.flush()
    told(session, says(words))
    assert live_items(session, rosa) == [(Queue.NEGOTIATION, WorkState.READY, Band.NEGOTIATION)]


def test_who_wants_to_pay_and_has_an_agreed_hour_is_called_then(session, rosa) -> None:
    rosa.state, rosa.band, rosa.not_before = WorkState.WAITING, Band.CALLBACK, NOW + timedelta(hours=3)
    rosa.ready_at = None
    session.flush()
    told(session, says("quiero pagar"))
    assert live_items(session, rosa) == [(Queue.CALL, WorkState.WAITING, Band.CALLBACK)]


def test_who_writes_comes_to_the_front_and_stays_there_until_answered(session, cast, rosa) -> None:
    message = written(session, rosa)
    rosa.state, rosa.not_before, rosa.ready_at = WorkState.WAITING, NOW + timedelta(days=5), None
    session.flush()
    told(session, says("hola", answers_provider_id=message.provider_id))
    (reply,) = replies(session, rosa)
    assert (reply.disposition_code, reply.note, reply.user_id) == ("reply.unknown", "hola", None)
    assert session.get(Interaction, message.interaction_id).disposition_code == "message.answered"
    item = call_item(session, rosa)
    assert (item.state, item.band, item.not_before) == (WorkState.READY, Band.NEGOTIATION, None)
    rescore_cases(session, [rosa.case_id], on=TODAY + timedelta(days=1))
    assert call_item(session, rosa).band == Band.NEGOTIATION
    ours = Interaction(
        submission_key=uuid4(), portfolio_id=rosa.portfolio_id, case_id=rosa.case_id, user_id=cast.ana.user_id,
        disposition_code="call.no_commitment", started_at=LATER, ended_at=LATER,
    )  # fmt: skip
    session.add(ours)
    rescore_cases(session, [rosa.case_id], on=TODAY + timedelta(days=1))
    assert call_item(session, rosa).band == Band.SCORE


def test_a_date_is_kept_as_a_proposal(session, rosa) -> None:
    told(session, says("pago el viernes"))
    (reply,) = replies(session, rosa)
    assert (reply.disposition_code, reply.reading["on"]) == ("reply.date", "2026-11-20")
    assert call_item(session, rosa).band == Band.NEGOTIATION


def test_tomorrow_is_the_debtors_own(session, cast, rosa) -> None:
    night = datetime.fromisoformat("2026-11-19T05:30:00+00:00")  # still the 18th in Mexico City
    told(session, says("mañana", at=night), at=night)
    assert replies(session, rosa)[0].reading["on"] == "2026-11-19"


def test_who_says_it_is_paid_is_left_alone_while_somebody_looks(session, rosa) -> None:
    written(session, rosa)
    told(session, says("ya pagué ayer, les mando el comprobante", attachments=("image",)))
    (reply,) = replies(session, rosa)
    assert (reply.disposition_code, reply.note.splitlines()[-1]) == ("reply.paid", "[image]")
    pause = session.exec(select(Pause)).one()
    assert (pause.kind, pause.until_on, pause.by_id) == (PauseKind.VERIFICATION, date(2026, 11, 23), None)
    assert "ya pagué ayer" in pause.reason
    review = session.exec(select(WorkItem).where(WorkItem.queue == Queue.REVIEW)).one()
    assert (review.case_id, review.state) == (rosa.case_id, WorkState.READY)
    item = call_item(session, rosa)
    assert (item.state, item.not_before) == (
        WorkState.WAITING,
        datetime.fromisoformat("2026-11-24T00:00:00-06:00"),
    )
    told(session, says("ya les dije que ya pagué"))
    assert len(session.exec(select(Pause)).all()) == 1


def test_events_out_of_order_leave_the_same(session, rosa) -> None:
    message = written(session, rosa)
    reply = says("hola", answers_provider_id=message.provider_id)
    read = Receipt(f"{message.provider_id}:read", "read", NOW - timedelta(minutes=5), provider_id=message.provider_id)
    sent = Receipt(f"{message.provider_id}:sent", "sent", NOW - timedelta(minutes=9), provider_id=message.provider_id)
    told(session, reply)
    for event in (read, sent, reply, read, sent):
        told(session, event)
    assert message.state == MessageState.READ
    assert session.get(Interaction, message.interaction_id).disposition_code == "message.answered"
    assert len(replies(session, rosa)) == 1


def test_the_last_message_to_a_number_says_whose_reply_it_is(session, cast) -> None:
    first, second = owe(session, cast.mexico, phone=ROSA), owe(session, cast.mexico, phone=ROSA)
    written(session, first, sent_at=NOW - timedelta(hours=3))
    written(session, second, sent_at=NOW - timedelta(hours=1))
    told(session, says("hola"))
    assert (len(replies(session, first)), len(replies(session, second))) == (0, 1)


def test_the_answered_message_says_it_better(session, cast) -> None:
    first, second = owe(session, cast.mexico, phone=ROSA), owe(session, cast.mexico, phone=ROSA)
    old = written(session, first, sent_at=NOW - timedelta(hours=3))
    written(session, second, sent_at=NOW - timedelta(hours=1))
    told(session, says("hola", answers_provider_id=old.provider_id))
    assert (len(replies(session, first)), len(replies(session, second))) == (1, 0)


@pytest.mark.parametrize(
    ("kept", "sender"),
    [
        ("+525512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+5491123456789"),
        ("+5511987654321", "+551187654321"),
        ("+551187654321", "+5511987654321"),
        ("+573001234567", "+573001234567"),
        ("+573001234567", "whatsapp:+573001234567"),
    ],
)
def test_a_number_is_known_in_each_of_its_spellings(kept: str, sender: str) -> None:
    assert kept in spellings(sender, Channel.WHATSAPP)


def test_who_hides_the_number_is_nobody_we_know() -> None:
    assert spellings("US.1234567890123", Channel.WHATSAPP) == ["US.1234567890123"]
    assert spellings(" Rosa@Example.com ", Channel.EMAIL) == ["rosa@example.com"]


def test_a_stranger_is_kept_and_listed_with_the_outbox(session, cast, rosa) -> None:
    told(session, says("hola", sender="+5215599999999"))
    event = session.exec(select(InboundEvent)).one()
    assert (event.worked_at, event.error) == (LATER, STRANGER)
    (listed,) = strangers(session, cast.sofia, since=NOW)
    assert (listed.sender, listed.words) == ("+5215599999999", "hola")
    assert replies(session, rosa) == []


def test_a_reply_by_email_finds_its_sender(session, rosa) -> None:
    point = ContactPoint(
        debtor_id=rosa.debtor_id, kind=ContactKind.EMAIL, value="rosa@correo.mx", raw="Rosa@correo.mx", source="test"
    )
    session.add(point)
    session.flush()
    told(session, says("quiero pagar", sender="Rosa@Correo.mx"), channel=Channel.EMAIL, provider="smtp")
    (reply,) = replies(session, rosa)
    assert (reply.channel, reply.contact_point_id) == (Channel.EMAIL, point.id)


def test_who_owes_nothing_more_is_written_down_and_not_put_in_front(session, rosa) -> None:
    record_payment(session, case_id=rosa.case_id, amount=Decimal(1000), paid_on=TODAY, reference="1", by=None, at=NOW)
    rescore_cases(session, [rosa.case_id], on=TODAY)
    told(session, says("hola"))
    assert len(replies(session, rosa)) == 1
    assert call_item(session, rosa).state == WorkState.CLOSED


@pytest.mark.parametrize(("words", "queue"), [("hola", Queue.CALL), ("quiero pagar", Queue.NEGOTIATION)])
def test_a_reply_before_anything_is_due_comes_to_the_front(session, cast, words: str, queue: Queue) -> None:
    early = owe(session, cast.mexico, phone=ROSA, days_past_due=-3, state=WorkState.CLOSED)
    told(session, says(words))
    assert live_items(session, early) == [(queue, WorkState.READY, Band.NEGOTIATION)]


def test_a_receipt_that_comes_too_early_waits_a_day_for_its_message(session) -> None:
    early = Receipt("wamid.x:sent", "sent", NOW, provider_id="wamid.x")
    (event_id,) = receive(session, Channel.WHATSAPP, "meta", [early], {}, at=NOW)
    work_off(session, event_id, at=NOW)
    event = session.get(InboundEvent, event_id, populate_existing=True)
    assert event.worked_at is None
    work_off(session, event_id, at=NOW + KNOWN_WITHIN)
    session.refresh(event)
    assert (event.worked_at, event.error) == (NOW + KNOWN_WITHIN, NO_MESSAGE)


def test_what_a_lost_worker_left_is_sent_again_ever_more_seldom(session) -> None:
    (event_id,) = receive(session, Channel.WHATSAPP, "meta", [says("hola")], {}, at=NOW)
    session.info["jobs"] = []
    assert sweep_inbound(session, at=NOW) == 0  # its job is on its way
    assert sweep_inbound(session, at=NOW + LEASE) == 1
    assert session.info["jobs"][0][1] == {"event_ids": [event_id]}
    event = session.get(InboundEvent, event_id, populate_existing=True)
    assert (event.attempts, event.lease_until) == (1, NOW + LEASE + timedelta(minutes=1))
    assert sweep_inbound(session, at=NOW + LEASE) == 0
    at = NOW + LEASE
    for _ in range(60):
        at += timedelta(hours=1)
        sweep_inbound(session, at=at)
    session.refresh(event)
    assert (event.error, event.received_at < event.worked_at - GIVEN_UP + timedelta(hours=2)) == ("gave up", True)


def test_hostile_text_is_kept_as_text(session, rosa) -> None:
    hostile = "=cmd|' /C calc'!A0 {{7*7}} '; DROP TABLE message; --\x00\ud800<script>"
    told(session, says(hostile))
    (reply,) = replies(session, rosa)
    assert reply.note.startswith("=cmd|' /C calc'!A0 {{7*7}} '; DROP TABLE message; --")
    assert "\x00" not in reply.note


def test_two_workers_and_two_tellings_at_once_leave_one_reply(fresh_db, fresh_cast) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, phone=ROSA)
    reply, gate = says("quiero pagar"), Barrier(4)

    def tell() -> list[int]:
        gate.wait()
        with db.transaction() as session:
            return receive(session, Channel.WHATSAPP, "meta", [reply], {}, at=NOW)

    def work() -> None:
        gate.wait()
        with db.transaction() as session:
            work_off(session, event_id, at=LATER)

    with ThreadPoolExecutor(4) as pool:
        told_by = [each.result() for each in [pool.submit(tell) for _ in range(4)]]
        (event_id,) = [event_id for ids in told_by for event_id in ids]
        for each in [pool.submit(work) for _ in range(4)]:
            each.result()
    with db.reading() as session:
        assert len(replies(session, item)) == 1


def test_a_worker_that_is_killed_leaves_the_event_as_it_was(fresh_db, fresh_cast, monkeypatch) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, phone=ROSA)
        (event_id,) = receive(session, Channel.WHATSAPP, "meta", [says("ya pagué")], {}, at=NOW)

    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(replies_in, "rescore_cases", killed)  # the last thing it does
        with pytest.raises(KeyboardInterrupt), db.transaction() as session:
            work_off(session, event_id, at=LATER)
    with db.transaction() as session:
        assert replies(session, item) == []
        assert session.exec(select(Pause)).all() == []
        assert sweep_inbound(session, at=NOW + LEASE) == 1
    with db.transaction() as session:
        work_off(session, event_id, at=LATER)
        assert [each.disposition_code for each in replies(session, item)] == ["reply.paid"]


def test_words_in_a_reply_are_no_talk_about_a_broken_promise(session, cast, rosa) -> None:
    broken = Promise(
        portfolio_id=rosa.portfolio_id, case_id=rosa.case_id, amount=Decimal(500), due_on=TODAY - timedelta(days=5),
        taken_on=TODAY - timedelta(days=9), created_at=NOW, state=PromiseState.BROKEN, closed_on=TODAY - timedelta(days=1),
        taken_by=cast.ana.user_id,
    )  # fmt: skip
    session.add(broken)
    session.flush()
    told(session, says("quién es?"))
    assert call_item(session, rosa).band == Band.BROKEN_PROMISE
