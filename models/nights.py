from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class RunState(StrEnum):
    """The life of anything that runs by itself: a night, an import, a timetable entry."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class NightlyRun(SQLModel, table=True):
    """One night of one portfolio: what ran, how far it came, what it learned and what it wrote."""

    __tablename__ = "nightly_run"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "business_date"),
        CheckConstraint("0 <= cases_done AND cases_done <= cases_total", name="progress"),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    business_date: date
    state: RunState = choice(RunState, "state", default=RunState.RUNNING)
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None = None
    cases_total: int = 0
    cases_done: int = 0
    last_case_id: int = Field(default=0, sa_type=BigInteger)  # a resumed run goes on after it
    learned: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    violations: list[Any] = Field(default_factory=list, sa_type=JSONB)
    error: str | None = None


class ChangeKind(StrEnum):
    ENTERED = "entered"
    LEFT = "left"
    UP = "up"
    DOWN = "down"
    BUCKET = "bucket"
    STAGE = "stage"
    STAGE_PROPOSED = "stage_proposed"
    PROMISE_KEPT = "promise_kept"
    PROMISE_PARTIALLY_KEPT = "promise_partially_kept"
    PROMISE_BROKEN = "promise_broken"
    AGREEMENT_COMPLETED = "agreement_completed"
    AGREEMENT_BROKEN = "agreement_broken"
    INSTALLMENT_MISSED = "installment_missed"
    OWNER = "owner"


class NightlyChange(SQLModel, table=True):
    """What one night changed on one case, and why."""

    __tablename__ = "nightly_change"
    __table_args__ = (Index("ix_nightly_change_case_id", "case_id"),)

    run_id: int = reference("nightly_run.id", primary_key=True)
    kind: ChangeKind = choice(ChangeKind, "kind", primary_key=True)
    case_id: int = reference("collection_case.id", primary_key=True)
    before: str | None = None
    after: str | None = None
    reason: str  # a code that rules.reasons puts in words


class NightlyHold(SQLModel, table=True):
    """The cases whose step of the strategy one night held back, for one reason (a code of `rules.held.Code`).

    One row a reason, its cases in a list: as many as a book may have every night, and read only when somebody asks.
    """

    __tablename__ = "nightly_hold"

    run_id: int = reference("nightly_run.id", primary_key=True)
    code: str = Field(primary_key=True)
    case_ids: list[int] = Field(sa_type=ARRAY(BigInteger))
