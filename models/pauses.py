from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class PauseKind(StrEnum):
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    LEGAL_HOLD = "legal_hold"
    VERIFICATION = "verification"  # the debtor says it is paid
    OTHER = "other"
    DECEASED = "deceased"
    HAND_OVER = "hand_over"  # an agency or the courts have the case


class Pause(SQLModel, table=True):
    """A case, or one account of it, about which nobody is written to for a while; `until` is its last day, none = open."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        ForeignKeyConstraint(["account_id", "case_id"], ["account.id", "account.case_id"]),
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_because"),
        Index("ix_pause_case_id", "case_id", "from_on"),
        Index("ix_pause_live", "portfolio_id", "case_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    account_id: int | None = Field(default=None, sa_type=BigInteger)  # none = the whole case
    kind: PauseKind = choice(PauseKind, "kind")
    from_on: date
    until_on: date | None = None
    reason: str
    by_id: int | None = reference("app_user.id", optional=True, index=False)  # none = the system
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: int | None = reference("app_user.id", optional=True, index=False)
    ended_because: str | None = None
