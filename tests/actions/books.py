"""Books of debtors to plan messages for: every trait that planning asks about, on debtors who owe."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlmodel import Session, select

from models import (
    Account,
    ContactKind,
    ContactPoint,
    Debtor,
    Interaction,
    Message,
    OptOut,
    Pause,
    PauseKind,
    PhoneKind,
    Portfolio,
    Promise,
    Receivable,
    Strategy,
    StrategyState,
    WorkItem,
)
from models.interactions import Channel, Direction
from models.messages import MessageState
from tests.cast import NOW, TODAY, owe
from workbench.actions.templates import install_templates

NIGHT = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)  # 02:30 in Mexico City, a Wednesday
LONG_AGO = NOW - timedelta(days=60)
DAY = timedelta(days=1)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def step(code: str, offset: int, *channels: str, **more: Any) -> dict[str, Any]:
    """A message step; without channels by SMS."""
    fields = {"name": code, "template": "first_notice", "valid_days": 7}
    return {"code": code, "offset": offset, "channels": list(channels or ("sms",))} | fields | more


def task(code: str, offset: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "offset": offset, "kind": kind, "valid_days": 7} | more


def segment(*steps: dict[str, Any], code: str = "all", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "steps": list(steps)} | more


def strategy(*steps: dict[str, Any], **events: Any) -> dict[str, Any]:
    """A definition of one segment for everybody."""
    return {"segments": [segment(*steps)], "events": events}


def publish(session: Session, portfolio: Portfolio, definition: dict[str, Any], *, at: datetime = LONG_AGO) -> Strategy:
    """Puts a definition in force and retires the one before."""
    install_templates(session, at=at)
    versions = session.exec(select(Strategy).where(Strategy.portfolio_id == portfolio.id)).all()
    for each in versions:
        each.state, each.retired_at = StrategyState.RETIRED, at
        session.add(each)
    session.flush()
    made = Strategy(
        portfolio_id=portfolio.id,
        version=len(versions) + 1,
        state=StrategyState.PUBLISHED,
        definition=definition,
        created_at=at,
        published_at=at,
    )
    session.add(made)
    session.flush()
    return made


def debtor_of(session: Session, item: WorkItem, **fields: Any) -> Debtor:
    """The item's debtor, with these fields changed."""
    debtor = session.get_one(Debtor, item.debtor_id)
    for name, value in fields.items():
        setattr(debtor, name, value)
    return saved(session, debtor)


def email(session: Session, item: WorkItem, **fields: Any) -> ContactPoint:
    address = f"deudora{item.debtor_id}@example.com"
    made = ContactPoint(
        debtor_id=item.debtor_id, kind=ContactKind.EMAIL, value=address, raw=address, source="test", **fields
    )
    return saved(session, made)


def phone(session: Session, item: WorkItem, value: str, **fields: Any) -> ContactPoint:
    fields = {"phone_kind": PhoneKind.MOBILE} | fields
    made = ContactPoint(
        debtor_id=item.debtor_id, kind=ContactKind.PHONE, value=value, raw=value, source="test", **fields
    )
    return saved(session, made)


def opt_out(session: Session, item: WorkItem, channel: Channel) -> OptOut:
    return saved(session, OptOut(debtor_id=item.debtor_id, channel=channel, since=LONG_AGO, source="person"))


def pause(
    session: Session,
    item: WorkItem,
    kind: PauseKind = PauseKind.HARDSHIP,
    *,
    account_id: int | None = None,
    **fields: Any,
) -> Pause:
    made = Pause(
        portfolio_id=item.portfolio_id, case_id=item.case_id, account_id=account_id, kind=kind, reason="…",
        created_at=LONG_AGO, **({"from_on": day(-5)} | fields),
    )  # fmt: skip
    return saved(session, made)


def promise(session: Session, item: WorkItem, due_on: date, **fields: Any) -> Promise:
    fields = {"amount": Decimal(100), "taken_on": day(-10), "created_at": LONG_AGO} | fields
    return saved(session, Promise(portfolio_id=item.portfolio_id, case_id=item.case_id, due_on=due_on, **fields))


def contact(session: Session, item: WorkItem, code: str, at: datetime, **fields: Any) -> Interaction:
    made = Interaction(
        submission_key=uuid4(),
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        disposition_code=code,
        started_at=at,
        ended_at=at,
        **fields,
    )
    return saved(session, made)


def reply(session: Session, item: WorkItem, at: datetime, intent: str = "unknown") -> Interaction:
    fields = {"channel": Channel.WHATSAPP, "direction": Direction.INBOUND, "reading": {"intent": intent}}
    return contact(session, item, f"reply.{intent}", at, **fields)


def account_of(session: Session, item: WorkItem) -> Account:
    return session.exec(select(Account).where(Account.case_id == item.case_id)).first()


def second_debt(session: Session, item: WorkItem, due_on: date, amount: str = "300.00") -> Account:
    account = saved(
        session,
        Account(portfolio_id=item.portfolio_id, case_id=item.case_id, number=f"B{item.case_id}"),
    )
    owed = Decimal(amount)
    saved(
        session,
        Receivable(account_id=account.id, case_id=item.case_id, number="1", due_on=due_on, amount=owed, balance=owed),
    )
    return account


def pay_all(session: Session, item: WorkItem) -> None:
    for each in session.exec(select(Receivable).where(Receivable.case_id == item.case_id)):
        each.balance, each.settled_on = Decimal(0), day(-1)
        saved(session, each)


def written(session: Session, **where: Any) -> list[Message]:
    """The messages there are, in order."""
    session.expire_all()
    found = session.exec(select(Message).order_by(Message.case_id, Message.id)).all()
    return [each for each in found if all(getattr(each, name) == value for name, value in where.items())]


def leave(session: Session, message: Message, at: datetime, state: MessageState = MessageState.SENT) -> None:
    """What sending makes of a message."""
    message.state, message.sent_at = state, at
    saved(session, message)


def saved(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def debtor(session: Session, portfolio: Portfolio, days_past_due: int = 3, **more: Any) -> WorkItem:
    """A debtor with a mobile phone who has owed for so many days."""
    return owe(session, portfolio, days_past_due=days_past_due, **more)
