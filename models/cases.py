from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class Stage(StrEnum):
    PREVENTIVE = "preventive"
    ADMINISTRATIVE = "administrative"
    EXTRAJUDICIAL = "extrajudicial"
    JUDICIAL = "judicial"


class Case(SQLModel, table=True):
    """The unit of work: one debtor in one portfolio, all accounts together (`case` is reserved in SQL)."""

    __tablename__ = "collection_case"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "debtor_id"),
        UniqueConstraint("id", "portfolio_id"),
        UniqueConstraint("id", "portfolio_id", "debtor_id"),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    debtor_id: int = reference("debtor.id")
    owner_id: int | None = reference("app_user.id", optional=True)
    opened_on: date


class Standing(SQLModel, table=True):
    """Where a case stands: rebuilt by the night, touched by payments and calls; narrow, so that rewriting a million is cheap.

    Days past due are never stored: they are `business date - oldest_due_on`, so a quiet case is not rewritten every night.
    """

    __tablename__ = "case_standing"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("0 <= past_due AND past_due <= balance", name="past_due_within_balance"),
        CheckConstraint("(past_due > 0) = (oldest_due_on IS NOT NULL)", name="oldest_due"),
        CheckConstraint("score >= 0", name="score_not_negative"),
        CheckConstraint("p_unpaid BETWEEN 0 AND 1 AND reach BETWEEN 0 AND 1", name="probabilities"),
        CheckConstraint("0 <= late_count AND late_count <= settled_count", name="history"),
        Index("ix_case_standing_portfolio_id", "portfolio_id", "case_id"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    case_id: int = Field(sa_type=BigInteger, primary_key=True)
    portfolio_id: int = Field(sa_type=BigInteger)
    balance: Decimal = money()
    past_due: Decimal = money()
    oldest_due_on: date | None = None
    bucket: int = Field(default=0, sa_type=SmallInteger)  # index into the portfolio's bucket_starts; 0 = current
    stage: Stage = choice(Stage, "stage", default=Stage.PREVENTIVE)
    settled_count: int = 0
    late_count: int = 0
    broken_promises: int = Field(default=0, sa_type=SmallInteger)
    roll: float = Field(default=0.0, sa_type=Double)
    cust: float = Field(default=0.0, sa_type=Double)
    p_unpaid: float = Field(default=0.0, sa_type=Double)
    reach: float = Field(default=0.0, sa_type=Double)
    score: float = Field(default=0.0, sa_type=Double)
    # the day from which days past due are counted: the oldest due day, moved by the days that do not count (pauses)
    counted_from: date | None = None
