"""Messages and the templates they are written from, for the tests of the outbox."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, col, select

from models import (
    Cause,
    Channel,
    ContactKind,
    ContactPoint,
    Message,
    MessageEvent,
    MessageState,
    Strategy,
    StrategyState,
    Template,
    TemplateState,
    WorkItem,
)
from tests.cast import NOW, TODAY
from workbench.channels.letters import Receipt, Sent

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
