from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.messages import MessageState
from models.targets import Period


class Board(StrEnum):
    PERFORMANCE = "performance"
    HEALTH = "health"
    NIGHT = "night"


class Digest(SQLModel, table=True):
    """A board that somebody wants by e-mail, as they may see it on the day it leaves."""

    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("every <> 'quarter'", name="no_quarters"),
        Index(
            "uq_digest_wanted",
            "user_id",
            "board",
            "portfolio_id",
            "team_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("active"),
        ),
    )

    id: int | None = identity()
    user_id: int = reference("app_user.id")
    board: Board = choice(Board, "board")
    portfolio_id: int = reference("portfolio.id", index=False)
    team_id: int | None = reference("team.id", optional=True, index=False)
    every: Period = choice(Period, "every", default=Period.DAY)  # day, week (Mondays), month (the first)
    hour: int = Field(default=7, sa_type=SmallInteger)  # in the portfolio's zone
    active: bool = True
    created_at: datetime


class DigestIssue(SQLModel, table=True):
    """One issue of a digest: the outbox's row for a colleague, written before it is sent, unique by its day."""

    __tablename__ = "digest_issue"
    __table_args__ = (
        UniqueConstraint("digest_id", "on_date"),
        CheckConstraint("(state IN ('queued', 'sending')) = (lease_until IS NOT NULL)", name="lease"),
        Index("ix_digest_issue_open", "not_before", postgresql_where=text("state IN ('planned', 'queued', 'sending')")),
    )

    id: int | None = identity()
    digest_id: int = reference("digest.id", index=False)
    on_date: date
    state: MessageState = choice(MessageState, "state", default=MessageState.PLANNED)
    not_before: datetime
    lease_until: datetime | None = None
    tries: int = 0
    planned_at: datetime
    sent_at: datetime | None = None
    error: str | None = None
    provider_id: str | None = None
