from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric, SmallInteger, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class OfferKind(StrEnum):
    SETTLEMENT = "settlement"  # everything at once, with a discount
    SHORT_PLAN = "short_plan"
    LONG_PLAN = "long_plan"
    RESCHEDULE = "reschedule"  # new dates, nothing forgiven


class Frequency(StrEnum):
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


class AgreementState(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Agreement(SQLModel, table=True):
    """A plan or settlement signed with a debtor. Its state is derived from what is paid, but for what people end.

    Its discount lowers the debt from the first day, as payments of kind `discount`, and is restored when it breaks.
    """

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        ForeignKeyConstraint(["account_id", "case_id"], ["account.id", "account.case_id"]),
        CheckConstraint("principal >= 0 AND interest >= 0 AND fees >= 0", name="owed_not_negative"),
        CheckConstraint(
            "discount_principal BETWEEN 0 AND principal AND discount_interest BETWEEN 0 AND interest"
            " AND discount_fees BETWEEN 0 AND fees",
            name="discount_within_owed",
        ),
        CheckConstraint(
            "total > 0 AND total = principal + interest + fees - discount_principal - discount_interest - discount_fees",
            name="total_adds_up",
        ),
        CheckConstraint("(state = 'active') = (closed_on IS NULL)", name="active_until_closed"),
        CheckConstraint("missed_limit > 0 AND grace_days >= 0 AND 0 < tolerance AND tolerance <= 1", name="patience"),
        CheckConstraint("paid >= 0 AND missed >= 0", name="followed_up"),
        Index(
            "uq_agreement_active",
            "case_id",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'active'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_agreement_case_id", "case_id", "signed_on"),
        Index("ix_agreement_portfolio_active", "portfolio_id", "case_id", postgresql_where=text("state = 'active'")),
    )

    id: int | None = identity()
    submission_key: UUID = Field(unique=True)  # drawn with the form: a double click signs once
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    account_id: int | None = Field(default=None, sa_type=BigInteger)  # none = the whole case
    interaction_id: int | None = reference("interaction.id", optional=True, index=False)
    approval_id: int | None = reference("approval.id", optional=True, index=False)
    kind: OfferKind = choice(OfferKind, "kind")
    frequency: Frequency = choice(Frequency, "frequency", default=Frequency.MONTHLY)
    # what was owed when it was signed, by component, and what of it is forgiven
    principal: Decimal = money()
    interest: Decimal = money(default=Decimal(0))
    fees: Decimal = money(default=Decimal(0))
    discount_principal: Decimal = money(default=Decimal(0))
    discount_interest: Decimal = money(default=Decimal(0))
    discount_fees: Decimal = money(default=Decimal(0))
    total: Decimal = money()
    # the patience agreed on, as it was then
    missed_limit: int = Field(default=1, sa_type=SmallInteger)
    grace_days: int = Field(default=3, sa_type=SmallInteger)
    tolerance: Decimal = Field(default=Decimal("0.95"), sa_type=Numeric(5, 4))
    signed_on: date
    state: AgreementState = choice(AgreementState, "state", default=AgreementState.ACTIVE)
    paid: Decimal = money(default=Decimal(0))
    missed: int = Field(default=0, sa_type=SmallInteger)  # installments overdue now, or when it broke
    closed_on: date | None = None
    closed_because: str | None = None
    closed_by: int | None = reference("app_user.id", optional=True, index=False)
    replaced_by: int | None = reference("agreement.id", optional=True, index=False)
    taken_by: int | None = reference("app_user.id", optional=True)
    created_at: datetime


class Installment(SQLModel, table=True):
    """One payment of an agreement's schedule; number 0 is the down payment. `paid` is derived, for the screens."""

    __table_args__ = (
        CheckConstraint("amount > 0 AND 0 <= paid AND paid <= amount", name="paid_within_amount"),
        CheckConstraint("number >= 0", name="number"),
        Index("ix_installment_due_on", "due_on"),
    )

    agreement_id: int = reference("agreement.id", primary_key=True)
    number: int = Field(primary_key=True, sa_type=SmallInteger)
    due_on: date
    amount: Decimal = money()
    paid: Decimal = money(default=Decimal(0))
    paid_on: date | None = None  # the day it was paid in full
