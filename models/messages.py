from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference
from models.interactions import Channel


class MessageState(StrEnum):
    """The life of a message, in order; the last six end it, but a receipt may still tell what became of `unconfirmed`."""

    PLANNED = "planned"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNCONFIRMED = "unconfirmed"


class Cause(StrEnum):
    """Why a message was written."""

    STEP = "step"
    PROMISE_DUE = "promise_due"
    PROMISE_BROKEN = "promise_broken"
    PAYMENT_THANKS = "payment_thanks"
    REPLY = "reply"
    AGREEMENT = "agreement"  # the letter that confirms one
    INSTALLMENT_DUE = "installment_due"


class Message(SQLModel, table=True):
    """The outbox: one message to one debtor, written before it is sent; its key makes a second one impossible.

    Text and amounts are written when it leaves, never before.
    """

    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
        ),
        UniqueConstraint("key"),
        CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name="written_channel"),
        CheckConstraint("(state IN ('queued', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint(
            "(cause = 'step') = (strategy_id IS NOT NULL AND step IS NOT NULL AND anchor_on IS NOT NULL)", name="step"
        ),
        CheckConstraint("(cause = 'reply') = (author_id IS NOT NULL)", name="reply_has_author"),
        CheckConstraint("tries >= 0 AND attempt > 0", name="counts"),
        # what waits to leave, and what was left behind: few rows among many that are done
        Index("ix_message_planned", "not_before", "id", postgresql_where=text("state = 'planned'")),
        Index("ix_message_lease", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        Index("ix_message_unconfirmed", "portfolio_id", postgresql_where=text("state = 'unconfirmed'")),
        Index("ix_message_debtor_id", "debtor_id", "planned_at"),
        Index("ix_message_case_id", "case_id", "anchor_on"),
        Index("ix_message_portfolio_id_planned_at", "portfolio_id", "planned_at", "id"),
        Index(
            "uq_message_provider_id",
            "provider",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
    )

    id: int | None = identity()
    key: str
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    debtor_id: int = Field(sa_type=BigInteger)
    cause: Cause = choice(Cause, "cause")
    strategy_id: int | None = reference("strategy.id", optional=True, index=False)
    segment: str | None = None
    step: str | None = None
    anchor_on: date | None = None  # the due date from which the step's days are counted
    arm: str | None = None  # of the segment's experiment: champion or challenger
    attempt: int = 1  # of this step
    on_date: date  # the business date it was planned for
    promise_id: int | None = reference("promise.id", optional=True, index=False)
    payment_id: int | None = reference("payment.id", optional=True, index=False)
    author_id: int | None = reference("app_user.id", optional=True, index=False)  # an agent's reply
    channel: Channel = choice(Channel, "channel")
    fallbacks: list[str] = Field(default_factory=list, sa_type=JSONB)  # channels to try when this one cannot be
    contact_point_id: int | None = reference("contact_point.id", optional=True, index=False)
    template_code: str | None = None  # none = an agent's own words
    chosen: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # why this channel and hour
    state: MessageState = choice(MessageState, "state", default=MessageState.PLANNED)
    not_before: datetime
    expires_at: datetime
    lease_until: datetime | None = None
    tries: int = 0
    planned_at: datetime
    sent_at: datetime | None = None
    ended_at: datetime | None = None  # when it reached a state that ends it without having been delivered
    held: dict[str, Any] | None = Field(default=None, sa_type=JSONB)  # why it waits or was held back
    error: str | None = None  # what the provider said, without personal data
    # written when it leaves
    template_id: int | None = reference("template.id", optional=True, index=False)
    language: str | None = None
    language_wanted: str | None = None  # set only where the debtor's language was missing and another was used
    subject: str | None = None
    body: str | None = None
    amount: Decimal | None = money(default=None, nullable=True)
    currency: str | None = None
    provider: str | None = None
    provider_id: str | None = None
    interaction_id: int | None = reference("interaction.id", optional=True)
    segments: int | None = None  # SMS parts
    cost: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))
    agreement_id: int | None = reference("agreement.id", optional=True, index=False)
    document_id: int | None = reference("document.id", optional=True, index=False)  # attached where the channel can


class MessageEvent(SQLModel, table=True):
    """What became of a message, as it was told: once per message, state and telling."""

    __tablename__ = "message_event"
    __table_args__ = (UniqueConstraint("message_id", "state", "at", "source"),)

    id: int | None = identity()
    message_id: int = reference("message.id", index=False)
    state: MessageState = choice(MessageState, "state")
    at: datetime
    source: str  # plan, send, receipt, debtor, person, sweep
    by_id: int | None = reference("app_user.id", optional=True, index=False)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # without personal data
