from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class StrategyState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


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
