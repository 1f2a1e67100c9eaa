from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.interactions import Channel


class TemplateState(StrEnum):
    """A text is written, then approved by somebody else, then replaced by a newer one."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


class Template(SQLModel, table=True):
    """One version of a text that debtors receive, in one language on one channel; `portfolio_id` none = for all."""

    __table_args__ = (
        UniqueConstraint("portfolio_id", "code", "channel", "language", "version", postgresql_nulls_not_distinct=True),
        CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name="written_channel"),
        CheckConstraint("(channel = 'email') = (subject IS NOT NULL)", name="subject_of_email"),
        CheckConstraint("state = 'draft' OR approved_at IS NOT NULL", name="approved_at"),
        CheckConstraint("approved_by <> author_id", name="four_eyes"),
    )

    id: int | None = identity()
    portfolio_id: int | None = reference("portfolio.id", optional=True, index=False)
    code: str
    channel: Channel = choice(Channel, "channel")
    language: str
    version: int
    subject: str | None = None
    body: str
    whatsapp_name: str | None = None  # the name under which the provider approved it
    state: TemplateState = choice(TemplateState, "state", default=TemplateState.DRAFT)
    author_id: int | None = reference("app_user.id", optional=True, index=False)  # none = shipped
    approved_by: int | None = reference("app_user.id", optional=True, index=False)
    approved_at: datetime | None = None
    created_at: datetime = Field()
