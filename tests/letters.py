"""Messages and the templates they are written from, for the tests of the outbox."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from sqlmodel import Session, col, select

from models import (
    Cause,
    Channel,
    ContactKind,
    ContactPoint,
    Interaction,
    Message,
    MessageEvent,
    MessageState,
    Payment,
    Promise,
    Strategy,
    StrategyState,
    Template,
    TemplateState,
    WorkItem,
)
from tests.cast import NOW, TODAY
from workbench.actions import outbox
from workbench.actions.payments import record_payment
from workbench.channels.letters import Receipt, Sent
from workbench.rules.held import held_in_words

_number = count(1)
BODY = "{{ debtor_name }}: {{ total }}"


def approve(
    session: Session,
    *,
    code: str = "notice",
    channel: Channel = Channel.SMS,
    language: str = "es",
    body: str = BODY,
    **fields: Any,
) -> Template:
    """An approved text that nobody else's tests use."""
    template = Template(
        code=code,
        channel=channel,
        language=language,
        version=next(_number),
        subject="Saldo {{ total }}" if channel is Channel.EMAIL else None,
        body=body,
        state=TemplateState.APPROVED,
        approved_at=NOW,
        created_at=NOW,
        **fields,
    )
    session.add(template)
    session.flush()
    return template


def publish(session: Session, portfolio_id: int, *, at: datetime = NOW) -> int:
    """A strategy for steps to belong to."""
    strategy = Strategy(
        portfolio_id=portfolio_id,
        version=next(_number),
        state=StrategyState.RETIRED,
        definition={},
        created_at=at,
        published_at=at,
    )
    session.add(strategy)
    session.flush()
    assert strategy.id is not None
    return strategy.id


def plan(
    session: Session,
    item: WorkItem,
    *,
    cause: Cause = Cause.STEP,
    channel: Channel = Channel.SMS,
    anchor_on: date = TODAY - timedelta(days=20),
    at: datetime = NOW,
    state: MessageState = MessageState.QUEUED,
    **fields: Any,
) -> Message:
    """A message of a step about a case that `tests.cast.owe` made, queued unless told otherwise."""
    step = cause is Cause.STEP
    values = {
        "key": f"{item.case_id}:1:first:{anchor_on}:{channel}:{next(_number)}",
        "strategy_id": publish(session, item.portfolio_id) if step else None,
        "segment": "all" if step else None,
        "step": "first" if step else None,
        "anchor_on": anchor_on if step else None,
        "on_date": at.date(),
        "template_code": "notice",
        "not_before": at,
        "expires_at": at + timedelta(days=3),
        "planned_at": at,
        "lease_until": at + timedelta(minutes=3) if state in ("queued", "sending") else None,
    }
    ids = {"portfolio_id": item.portfolio_id, "case_id": item.case_id, "debtor_id": item.debtor_id}
    message = Message(**ids, **values | fields, cause=cause, channel=channel, state=state)
    session.add(message)
    session.flush()
    return message


def email_of(session: Session, item: WorkItem, address: str = "deudora@example.com") -> ContactPoint:
    """An e-mail address of the item's debtor."""
    point = ContactPoint(debtor_id=item.debtor_id, kind=ContactKind.EMAIL, value=address, raw=address, source="test")
    session.add(point)
    session.flush()
    return point


def again(session: Session, message: Message) -> Message:
    """The message as the database has it now."""
    session.flush()
    session.expire_all()
    return session.get_one(Message, message.id)


def events_of(session: Session, message: Message) -> list[tuple[str, str]]:
    """What was told of a message, in order: state and by what."""
    found = session.scalars(
        select(MessageEvent).where(MessageEvent.message_id == message.id).order_by(col(MessageEvent.id))
    )
    return [(each.state.value, each.source) for each in found]


def sent(number: object = 1, **fields: Any) -> Sent:
    return Sent("stub", f"id-{number}", **fields)


def receipt(state: str, at: datetime = NOW, **fields: Any) -> Receipt:
    return Receipt(event_key=f"{state}-{next(_number)}", state=state, at=at, **fields)


def stopped(session: Session, message: Message, *, at: datetime = NOW) -> tuple[MessageState, str]:
    """Begins the message, which must not leave; its state and why."""
    assert outbox.begin(session, message.id, at=at) is None
    found = again(session, message)
    assert found.interaction_id is None
    assert found.held
    assert held_in_words(found.held, "es")
    return found.state, found.held["code"]


def a_promise(item: WorkItem, **fields: Any) -> Promise:
    values = {"amount": 100, "taken_on": TODAY - timedelta(days=1), "created_at": NOW} | fields
    return Promise(portfolio_id=item.portfolio_id, case_id=item.case_id, **values)


def a_payment(session: Session, item: WorkItem) -> int:
    values = {"amount": Decimal(10), "paid_on": TODAY, "reference": "P10"}
    payment: Payment = record_payment(session, case_id=item.case_id, **values, by=None, at=NOW)
    assert payment.id is not None
    return payment.id


def wrote(session: Session, item: WorkItem, disposition: str, *, at: datetime = NOW, **fields: Any) -> None:
    values = {"direction": "inbound", "channel": "whatsapp", "submission_key": uuid4()} | fields
    ids = {"portfolio_id": item.portfolio_id, "case_id": item.case_id}
    session.add(Interaction(**ids, disposition_code=disposition, started_at=at, ended_at=at, **values))
    session.flush()
