from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.strategies import StrategyState


class OrderVersion(SQLModel, table=True):
    """One version of a portfolio's named rules for the order of the queue: multipliers and bans (`rules.order_rules`)."""

    __tablename__ = "order_version"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "version"),
        Index("uq_order_version_published", "portfolio_id", unique=True, postgresql_where=text("state = 'published'")),
        Index("uq_order_version_draft", "portfolio_id", unique=True, postgresql_where=text("state = 'draft'")),
        CheckConstraint("state = 'draft' OR published_at IS NOT NULL", name="published_at"),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    version: int
    state: StrategyState = choice(StrategyState, "state", default=StrategyState.DRAFT)
    rules: list[Any] = Field(sa_type=JSONB)
    simulated: dict[str, Any] | None = Field(default=None, sa_type=JSONB)  # what these very rules did to a past book
    created_by: int | None = reference("app_user.id", optional=True, index=False)
    created_at: datetime
    published_by: int | None = reference("app_user.id", optional=True, index=False)
    published_at: datetime | None = None
    retired_at: datetime | None = None
