from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Account,
    BlockedContact,
    Case,
    Channel,
    ContactPoint,
    Debtor,
    Interaction,
    Message,
    MessageState,
    OptOut,
    Pause,
    PauseKind,
    Portfolio,
    Promise,
    Receivable,
    WorkItem,
)
from tests.cast import NOW, TODAY, Cast, owe
from tests.letters import a_promise, again, approve, email_of, events_of, plan, sent, stopped, wrote
from workbench.actions import outbox
from workbench.actions.payments import record_payment

NIGHT = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)  # 23:00 in Mexico City
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    return owe(session, cast.mexico, name="Deudora Ejemplo", amount="1234.50")


def test_a_message_leaves_with_the_amount_of_now_and_is_a_contact(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    outgoing = outbox.begin(session, message.id, at=NOW)
    assert outgoing is not None
    assert (outgoing.key, outgoing.to, outgoing.channel) == (message.key, "+525512345678", Channel.SMS)
    assert outgoing.body.startswith("Deudora Ejemplo")
    found = again(session, message)
    assert (found.state, found.amount, found.currency, found.tries) == (
        MessageState.SENDING,
        Decimal("1234.50"),
        "MXN",
        1,
    )
    assert found.body == outgoing.body
    contact = session.get_one(Interaction, found.interaction_id)
    assert (contact.disposition_code, contact.channel, contact.user_id) == ("message.sent", Channel.SMS, None)
    assert contact.decision is not None
    assert contact.decision["allowed"] is True
    outbox.finish(session, message.id, sent(cost="0.0075"), at=NOW + MINUTE)
    found = again(session, message)
    assert (found.state, found.provider_id, found.cost) == (MessageState.SENT, "id-1", Decimal("0.0075"))
    assert found.sent_at == NOW + MINUTE
    assert events_of(session, found) == [("sending", "send"), ("sent", "send")]


@pytest.mark.parametrize("state", [each for each in MessageState if each is not MessageState.QUEUED])
def test_only_what_is_queued_leaves(session: Session, item: WorkItem, state: MessageState) -> None:
    message = plan(session, item, state=state)
    assert outbox.begin(session, message.id, at=NOW) is None
    assert again(session, message).state is state


def _pay_all(session: Session, item: WorkItem, cast: Cast) -> None:
    record_payment(
        session, case_id=item.case_id, amount=Decimal("1234.50"), paid_on=TODAY, reference="P", by=None, at=NOW
    )


def _promise(session: Session, item: WorkItem, cast: Cast) -> None:
    session.add(a_promise(item, due_on=TODAY + DAY))


def _promise_on_another_debt(session: Session, item: WorkItem, cast: Cast) -> None:
    mine = session.get_one(Portfolio, item.portfolio_id)
    fields = mine.model_dump(exclude={"id"}) | {"code": "MX-BANK-2"}
    other = Portfolio(**fields)
    session.add(other)
    session.flush()
    case = Case(portfolio_id=other.id, debtor_id=item.debtor_id, opened_on=TODAY)
    session.add(case)
    session.flush()
    session.add(replace_case(a_promise(item, due_on=TODAY), case))


def _pause(kind: PauseKind, **fields: Any) -> Any:
    def pause(session: Session, item: WorkItem, cast: Cast) -> None:
        values = {"from_on": TODAY, "reason": "x", "created_at": NOW} | fields
        session.add(Pause(portfolio_id=item.portfolio_id, case_id=item.case_id, kind=kind, **values))

    return pause


def _dispute_the_account(session: Session, item: WorkItem, cast: Cast) -> None:
    account = session.scalars(select(Account).where(Account.case_id == item.case_id)).one()
    _pause(PauseKind.DISPUTE, account_id=account.id)(session, item, cast)


def _opt_out(session: Session, item: WorkItem, cast: Cast) -> None:
    session.add(OptOut(debtor_id=item.debtor_id, channel=Channel.SMS, since=NOW, source="person"))


def _opt_out_of_everything(session: Session, item: WorkItem, cast: Cast) -> None:
    session.get_one(Debtor, item.debtor_id).contact_facts = {"opted_out": True}


def _end(session: Session, item: WorkItem, cast: Cast) -> None:
    wrote(session, item, "account.deceased", direction="outbound", user_id=cast.ana.user_id)
    item.state, item.ready_at = "closed", None


def _wrong_number(session: Session, item: WorkItem, cast: Cast) -> None:
    session.execute(
        text("UPDATE contact_point SET status = 'wrong_person' WHERE debtor_id = :d"), {"d": item.debtor_id}
    )


def _unreachable(session: Session, item: WorkItem, cast: Cast) -> None:
    session.execute(text("UPDATE contact_point SET unreachable = '{sms}' WHERE debtor_id = :d"), {"d": item.debtor_id})


def _landline(session: Session, item: WorkItem, cast: Cast) -> None:
    session.execute(
        text("UPDATE contact_point SET phone_kind = 'landline' WHERE debtor_id = :d"), {"d": item.debtor_id}
    )


def _reply(session: Session, item: WorkItem, cast: Cast) -> None:
    wrote(session, item, "reply.unknown", at=NOW - DAY)


def _pay_the_oldest(session: Session, item: WorkItem, cast: Cast) -> None:
    account = session.scalars(select(Account).where(Account.case_id == item.case_id)).one()
    session.add(
        Receivable(account_id=account.id, case_id=item.case_id, number="2", due_on=TODAY - DAY, amount=5, balance=5)
    )
    session.flush()
    _pay_all(session, item, cast)


def _retire(session: Session, item: WorkItem, cast: Cast) -> None:
    session.execute(text("UPDATE template SET state = 'retired' WHERE code = 'notice'"))


def _ask_too_much(session: Session, item: WorkItem, cast: Cast) -> None:
    session.execute(text("UPDATE template SET body = '{{ promise_due_on }}' WHERE code = 'notice'"))


CANCELLED, FAILED = MessageState.CANCELLED, MessageState.FAILED


@pytest.mark.parametrize(
    ("happened", "state", "code"),
    [
        pytest.param(_pay_all, CANCELLED, "paid", id="paid"),
        pytest.param(_promise, CANCELLED, "promised", id="promised"),
        pytest.param(_promise_on_another_debt, CANCELLED, "promised", id="promised-on-another-debt"),
        pytest.param(_pause(PauseKind.HARDSHIP), CANCELLED, "paused", id="paused"),
        pytest.param(_pause(PauseKind.HAND_OVER), CANCELLED, "paused", id="handed-over"),
        pytest.param(_pause(PauseKind.DISPUTE, until_on=TODAY), CANCELLED, "disputed", id="disputed-until-today"),
        pytest.param(_dispute_the_account, CANCELLED, "disputed", id="its-only-account-disputed"),
        pytest.param(_opt_out, CANCELLED, "opted_out", id="opted-out"),
        pytest.param(_opt_out_of_everything, CANCELLED, "opted_out", id="opted-out-of-everything"),
        pytest.param(_end, CANCELLED, "ended", id="ended"),
        pytest.param(_wrong_number, CANCELLED, "no_point", id="wrong-number"),
        pytest.param(_unreachable, CANCELLED, "no_point", id="unreachable"),
        pytest.param(_landline, CANCELLED, "no_point", id="landline"),
        pytest.param(_reply, CANCELLED, "replied", id="an-answer-waits"),
        pytest.param(_pay_the_oldest, CANCELLED, "overtaken", id="the-oldest-debt-is-paid"),
        pytest.param(_retire, FAILED, "no_template", id="no-template"),
        pytest.param(_ask_too_much, FAILED, "unfilled", id="placeholder-unfilled"),
    ],
)
def test_what_happens_while_it_is_queued_stops_it(
    session: Session, cast: Cast, item: WorkItem, happened: Any, state: MessageState, code: str
) -> None:
    message = plan(session, item)
    happened(session, item, cast)
    session.flush()
    assert stopped(session, message) == (state, code)
    found = again(session, message)
    assert found.ended_at == NOW
    assert events_of(session, found) == [(state.value, "send")]


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(_pause(PauseKind.DISPUTE, until_on=TODAY - DAY, from_on=TODAY - 9 * DAY), id="pause-over"),
        pytest.param(_pause(PauseKind.OTHER, ended_at=NOW, ended_because="x"), id="pause-ended"),
        pytest.param(_pause(PauseKind.OTHER, from_on=TODAY + DAY), id="pause-to-come"),
    ],
)
def test_what_no_longer_holds_stops_nothing(session: Session, cast: Cast, item: WorkItem, happened: Any) -> None:
    message = plan(session, item)
    happened(session, item, cast)
    session.flush()
    assert outbox.begin(session, message.id, at=NOW) is not None


