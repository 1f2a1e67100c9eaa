from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class HandOverTo(StrEnum):
    AGENCY = "agency"
    JUDICIAL = "judicial"


class HandOverState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"  # the case no longer meets the policy
    RECALLED = "recalled"  # given back to us


class HandOver(SQLModel, table=True):
    """A case proposed to an agency or the courts, decided by a manager; once approved nobody of ours contacts the debtor."""

    __tablename__ = "hand_over"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("state NOT IN ('approved', 'rejected', 'recalled') OR decided_by IS NOT NULL", name="decided"),
        CheckConstraint("state <> 'approved' OR (pause_id IS NOT NULL AND recipient IS NOT NULL)", name="approved"),
        Index("uq_hand_over_open", "case_id", unique=True, postgresql_where=text("state IN ('proposed', 'approved')")),
        Index("ix_hand_over_portfolio_id_state", "portfolio_id", "state"),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    goes_to: HandOverTo = choice(HandOverTo, "goes_to")
    recipient: str | None = None  # the agency's or law firm's name
    state: HandOverState = choice(HandOverState, "state", default=HandOverState.PROPOSED)
    days_past_due: int  # when it was proposed
    balance: Decimal = money()
    proposed_on: date
    proposed_by: int | None = reference(
        "app_user.id", optional=True, index=False
    )  # none = the night: by policy, or with a reason by strategy
    reason: str = ""
    decided_at: datetime | None = None
    decided_by: int | None = reference("app_user.id", optional=True, index=False)
    decision_note: str = ""
    pause_id: int | None = reference("pause.id", optional=True, index=False)
    document_id: int | None = reference("document.id", optional=True, index=False)  # the file it was exported in
