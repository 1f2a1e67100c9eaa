from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Double, Numeric, SmallInteger, UniqueConstraint
from sqlmodel import Field

from models.cases import Stage
from models.columns import SQLModel, choice, identity, money, reference


class BookDay(SQLModel, table=True):
    """One morning of a portfolio, summed over cases of one owner, bucket and stage: a rollup of `CaseHistory`.

    It can be thrown away: `workbench rollup rebuild` makes the same rows again.
    """

    __tablename__ = "book_day"
    __table_args__ = (
        UniqueConstraint("portfolio_id", "on_date", "owner_id", "bucket", "stage", postgresql_nulls_not_distinct=True),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    on_date: date
    owner_id: int | None = reference("app_user.id", optional=True, index=False)
    bucket: int = Field(sa_type=SmallInteger)
    stage: Stage = choice(Stage, "stage")
    cases: int
    listed: int  # cases that lay in a queue
    balance: Decimal = money()
    past_due: Decimal = money()
    late_cases: int  # with something past due
    late_balance: Decimal = money()  # the whole balance of those
    late_balance_days: Decimal = Field(sa_type=Numeric(24, 2))  # their balance times their days past due
    past_due_30: Decimal = money()  # past due of cases more than 30 days late
    past_due_90: Decimal = money()
    expected: float = Field(sa_type=Double)  # sum of the scores


class ForecastSource(StrEnum):
    PROMISE = "promise"
    AGREEMENT = "agreement"


class ReceiptForecast(SQLModel, table=True):
    """What a night expected to come in on a later day from open promises and agreements; kept, to show its error."""

    __tablename__ = "receipt_forecast"

    portfolio_id: int = reference("portfolio.id", primary_key=True)
    made_on: date = Field(primary_key=True)
    for_on: date = Field(primary_key=True)
    source: ForecastSource = choice(ForecastSource, "source", primary_key=True)
    due: Decimal = money()  # what falls due, less what has come in for it already
    expected: Decimal = money()  # the same times the shares that used to be paid
    items: int = Field(sa_type=BigInteger)
