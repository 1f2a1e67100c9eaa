from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class DealKind(StrEnum):
    DEAL = "deal"  # cases to agents
    COVER = "cover"  # somebody's cases to others until a day, then back
    LEAVER = "leaver"  # everything of somebody who leaves
    PORTFOLIO = "portfolio"  # portfolios to another team


class DealWay(StrEnum):
    """How cases are dealt out."""

    COUNT = "count"
    BALANCE = "balance"
    EXPECTED = "expected"
    PRIORITY = "priority"  # round-robin by priority
    NOBODY = "nobody"  # back to everybody's queue


class DealState(StrEnum):
    APPLIED = "applied"
    UNDONE = "undone"
    REVERTED = "reverted"  # a cover whose last day has passed


class Deal(SQLModel, table=True):
    """Work dealt out in one deed: what was asked, what came of it, and enough to put everything back."""

    __table_args__ = (
        CheckConstraint("(kind = 'cover') = (until_on IS NOT NULL)", name="cover_has_end"),
        CheckConstraint("(state = 'applied') = (ended_at IS NULL)", name="applied_until_ended"),
        Index("ix_deal_cover", "until_on", postgresql_where=text("kind = 'cover' AND state = 'applied'")),
        Index("ix_deal_made_at", "made_at"),
    )

    id: int | None = identity()
    key: UUID = Field(unique=True)  # drawn with the preview: a double click deals once
    kind: DealKind = choice(DealKind, "kind")
    way: DealWay | None = choice(DealWay, "way", default=None, nullable=True)
    state: DealState = choice(DealState, "state", default=DealState.APPLIED)
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # filters, agents, caps
    told: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # counts, spread, what was left out and why
    until_on: date | None = None  # the last day of a cover
    note: str = ""
    made_by: int | None = reference("app_user.id", optional=True, index=False)
    made_at: datetime
    ended_by: int | None = reference("app_user.id", optional=True, index=False)
    ended_at: datetime | None = None


class DealCase(SQLModel, table=True):
    """One case of a deal: whose it was and whose it became."""

    __tablename__ = "deal_case"
    __table_args__ = (Index("ix_deal_case_case_id", "case_id"),)

    deal_id: int = reference("deal.id", primary_key=True)
    case_id: int = reference("collection_case.id", primary_key=True)
    owner_before: int | None = reference("app_user.id", optional=True, index=False)
    owner_after: int | None = reference("app_user.id", optional=True, index=False)


class DealItem(SQLModel, table=True):
    """A work item of a dealt case: for whom it was reserved before and after."""

    __tablename__ = "deal_item"

    deal_id: int = reference("deal.id", primary_key=True)
    work_item_id: int = reference("work_item.id", primary_key=True)
    reserved_before: int | None = reference("app_user.id", optional=True, index=False)
    reserved_after: int | None = reference("app_user.id", optional=True, index=False)


class DealPromise(SQLModel, table=True):
    """An open promise of a dealt case: who followed it before and after."""

    __tablename__ = "deal_promise"

    deal_id: int = reference("deal.id", primary_key=True)
    promise_id: int = reference("promise.id", primary_key=True)
    followed_before: int | None = reference("app_user.id", optional=True, index=False)
    followed_after: int | None = reference("app_user.id", optional=True, index=False)
