"""What comes of calling a provider: sent, not now, never, or nobody knows."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Channel, ContactPoint, Interaction, Message, MessageState, WorkItem
from tests.cast import NOW, Cast, owe
from tests.letters import again, approve, email_of, plan, sent
from workbench.actions import outbox
from workbench.channels.letters import Passing, Permanent, Unknown

MINUTE = timedelta(minutes=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    return owe(session, cast.mexico)


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
def test_a_passing_refusal_is_tried_again_later_and_counts_as_no_contact(
    session: Session, item: WorkItem, minutes: int
) -> None:
    message = plan(session, item, tries=[1, 5, 15, 60].index(minutes))
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Passing("stub", "busy"), at=NOW)
    found = again(session, message)
    assert (found.state, found.not_before, found.error) == (MessageState.PLANNED, NOW + minutes * MINUTE, "busy")
    assert session.get_one(Interaction, found.interaction_id).disposition_code == "message.failed"


def test_a_second_try_is_the_same_contact(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Passing("stub", "busy"), at=NOW)
    assert outbox.dispatch(session, at=NOW + MINUTE) == 1
    assert outbox.begin(session, message.id, at=NOW + MINUTE)
    found = again(session, message)
    contact = session.get_one(Interaction, found.interaction_id)
    assert (contact.disposition_code, contact.started_at, found.tries) == ("message.sent", NOW + MINUTE, 2)


def test_the_provider_says_when_to_come_back(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Passing("stub", "slow down", not_before=NOW + 30 * MINUTE), at=NOW)
    assert again(session, message).not_before == NOW + 30 * MINUTE


@pytest.mark.parametrize(
    "fields",
    [pytest.param({"tries": 4}, id="tries-used-up"), pytest.param({"expires_at": NOW + MINUTE / 2}, id="expires")],
)
def test_a_passing_refusal_ends_in_failure(session: Session, item: WorkItem, fields: dict[str, Any]) -> None:
    message = plan(session, item, **fields)
    outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Passing("stub", "busy"), at=NOW)
    found = again(session, message)
    assert (found.state, found.held["code"]) == (MessageState.FAILED, "provider")


def test_a_provider_that_is_only_busy_costs_no_try(session: Session, item: WorkItem) -> None:
    message = plan(session, item, tries=4)
    for _ in range(3):
        assert outbox.begin(session, message.id, at=NOW)
        outbox.finish(session, message.id, Passing("stub", "429", throttled=True), at=NOW)
        found = again(session, message)
        assert (found.state, found.tries, found.not_before) == (MessageState.PLANNED, 4, NOW + MINUTE)
        session.execute(text("UPDATE message SET state = 'queued', lease_until = not_before"))


def test_a_permanent_refusal_marks_the_number_and_falls_back(session: Session, item: WorkItem) -> None:
    message = plan(session, item, fallbacks=["email"])
    outbox.begin(session, message.id, at=NOW)
    for _ in range(2):  # told twice
        outbox.finish(session, message.id, Permanent("stub", "not on this channel", invalidates=True), at=NOW)
    found = again(session, message)
    assert (found.state, found.error) == (MessageState.FAILED, "not on this channel")
    point = session.get_one(ContactPoint, found.contact_point_id)
    assert (point.unreachable, point.status) == (["sms"], "active")
    assert session.scalars(select(Message.channel).where(Message.id != message.id)).all() == [Channel.EMAIL]


def test_a_dead_address_is_used_for_nothing_any_more(session: Session, item: WorkItem) -> None:
    approve(session, channel=Channel.EMAIL)
    point = email_of(session, item)
    message = plan(session, item, channel=Channel.EMAIL)
    outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Permanent("stub", "no such box", invalidates=True), at=NOW)
    session.expire_all()
    assert session.get_one(ContactPoint, point.id).status == "invalid"


def test_what_may_have_left_is_unconfirmed_and_stays_a_contact(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, Unknown("stub", "connection reset", {"bytes": "sent"}), at=NOW)
    found = again(session, message)
    assert (found.state, found.error) == (MessageState.UNCONFIRMED, "connection reset")
    assert session.get_one(Interaction, found.interaction_id).disposition_code == "message.sent"


@pytest.mark.parametrize("state", [MessageState.DELIVERED, MessageState.READ])
def test_a_late_finish_never_turns_back_what_a_receipt_told(
    session: Session, item: WorkItem, state: MessageState
) -> None:
    message = plan(session, item)
    outbox.begin(session, message.id, at=NOW)
    session.execute(text("UPDATE message SET state = :state, lease_until = NULL"), {"state": state.value})
    outbox.finish(session, message.id, sent(), at=NOW)
    found = again(session, message)
    assert (found.state, found.provider_id) == (state, "id-1")
    for late in (Passing("stub", "x"), Permanent("stub", "x"), Unknown("stub", "x")):
        outbox.finish(session, message.id, late, at=NOW)
        assert again(session, message).state is state
