from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Channel, ContactPoint, Interaction, Message, MessageState, WorkItem
from tests.cast import NOW, Cast, owe
from tests.letters import again, approve, email_of, events_of, plan, receipt, sent
from workbench.actions import outbox, receipts
from workbench.actions.receipts import receive_receipt
from workbench.channels.letters import Passing, Unknown
from workbench.rules.law_words import Level

State = MessageState
MINUTE = timedelta(minutes=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    return owe(session, cast.mexico)


@pytest.fixture
def message(session: Session, item: WorkItem) -> Message:
    """Being sent."""
    message = plan(session, item, fallbacks=["email"])
    assert outbox.begin(session, message.id, at=NOW)
    return message


def tell(session: Session, state: str, *, at: Any = NOW, **fields: Any) -> bool:
    return receive_receipt(session, receipt(state, at, **fields), "stub", at=NOW + MINUTE)


def code_of(session: Session, message: Message) -> str:
    return session.get_one(Interaction, again(session, message).interaction_id).disposition_code


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])))
def test_receipts_in_any_order_and_twice_end_in_read(
    session: Session, message: Message, order: tuple[str, ...]
) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    states = []
    for state in order + order:
        assert tell(session, state, provider_id="id-1")
        states.append(again(session, message).state)
    assert states[-1] is State.READ
    assert states == sorted(states, key=[State.SENT, State.DELIVERED, State.READ].index)
    assert code_of(session, message) == "message.read"


def test_a_receipt_that_comes_before_our_own_note_is_not_lost(session: Session, message: Message) -> None:
    assert not tell(session, "delivered", provider_id="id-1")  # its id is not known yet: asked again later
    assert tell(session, "delivered", provider_id="id-1", key=message.key)
    found = again(session, message)
    assert (found.state, found.provider, found.provider_id) == (State.DELIVERED, "stub", "id-1")
    outbox.finish(session, message.id, sent(), at=NOW + MINUTE)
    found = again(session, message)
    assert (found.state, found.sent_at, found.lease_until) == (State.DELIVERED, NOW, None)
    assert ("sent", "send") in events_of(session, found)


def test_a_receipt_that_is_asked_again_after_our_own_note_moves_it(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    assert tell(session, "delivered", provider_id="id-1")
    assert again(session, message).state is State.DELIVERED


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed", "bounced"])
def test_an_unconfirmed_message_is_reconciled_by_its_receipt(session: Session, message: Message, state: str) -> None:
    outbox.finish(session, message.id, Unknown("stub", "cut"), at=NOW)
    assert tell(session, state, key=message.key, provider_id="id-9")
    found = again(session, message)
    assert (found.state, found.provider_id) == (State(state), "id-9")
    assert (found.ended_at is None) is (state in ("sent", "delivered", "read"))


def test_a_message_that_was_said_not_to_have_left_but_did_is_not_sent_again(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, Passing("stub", "busy"), at=NOW)
    outbox.dispatch(session, at=NOW + MINUTE)
    assert tell(session, "delivered", key=message.key)
    assert outbox.begin(session, message.id, at=NOW + MINUTE) is None
    assert again(session, message).state is State.DELIVERED


def test_a_bounce_after_delivery_counts_no_attempt(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    tell(session, "delivered", provider_id="id-1")
    tell(session, "bounced", provider_id="id-1", reason="mailbox full")
    found = again(session, message)
    assert (found.state, found.error) == (State.BOUNCED, "mailbox full")
    assert code_of(session, message) == "message.bounced"
    assert session.scalars(select(Message.id).where(Message.id != message.id)).first() is None


def test_a_bounce_marks_a_dead_address_and_falls_back(session: Session, cast: Cast, item: WorkItem) -> None:
    approve(session, channel=Channel.EMAIL)
    point = email_of(session, item)
    message = plan(session, item, channel=Channel.EMAIL, fallbacks=["sms"])
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, sent(), at=NOW)
    for _ in range(2):
        tell(session, "bounced", provider_id="id-1", invalidates=True)
    session.expire_all()
    dead = session.get_one(ContactPoint, point.id)
    assert (dead.status, dead.unreachable) == ("invalid", ["email"])
    following = session.scalars(select(Message).where(Message.id != message.id)).one()
    assert (following.channel, following.state, following.cause) == (Channel.SMS, State.PLANNED, message.cause)


def test_an_answer_stays_an_answer(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    session.execute(text("UPDATE interaction SET disposition_code = 'message.answered'"))
    tell(session, "read", provider_id="id-1")
    assert code_of(session, message) == "message.answered"


def test_a_price_is_an_amount_whatever_its_sign(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    tell(session, "delivered", provider_id="id-1", cost="-0.00750")
    assert again(session, message).cost == Decimal("0.0075")


def test_another_providers_word_moves_nothing(session: Session, message: Message) -> None:
    outbox.finish(session, message.id, sent(), at=NOW)
    for fields in ({"provider_id": "id-1"}, {"key": message.key}):
        assert not receive_receipt(session, receipt("read", NOW, **fields), "another", at=NOW)
    assert not tell(session, "read", provider_id="id-2")
    assert not tell(session, "read")
    assert again(session, message).state is State.SENT


@pytest.mark.parametrize(("readings", "state"), [(["attempt_counts"], "waiting"), ([], "ready")])
def test_calls_wait_where_the_law_counts_what_we_send(
    session: Session, cast: Cast, readings: list[str], state: str
) -> None:
    approve(session)
    cast.colombia.readings = readings
    item = owe(session, cast.colombia, phone="+573001234567")
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, sent(), at=NOW)
    tell(session, "delivered", provider_id="id-1")
    assert session.execute(text("SELECT state FROM work_item WHERE id = :id"), {"id": item.id}).scalar_one() == state


def test_calls_wait_once_it_has_arrived_where_a_law_counts_deliveries(
    session: Session, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shipped law does, but one may be added: laws are data."""
    asked: list[Level] = []
    monkeypatch.setattr(receipts, "limits_calls", lambda *about: asked.append(about[-1]) or True)
    monkeypatch.setattr(receipts, "hold", lambda _session, debtors, *, at: asked.append(debtors))
    outbox.finish(session, message.id, sent(), at=NOW)
    for _ in range(2):
        tell(session, "delivered", provider_id="id-1")
    assert asked == [Level.DELIVERY, [message.debtor_id]]


def test_what_arrived_counts_before_the_law_though_it_was_taken_for_lost(
    session: Session, cast: Cast, message: Message
) -> None:
    outbox.finish(session, message.id, Unknown("stub", "cut"), at=NOW)
    outbox.resolve(session, cast.sofia, message.id, left=False, at=NOW)
    assert tell(session, "delivered", provider_id="id-1", key=message.key)
    assert again(session, message).state is State.FAILED  # states go only forward, and a person has spoken
    assert code_of(session, message) == "message.delivered"
