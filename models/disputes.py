from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class DisputeKind(StrEnum):
    """What somebody claims; each pauses the case, or the account it is about."""

    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    LEGAL_HOLD = "legal_hold"
    DECEASED = "deceased"


class Resolution(StrEnum):
    RESUMED = "resumed"  # not so, or settled: collection goes on
    WRITTEN_DOWN = "written_down"  # the debtor is right, wholly or in part
    CONFIRMED = "confirmed"  # it is so: the pause stays for good
    WITHDRAWN = "withdrawn"  # by who opened it


class Dispute(SQLModel, table=True):
    """A debtor's claim that pauses collection until it is decided: what about, until when, with which evidence."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        ForeignKeyConstraint(["account_id", "case_id"], ["account.id", "account.case_id"]),
        CheckConstraint("deadline_on >= opened_on", name="deadline"),
        CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name="resolved"),
        CheckConstraint("(written_down > 0) = coalesce(resolution = 'written_down', false)", name="written_down"),
        Index("ix_dispute_open", "portfolio_id", "deadline_on", postgresql_where=text("resolution IS NULL")),
        Index("ix_dispute_case_id", "case_id", "opened_on"),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    account_id: int | None = Field(default=None, sa_type=BigInteger)  # none = the whole case
    kind: DisputeKind = choice(DisputeKind, "kind")
    category: str  # a code of rules.disputes
    disputed: Decimal | None = money(default=None, nullable=True)  # how much of the debt, where it is only a part
    note: str
    opened_by: int = reference("app_user.id", index=False)
    opened_on: date
    opened_at: datetime
    deadline_on: date
    pause_id: int = reference("pause.id")
    resolution: Resolution | None = choice(Resolution, "resolution", default=None, nullable=True)
    resolved_at: datetime | None = None
    resolved_by: int | None = reference("app_user.id", optional=True, index=False)
    resolution_note: str = ""
    written_down: Decimal = money(default=Decimal(0))
    payment_id: int | None = reference("payment.id", optional=True, index=False)  # the write-down
