from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from models import (
    BlockedContact,
    Case,
    Cause,
    Channel,
    ContactPoint,
    Interaction,
    Message,
    MessageState,
    OptOut,
    WorkItem,
)
from tests.cast import NOW, Cast, owe
from tests.letters import again, email_of, plan, sent
from workbench.actions import outbox
from workbench.actions.replies_out import write_reply
from workbench.channels.letters import Permanent
from workbench.jobs import Job
from workbench.queries.conversations import waiting_replies
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful

HOUR = timedelta(hours=1)
NIGHT = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)  # 23:00 in Mexico City


def wrote(
    session: Session, item: WorkItem, *, at: datetime, channel: Channel = Channel.WHATSAPP, **fields: Any
) -> None:
    """The debtor writes to us."""
    point = session.scalars(select(ContactPoint.id).where(ContactPoint.debtor_id == item.debtor_id)).all()[-1]
    values = {"contact_point_id": point, "disposition_code": "reply.unknown"} | fields
    ids = {"portfolio_id": item.portfolio_id, "case_id": item.case_id, "submission_key": uuid4()}
    session.add(Interaction(**ids, **values, channel=channel, direction="inbound", started_at=at, ended_at=at))
    session.flush()


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    return owe(session, cast.mexico)


def test_an_answer_leaves_at_once_in_the_agents_words(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NOW - HOUR)
    keys = [
        write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, " Con gusto. ", "reply:1", at=NOW) for _ in "ab"
    ]
    assert len(set(keys)) == 1
    assert session.info.pop("jobs") == [(Job.SEND, {"message_ids": [keys[0]]})]
    outgoing = outbox.begin(session, keys[0], at=NOW)
    assert outgoing is not None
    assert (outgoing.body, outgoing.to, outgoing.template_name) == ("Con gusto.", "+525512345678", None)
    found = session.get_one(Message, keys[0])
    assert (found.cause, found.author_id, found.amount) == (Cause.REPLY, cast.ana.user_id, None)
    contact = session.get_one(Interaction, found.interaction_id)
    assert contact.user_id == cast.ana.user_id
    outbox.finish(session, keys[0], sent(), at=NOW)


def test_once_answered_the_next_step_may_leave_again(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NOW - HOUR)
    assert outbox.begin(session, plan(session, item).id, at=NOW) is None
    answer = write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Con gusto.", "reply:1", at=NOW)
    assert outbox.begin(session, answer, at=NOW)
    following = plan(session, item)
    outbox.begin(session, following.id, at=NOW)
    assert again(session, following).held["code"] == "no_template"


def test_an_email_is_answered_under_its_subject(session: Session, cast: Cast, item: WorkItem) -> None:
    point = email_of(session, item)
    wrote(session, item, at=NOW - 90 * HOUR, channel=Channel.EMAIL, contact_point_id=point.id)
    answer = write_reply(session, cast.ana, item.case_id, Channel.EMAIL, "Con gusto.", "reply:1", at=NOW)
    outgoing = outbox.begin(session, answer, at=NOW)
    assert outgoing is not None
    assert (outgoing.to, outgoing.subject) == ("deudora@example.com", "Re: Banco del Valle")


@pytest.mark.parametrize(
    ("hours", "channel", "words", "because"),
    [
        pytest.param(24, Channel.WHATSAPP, "Hola", "24 hours ago", id="window-closed"),
        pytest.param(1, Channel.SMS, "Hola", "has not written on this channel", id="another-channel"),
        pytest.param(1, Channel.WHATSAPP, "  ", "Write the answer", id="empty"),
        pytest.param(1, Channel.WHATSAPP, "x" * 4097, "too long", id="too-long"),
        pytest.param(1, Channel.CALL, "Hola", "written messages", id="not-written"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    session: Session, cast: Cast, item: WorkItem, hours: int, channel: Channel, words: str, because: str
) -> None:
    wrote(session, item, at=NOW - hours * HOUR)
    with pytest.raises(Refused, match=because):
        write_reply(session, cast.ana, item.case_id, channel, words, "reply:1", at=NOW)
    assert not session.scalars(select(Message.id)).all()


def test_nobody_answers_a_debtor_who_wants_no_messages(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NOW - HOUR)
    session.add(OptOut(debtor_id=item.debtor_id, channel=Channel.WHATSAPP, since=NOW, source="stop_word"))
    with pytest.raises(Refused, match="does not want"):
        write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NOW)


def test_an_answer_against_the_law_is_refused_and_leaves_a_trace(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NIGHT - HOUR)
    with pytest.raises(Unlawful) as refused:
        write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NIGHT)
    assert refused.value.trace is not None
    refused.value.trace(session)
    kept = session.scalars(select(BlockedContact)).one()
    assert (kept.channel, kept.user_id, kept.form) == (Channel.WHATSAPP, cast.ana.user_id, None)


