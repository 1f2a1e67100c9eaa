from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.nights import RunState


class FileKind(StrEnum):
    DEBTS = "debts"
    PAYMENTS = "payments"


class ImportRun(SQLModel, table=True):
    """One file brought into a portfolio: the file until it is worked off, and the report for good."""

    __tablename__ = "import_run"

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id")
    by_id: int | None = reference("app_user.id", optional=True, index=False)
    file_name: str
    sha256: str
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    mapping: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    business_date: date
    strict: bool = False
    state: RunState = choice(RunState, "state", default=RunState.DUE)
    rows_total: int = 0
    rows_done: int = 0
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    created_at: datetime
    attempts: int = 0  # how often a worker was lost with it
    enqueued_at: datetime | None = None
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    kind: FileKind = choice(FileKind, "kind", default=FileKind.DEBTS, sa_column_kwargs={"server_default": "debts"})
