from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, SmallInteger
from sqlmodel import Field

from models.agreements import OfferKind
from models.cases import Stage
from models.columns import SQLModel, choice, identity, money, reference
from models.users import Role


class OfferPolicy(SQLModel, table=True):
    """How far a role may go with one kind of offer, in one corner of a portfolio; the most specific row that fits counts."""

    __tablename__ = "offer_policy"
    __table_args__ = (
        CheckConstraint("0 <= days_from AND coalesce(days_from <= days_to, true)", name="days"),
        CheckConstraint(
            "discount_principal BETWEEN 0 AND 1 AND discount_interest BETWEEN 0 AND 1 AND discount_fees BETWEEN 0 AND 1"
            " AND least_down BETWEEN 0 AND 1",
            name="shares",
        ),
        CheckConstraint(
            "installments > 0 AND days_out >= 0 AND offer_days > 0 AND least_installment >= 0", name="limits"
        ),
        Index(
            "uq_offer_policy",
            "portfolio_id",
            "role",
            "kind",
            "stage",
            "segment",
            "days_from",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    role: Role = choice(Role, "role")
    kind: OfferKind = choice(OfferKind, "kind")
    stage: Stage | None = choice(Stage, "stage", default=None, nullable=True)  # none = any
    days_from: int = 0  # days past due, both ends included
    days_to: int | None = None  # none = no end
    segment: str | None = None  # a segment's code of the portfolio's published strategy; none = any
    discount_principal: Decimal = Field(default=Decimal(0), sa_type=Numeric(5, 4))  # the largest, as shares
    discount_interest: Decimal = Field(default=Decimal(0), sa_type=Numeric(5, 4))
    discount_fees: Decimal = Field(default=Decimal(0), sa_type=Numeric(5, 4))
    installments: int = Field(default=1, sa_type=SmallInteger)  # the most
    least_down: Decimal = Field(default=Decimal(0), sa_type=Numeric(5, 4))  # the down payment, a share of the total
    least_installment: Decimal = money(default=Decimal(0))
    days_out: int = 30  # the farthest last date
    offer_days: int = 7  # how long the offer stands