@pytest.mark.parametrize(
    ("hours", "lawful"), [pytest.param(1, True, id="asked"), pytest.param(30, False, id="long-ago")]
)
def test_what_a_debtor_asks_is_answered_where_the_law_has_no_contact_left(
    session: Session, cast: Cast, *, hours: int, lawful: bool
) -> None:
    """Colombia: one contact a week, but for information that the consumer asked for (Ley 2300, art. 8)."""
    item = owe(session, cast.colombia)
    wrote(session, item, at=NOW - hours * HOUR, channel=Channel.SMS)
    wrote(session, item, at=NOW - 31 * HOUR, channel=Channel.CALL, disposition_code="call.no_commitment")
    session.execute(update(Interaction).where(Interaction.channel == "call").values(direction="outbound"))
    if not lawful:
        with pytest.raises(Unlawful):
            write_reply(session, cast.bruno, item.case_id, Channel.SMS, "Hola", "reply:1", at=NOW)
        return
    answer = write_reply(session, cast.bruno, item.case_id, Channel.SMS, "Hola", "reply:1", at=NOW)
    assert outbox.begin(session, answer, at=NOW) is not None


def test_an_answer_is_not_used_for_another_debtor_or_by_another_team(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    wrote(session, item, at=NOW - HOUR)
    with pytest.raises(Refused, match="nothing here"):
        write_reply(session, cast.bruno, item.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NOW)
    write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NOW)
    other = owe(session, cast.mexico)
    with pytest.raises(Refused, match="another debtor"):
        write_reply(session, cast.ana, other.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NOW)


def test_an_answer_that_waits_too_long_is_not_sent(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NOW - 23 * HOUR)
    answer = write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Hola", "reply:1", at=NOW)
    assert outbox.begin(session, answer, at=NOW + HOUR) is None
    found = session.get_one(Message, answer)
    assert (found.state, found.held["code"]) == (MessageState.CANCELLED, "expired")


def test_an_answer_that_did_not_leave_is_still_owed(session: Session, cast: Cast, item: WorkItem) -> None:
    wrote(session, item, at=NOW - HOUR, reading={"intent": "unknown"})
    answer = write_reply(session, cast.ana, item.case_id, Channel.WHATSAPP, "Con gusto.", "reply:1", at=NOW)
    assert outbox.begin(session, answer, at=NOW)
    assert not waiting_replies(session, cast.ana, item.portfolio_id)
    outbox.finish(session, answer, Permanent("stub", "refused"), at=NOW)
    assert [each.case_id for each in waiting_replies(session, cast.ana, item.portfolio_id)] == [item.case_id]
    following = plan(session, item)
    assert outbox.begin(session, following.id, at=NOW) is None
    assert again(session, following).held["code"] == "replied"


def test_an_answer_takes_no_subject_from_another_portfolio(session: Session, cast: Cast, item: WorkItem) -> None:
    email_of(session, item)
    wrote(session, item, at=NOW - HOUR, channel=Channel.EMAIL)
    other = Case(portfolio_id=cast.colombia.id, debtor_id=item.debtor_id, opened_on=NOW.date())
    session.add(other)
    session.flush()
    elsewhere = WorkItem(portfolio_id=other.portfolio_id, case_id=other.id, debtor_id=other.debtor_id)
    ended = {"state": MessageState.SENT, "lease_until": None}
    plan(session, elsewhere, channel=Channel.EMAIL, subject="Of Bruno's book", **ended)
    answer = write_reply(session, cast.ana, item.case_id, Channel.EMAIL, "Con gusto.", "reply:1", at=NOW)
    assert "Bruno" not in session.get_one(Message, answer).subject
