from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.interactions import Channel


class InboundEvent(SQLModel, table=True):
    """One thing a provider told us (a receipt, a reply), as it came, kept once however often it is told."""

    __tablename__ = "inbound_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index("ix_inbound_event_waiting", "received_at", postgresql_where=text("worked_at IS NULL")),
        # few rows: what belongs to nobody is shown to people
        Index("ix_inbound_event_error", "received_at", postgresql_where=text("error IS NOT NULL")),
    )

    id: int | None = identity()
    channel: Channel = choice(Channel, "channel")
    provider: str
    event_key: str  # the provider's id of the event
    received_at: datetime
    payload: dict[str, Any] = Field(sa_type=JSONB)
    attempts: int = 0
    lease_until: datetime | None = None
    worked_at: datetime | None = None
    error: str | None = None  # without personal data


class OptOut(SQLModel, table=True):
    """A debtor does not want to be written to on a channel; ended only by a person who says why."""

    __tablename__ = "opt_out"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_because"),
        Index("uq_opt_out_live", "debtor_id", "channel", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: int | None = identity()
    debtor_id: int = reference("debtor.id", index=False)
    channel: Channel = choice(Channel, "channel")
    since: datetime
    source: str  # stop_word, unsubscribe, person
    inbound_event_id: int | None = reference("inbound_event.id", optional=True, index=False)
    by_id: int | None = reference("app_user.id", optional=True, index=False)
    ended_at: datetime | None = None
    ended_by: int | None = reference("app_user.id", optional=True, index=False)
    ended_because: str | None = Field(default=None)
