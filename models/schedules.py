from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from models.columns import SQLModel, choice, identity, reference


class ScheduleState(StrEnum):
    """The life of a due run; `skipped` was overtaken by a later one of the same entry before it could start."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class ScheduledRun(SQLModel, table=True):
    """One due run of one timetable entry: the row is the truth, the RQ job only its wake-up.

    The next run of every entry is here before it is due; `attempts` is also the token that a worker
    must still hold to write, so one that was given up for lost changes nothing when it comes back.
    """

    __tablename__ = "scheduled_run"
    __table_args__ = (
        UniqueConstraint("name", "portfolio_id", "due_at", postgresql_nulls_not_distinct=True),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
        Index("ix_scheduled_run_open", "due_at", postgresql_where=text("state IN ('due', 'running')")),
    )

    id: int | None = identity()
    name: str
    portfolio_id: int | None = reference("portfolio.id", optional=True, index=False)
    due_at: datetime
    state: ScheduleState = choice(ScheduleState, "state", default=ScheduleState.DUE)
    attempts: int = 0
    enqueued_at: datetime | None = None
    started_at: datetime | None = None
    lease_until: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