def test_an_answered_reply_stops_nothing(session: Session, cast: Cast, item: WorkItem) -> None:
    message = plan(session, item)
    wrote(session, item, "reply.unknown", at=NOW - 2 * DAY)
    wrote(session, item, "call.no_answer", at=NOW - DAY, direction="outbound", channel="call", user_id=cast.ana.user_id)
    assert outbox.begin(session, message.id, at=NOW) is not None


def test_a_part_payment_lowers_the_amount(session: Session, item: WorkItem) -> None:
    message = plan(session, item)
    record_payment(
        session, case_id=item.case_id, amount=Decimal("234.50"), paid_on=TODAY, reference="P", by=None, at=NOW
    )
    assert outbox.begin(session, message.id, at=NOW) is not None
    assert again(session, message).amount == Decimal("1000.00")


def test_a_disputed_account_is_left_out(session: Session, cast: Cast, item: WorkItem) -> None:
    message = plan(session, item)
    disputed = Account(portfolio_id=item.portfolio_id, case_id=item.case_id, number="DISPUTED")
    session.add(disputed)
    session.flush()
    session.add(
        Receivable(
            account_id=disputed.id, case_id=item.case_id, number="1", due_on=TODAY - 99 * DAY, amount=9, balance=9
        )
    )
    session.flush()
    _pause(PauseKind.DISPUTE, account_id=disputed.id)(session, item, cast)
    session.flush()
    assert outbox.begin(session, message.id, at=NOW) is not None
    assert again(session, message).amount == Decimal("1234.50")


