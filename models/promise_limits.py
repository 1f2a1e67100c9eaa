from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, SmallInteger
from sqlmodel import Field

from models.columns import SQLModel, choice, money, reference
from models.users import Role


class PromiseLimit(SQLModel, table=True):
    """What promises a role may take in a portfolio; a role without a row has the portfolio's own limits."""

    __tablename__ = "promise_limit"
    __table_args__ = (
        CheckConstraint("min_amount >= 0 AND min_share BETWEEN 0 AND 1", name="least"),
        CheckConstraint("days_out >= 0 AND broken_limit >= 0 AND open_limit > 0 AND parts > 0", name="limits"),
    )

    portfolio_id: int = reference("portfolio.id", primary_key=True)
    role: Role = choice(Role, "role", primary_key=True)
    min_amount: Decimal = money(default=Decimal(0))
    min_share: Decimal = Field(default=Decimal("0.10"), sa_type=Numeric(5, 4))
    days_out: int = 15  # until the last part
    broken_limit: int = 3  # promises not kept, from which somebody else decides
    open_limit: int = Field(default=3, sa_type=SmallInteger)
    parts: int = Field(default=3, sa_type=SmallInteger)  # the most
