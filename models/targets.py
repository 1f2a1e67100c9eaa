from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Target(SQLModel, table=True):
    """A goal: a figure of the catalogue that a person, a team or a portfolio is to reach in each period."""

    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, team_id, portfolio_id) = 1", name="one_scope"),
        CheckConstraint("until_on > from_on", name="span"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_target_user_id", "user_id"),
        Index("ix_target_team_id", "team_id"),
        Index("ix_target_portfolio_id", "portfolio_id"),
    )

    id: int | None = identity()
    user_id: int | None = reference("app_user.id", optional=True, index=False)
    team_id: int | None = reference("team.id", optional=True, index=False)
    portfolio_id: int | None = reference("portfolio.id", optional=True, index=False)
    kpi: str  # its name in rules.kpis
    period: Period = choice(Period, "period")
    amount: Decimal = Field(sa_type=Numeric(18, 4))
    from_on: date
    until_on: date | None = None  # the first day on which it holds no more
    set_by: int | None = reference("app_user.id", optional=True, index=False)
    set_at: datetime