def test_at_night_it_waits_for_the_first_lawful_minute(session: Session, item: WorkItem) -> None:
    message = plan(session, item, at=NIGHT)
    assert stopped(session, message, at=NIGHT) == (MessageState.PLANNED, "law")
    found = again(session, message)
    assert found.not_before > NIGHT
    assert found.ended_at is None
    assert found.held["law"]
    session.execute(text("UPDATE message SET state = 'queued', lease_until = not_before"))
    assert outbox.begin(session, message.id, at=found.not_before) is not None


def test_what_expires_before_the_morning_is_blocked_with_its_law(session: Session, item: WorkItem) -> None:
    message = plan(session, item, at=NIGHT, expires_at=NIGHT + timedelta(hours=2))
    assert stopped(session, message, at=NIGHT) == (MessageState.BLOCKED, "law")
    blocked = session.scalars(select(BlockedContact)).one()
    assert (blocked.channel, blocked.user_id, blocked.form, blocked.debtor_id) == (
        Channel.SMS,
        None,
        None,
        item.debtor_id,
    )
    assert blocked.rule == again(session, message).held["rule"]


def test_an_expired_message_is_cancelled(session: Session, item: WorkItem) -> None:
    message = plan(session, item, expires_at=NOW)
    assert stopped(session, message) == (MessageState.CANCELLED, "expired")


def test_without_a_number_the_next_channel_has_its_turn(session: Session, cast: Cast, item: WorkItem) -> None:
    approve(session, channel=Channel.EMAIL)
    _wrong_number(session, item, cast)
    email_of(session, item)
    message = plan(session, item, fallbacks=["email", "whatsapp"])
    stopped(session, message)
    following = session.scalars(select(Message).where(Message.id != message.id)).one()
    assert (following.channel, following.fallbacks, following.state) == (
        Channel.EMAIL,
        ["whatsapp"],
        MessageState.PLANNED,
    )
    assert following.key == message.key.replace("sms", "email")
    session.execute(
        text("UPDATE message SET state = 'queued', lease_until = now() WHERE id = :id"), {"id": following.id}
    )
    outgoing = outbox.begin(session, following.id, at=NOW)
    assert outgoing is not None, again(session, following).held
    assert (outgoing.to, outgoing.subject) == ("deudora@example.com", again(session, following).subject)


def test_the_planned_number_goes_before_a_better_one_as_long_as_it_is_good(session: Session, item: WorkItem) -> None:
    planned = session.scalars(select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id)).one()
    better = ContactPoint(
        debtor_id=item.debtor_id,
        kind="phone",
        value="+525587654321",
        raw="x",
        source="test",
        attempts=2,
        right_parties=2,
    )
    session.add(better)
    session.flush()
    for point, to in ((None, better.value), (planned.id, planned.value)):
        outgoing = outbox.begin(session, plan(session, item, contact_point_id=point).id, at=NOW)
        assert outgoing is not None
        assert outgoing.to == to
    planned.status = "invalid"
    outgoing = outbox.begin(session, plan(session, item, contact_point_id=planned.id).id, at=NOW)
    assert outgoing is not None
    assert outgoing.to == better.value


def test_a_message_holds_calls_back_where_a_policy_counts_attempts(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    cast.mexico.daily_attempts = 1
    session.flush()
    assert outbox.begin(session, plan(session, item).id, at=NOW)
    session.expire_all()
    held = session.get_one(WorkItem, item.id)
    assert held.state == "waiting"
    assert held.not_before is not None
    assert held.not_before > NOW
    assert stopped(session, plan(session, item, expires_at=NOW + timedelta(hours=4))) == (MessageState.BLOCKED, "law")


def test_no_sentence_of_a_reason_names_the_debtor(session: Session, cast: Cast, item: WorkItem) -> None:
    _ask_too_much(session, item, cast)
    message = plan(session, item)
    stopped(session, message)
    assert "Ejemplo" not in str(again(session, message).held)


def replace_case(promise: Promise, case: Case) -> Promise:
    promise.case_id, promise.portfolio_id = case.id, case.portfolio_id
    return promise
