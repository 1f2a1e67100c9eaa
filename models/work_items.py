from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class Queue(StrEnum):
    CALL = "call"
    NEGOTIATION = "negotiation"
    REVIEW = "review"


class WorkState(StrEnum):
    """`ready` may be claimed now; `waiting` not before a moment; `claimed` is leased to someone; `closed` is nothing to do."""

    READY = "ready"
    WAITING = "waiting"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Band(IntEnum):
    """What goes first, whatever the score."""

    CALLBACK = 1
    BROKEN_PROMISE = 2
    NEGOTIATION = 3
    SCORE = 4


class WorkItem(SQLModel, table=True):
    """One thing for a person to do on a case, in one queue; the row lives as long as the case and changes state.

    Items that may not be worked yet stay out of the ready indexes; an item's zone leads them, because whether
    it is a lawful hour is the same for every debtor of a portfolio in one zone.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        # one check a row says that the case, its portfolio and its debtor belong together
        ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
        ),
        UniqueConstraint("case_id", "queue"),
        CheckConstraint("(state = 'claimed') = (claimed_by IS NOT NULL AND lease_until IS NOT NULL)", name="claim"),
        # a claimed item remembers the moment it waited for, and goes back to waiting when it is given back
        CheckConstraint("state = 'claimed' OR (state = 'waiting') = (not_before IS NOT NULL)", name="waiting_until"),
        CheckConstraint("(state = 'ready') = (ready_at IS NOT NULL)", name="ready_since"),
        CheckConstraint("band BETWEEN 1 AND 4", name="band"),
        Index(
            "ix_work_item_ready",
            "portfolio_id",
            "queue",
            "zone",
            "band",
            text("score DESC"),
            "id",
            postgresql_include=["ready_at"],  # the floor counts what waits how long without reading the rows
            postgresql_where=text("state = 'ready' AND reserved_for IS NULL"),
        ),
        Index(
            "ix_work_item_reserved",
            "reserved_for",
            "queue",
            "portfolio_id",
            "zone",
            "band",
            text("score DESC"),
            "id",
            postgresql_include=["ready_at"],
            postgresql_where=text("state = 'ready' AND reserved_for IS NOT NULL"),
        ),
        Index("ix_work_item_waiting", "not_before", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_work_item_callback",
            "reserved_for",
            "not_before",
            postgresql_where=text("state = 'waiting' AND reserved_for IS NOT NULL"),
        ),
        # Each claimed item lies in three small indexes. Only one may say "state = 'claimed'": with stale statistics
        # the planner takes whichever fits the condition and reads all of it.
        Index("ix_work_item_lease", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        # one agent works one debtor at a time
        Index("uq_work_item_claimed_by", "claimed_by", unique=True, postgresql_where=text("claimed_by IS NOT NULL")),
        # two agents never call the same person, not even for two portfolios
        Index("uq_work_item_claimed_debtor", "debtor_id", unique=True, postgresql_where=text("state = 'claimed'")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    debtor_id: int = Field(sa_type=BigInteger)
    queue: Queue = choice(Queue, "queue", default=Queue.CALL)
    state: WorkState = choice(WorkState, "state", default=WorkState.READY)
    zone: str  # the debtor's `place`: IANA zone, and after # the region that has a law of its own
    band: int = Field(default=Band.SCORE, sa_type=SmallInteger)
    score: float = Field(default=0.0, sa_type=Double)
    reserved_for: int | None = reference("app_user.id", optional=True, index=False)
    not_before: datetime | None = None
    claimed_by: int | None = reference("app_user.id", optional=True, index=False)
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    ready_at: datetime | None = None  # since when it waits to be taken; none = it is not ready


class Draft(SQLModel, table=True):
    """What an agent had half typed about an item: survives refresh, lost connection and lease expiry."""

    work_item_id: int = reference("work_item.id", primary_key=True)
    author_id: int = reference("app_user.id", index=False)
    note: str = ""
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    saved_at: datetime
