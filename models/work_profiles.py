from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field

from models.columns import SQLModel, identity, money, reference


class WorkProfile(SQLModel, table=True):
    """What may be dealt to somebody: a cap, and skills; an empty list or none is no limit."""

    __tablename__ = "work_profile"
    __table_args__ = (CheckConstraint("case_cap >= 0 AND coalesce(balance_cap > 0, true)", name="caps"),)

    user_id: int = reference("app_user.id", primary_key=True)
    case_cap: int | None = None  # cases they may own
    balance_cap: Decimal | None = money(default=None, nullable=True)  # authority: the largest balance of one case
    stages: list[str] = Field(default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    languages: list[str] = Field(default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    portfolio_ids: list[int] = Field(
        default_factory=list, sa_type=ARRAY(BigInteger), sa_column_kwargs={"server_default": "{}"}
    )


class Absence(SQLModel, table=True):
    """Days on which nothing is dealt to somebody; the last day included."""

    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="span"),
        Index("ix_absence_user_id", "user_id", "until_on", postgresql_where=text("cancelled_at IS NULL")),
    )

    id: int | None = identity()
    user_id: int = reference("app_user.id", index=False)
    from_on: date
    until_on: date
    reason: str = ""
    made_by: int | None = reference("app_user.id", optional=True, index=False)
    made_at: datetime
    cancelled_at: datetime | None = None
