from datetime import datetime

from sqlalchemy import UniqueConstraint

from models.columns import SQLModel, choice, identity, reference
from models.nights import RunState


class ScheduledRun(SQLModel, table=True):
    """One due run of one timetable entry: the row is the truth, the RQ job only its wake-up."""

    __tablename__ = "scheduled_run"
    __table_args__ = (UniqueConstraint("name", "portfolio_id", "due_at", postgresql_nulls_not_distinct=True),)

    id: int | None = identity()
    name: str
    portfolio_id: int | None = reference("portfolio.id", optional=True, index=False)
    due_at: datetime
    state: RunState = choice(RunState, "state", default=RunState.DUE)
    attempts: int = 0
    enqueued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
