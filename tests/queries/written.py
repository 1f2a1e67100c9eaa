"""Messages for tests: written as the outbox writes them, with what became of them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from models import Cause, Channel, Direction, Interaction, Message, MessageState, Strategy, StrategyState, WorkItem
from tests.cast import NOW

_number = count(1)
LEFT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ, MessageState.BOUNCED)
ENDED = (MessageState.FAILED, MessageState.BOUNCED, MessageState.BLOCKED, MessageState.CANCELLED)


def strategy_of(session: Session, portfolio_id: int) -> Strategy:
    """A published strategy; what it says does not matter here."""
    strategy = Strategy(
        portfolio_id=portfolio_id,
        version=1,
        state=StrategyState.PUBLISHED,
        definition={},
        created_at=NOW,
        published_at=NOW,
    )
    session.add(strategy)
    session.flush()
    return strategy


def written(
    session: Session,
    item: WorkItem,
    *,
    state: MessageState = MessageState.DELIVERED,
    at: datetime = NOW,
    channel: Channel = Channel.WHATSAPP,
    answered: bool = False,
    **fields: Any,
) -> Message:
    """One message of the case's, planned at `at` and, unless it still waits, sent then."""
    number = next(_number)
    defaults: dict[str, Any] = {
        "key": f"test:{number}",
        "cause": Cause.PROMISE_DUE,
        "on_date": at.date(),
        "not_before": at,
        "expires_at": at + timedelta(days=2),
        "planned_at": at,
        "template_code": "promise_due_today",
    }
    if state in LEFT:
        said = {"subject": "Aviso", "body": "Hola, le escribimos.", "language": "es"}
        defaults |= {"sent_at": at, "provider": "meta", "provider_id": f"wamid.{number}", **said}
    if state in ENDED:
        defaults["ended_at"] = at
    if state in (MessageState.QUEUED, MessageState.SENDING):
        defaults["lease_until"] = at + timedelta(minutes=5)
    message = Message(
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        debtor_id=item.debtor_id,
        channel=channel,
        state=state,
        **defaults | fields,
    )
    if answered:
        message.interaction_id = _interaction(session, message, at)
    session.add(message)
    session.flush()
    return message


def _interaction(session: Session, message: Message, at: datetime) -> int | None:
    left = Interaction(
        submission_key=uuid4(),
        portfolio_id=message.portfolio_id,
        case_id=message.case_id,
        channel=message.channel,
        direction=Direction.OUTBOUND,
        disposition_code="message.answered",
        started_at=at,
        ended_at=at,
    )
    session.add(left)
    session.flush()
    return left.id
