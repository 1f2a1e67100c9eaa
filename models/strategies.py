from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class StrategyState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class StepKind(StrEnum):
    """What a step of a strategy asks for; all but messages are for people."""

    MESSAGE = "message"
    CALL = "call"
    HAND_OVER = "hand_over"


class Strategy(SQLModel, table=True):
    """One version of a portfolio's cadence: segments and their steps (`rules.strategies.Definition`), as JSON."""

    __table_args__ = (
        UniqueConstraint("portfolio_id", "version"),
        Index("uq_strategy_published", "portfolio_id", unique=True, postgresql_where=text("state = 'published'")),
        Index("uq_strategy_draft", "portfolio_id", unique=True, postgresql_where=text("state = 'draft'")),
        CheckConstraint("state = 'draft' OR published_at IS NOT NULL", name="published_at"),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    version: int
    state: StrategyState = choice(StrategyState, "state", default=StrategyState.DRAFT)
    definition: dict[str, Any] = Field(sa_type=JSONB)
    created_by: int | None = reference("app_user.id", optional=True, index=False)  # none = shipped
    created_at: datetime
    published_by: int | None = reference("app_user.id", optional=True, index=False)
    published_at: datetime | None = None
    retired_at: datetime | None = None


class StepTask(SQLModel, table=True):
    """A step of a strategy that a person does: a call, or deciding on a hand-over; written once, like a message."""

    __tablename__ = "step_task"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
        ),
        UniqueConstraint("key"),
        Index("ix_step_task_case_id", "case_id", "anchor_on"),
    )

    id: int | None = identity()
    key: str
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    debtor_id: int = Field(sa_type=BigInteger)
    strategy_id: int = reference("strategy.id", index=False)
    segment: str
    step: str
    kind: StepKind = choice(StepKind, "kind")
    anchor_on: date
    on_date: date
    created_at: datetime
