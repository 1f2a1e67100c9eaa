from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class Channel(StrEnum):
    CALL = "call"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    LETTER = "letter"
    VISIT = "visit"


class Direction(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Interaction(SQLModel, table=True):
    """Every contact in or out, on any channel, with its outcome."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("(override_reason IS NULL) = (override_by IS NULL)", name="override_authorised"),
        Index("ix_interaction_case_id_started_at", "case_id", text("started_at DESC")),
        Index("ix_interaction_user_id_started_at", "user_id", "started_at"),
        Index("ix_interaction_portfolio_id_started_at", "portfolio_id", "started_at"),
        # few rows: looked through every night, and shown to whoever watches over the law
        Index(
            "ix_interaction_unlawful",
            "portfolio_id",
            "started_at",
            postgresql_where=text("decision ->> 'allowed' = 'false'"),
        ),
        # few rows: the night asks which replies nobody has answered
        Index("ix_interaction_inbound", "case_id", "started_at", postgresql_where=text("direction = 'inbound'")),
    )

    id: int | None = identity()
    submission_key: UUID = Field(unique=True)  # drawn with the form: a double click saves once
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    user_id: int | None = reference("app_user.id", optional=True, index=False)
    contact_point_id: int | None = reference("contact_point.id", optional=True, index=False)
    channel: Channel = choice(Channel, "channel", default=Channel.CALL)
    direction: Direction = choice(Direction, "direction", default=Direction.OUTBOUND)
    disposition_code: str = Field(foreign_key="disposition.code")
    started_at: datetime
    ended_at: datetime
    note: str = ""
    follow_up_at: datetime | None = None
    override_reason: str | None = None
    override_by: int | None = reference("app_user.id", optional=True, index=False)
    # what the law said when it was saved: allowed, rule, law, confidence, version; none = nobody asked
    decision: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    # what was read in a debtor's reply: intent, and the date it names
    reading: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    claimed_at: datetime | None = None  # when the agent took the case, for the time spent on it
