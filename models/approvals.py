from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.users import Role


class ApprovalKind(StrEnum):
    PROMISE = "promise"
    AGREEMENT = "agreement"
    WRITE_DOWN = "write_down"


class ApprovalState(StrEnum):
    """`countered` waits for who asked: they accept or decline the counter-offer; the others but `pending` end it."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Approval(SQLModel, table=True):
    """A decision asked of somebody with more authority; nobody decides on their own."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("decided_by <> requested_by", name="four_eyes"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "state NOT IN ('approved', 'rejected', 'countered', 'accepted', 'declined') OR decided_by IS NOT NULL",
            name="somebody_decided",
        ),
        CheckConstraint("state NOT IN ('countered', 'accepted', 'declined') OR counter IS NOT NULL", name="counter"),
        CheckConstraint("needs IN ('supervisor', 'manager')", name="needs_role"),
        Index(
            "ix_approval_open", "portfolio_id", "expires_at", postgresql_where=text("state IN ('pending', 'countered')")
        ),
        Index(
            "uq_approval_open",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('pending', 'countered')"),
        ),
        Index("ix_approval_case_id", "case_id", "requested_at"),
    )

    id: int | None = identity()
    submission_key: UUID = Field(unique=True)
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    kind: ApprovalKind = choice(ApprovalKind, "kind")
    state: ApprovalState = choice(ApprovalState, "state", default=ApprovalState.PENDING)
    needs: Role = choice(Role, "needs")  # the least role whose authority covers it
    requested_by: int = reference("app_user.id")
    requested_at: datetime
    reason: str
    terms: dict[str, Any] = Field(sa_type=JSONB)  # what is asked for, as the deed takes it
    exceeded: list[Any] = Field(default_factory=list, sa_type=JSONB)  # each limit: its code, what it is, what is asked
    context: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # the case as it was then
    expires_at: datetime
    decided_by: int | None = reference("app_user.id", optional=True, index=False)
    decided_at: datetime | None = None
    decision_note: str = ""
    counter: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    ended_at: datetime | None = None  # accepted, declined, expired or withdrawn
