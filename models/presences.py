from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class PresenceState(StrEnum):
    """What somebody at work is there for; nobody has a row while they are offline."""

    AVAILABLE = "available"
    BREAK = "break"
    TRAINING = "training"
    MEETING = "meeting"


class PresenceEnd(StrEnum):
    CHANGED = "changed"  # into another state
    LEFT = "left"  # logged out
    LOST = "lost"  # not seen any more: ended when last seen


class Presence(SQLModel, table=True):
    """A span of somebody's working time in one state; the open one has no end."""

    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended"),
        Index("uq_presence_open", "user_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_presence_user_id_started_at", "user_id", "started_at"),
    )

    id: int | None = identity()
    user_id: int = reference("app_user.id", index=False)
    state: PresenceState = choice(PresenceState, "state")
    started_at: datetime
    seen_at: datetime  # the last time the page or a deed showed that they are there
    ended_at: datetime | None = Field(default=None)
    ended_because: PresenceEnd | None = choice(PresenceEnd, "ended_because", default=None, nullable=True)
