from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class PaymentKind(StrEnum):
    """Where the money came from; only `payment` is money received, the others lower a debt without it."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    BALANCE_UPDATE = "balance_update"  # the creditor's next file shows less owed
    WRITE_OFF = "write_off"
    DISCOUNT = "discount"  # what an agreement forgives, for as long as it holds


class Reversal(StrEnum):
    REVERSAL = "reversal"
    CHARGE_BACK = "charge_back"
    RESTORED = "restored"  # a discount, when its agreement ended


refers_to = reference  # a payment has a field of that name


class Payment(SQLModel, table=True):
    """Money in for a case, allocated oldest first, reversible."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        UniqueConstraint("portfolio_id", "reference"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("0 <= allocated AND allocated <= amount", name="allocated_within_amount"),
        CheckConstraint("reversed_on IS NULL OR allocated = 0", name="reversed_releases"),
        Index("ix_payment_case_id_paid_on", "case_id", "paid_on"),
        Index("ix_payment_portfolio_id_recorded_at", "portfolio_id", "recorded_at"),
        Index("ix_payment_portfolio_id_paid_on", "portfolio_id", "paid_on"),
        Index("ix_payment_agreement_id", "agreement_id", postgresql_where=text("agreement_id IS NOT NULL")),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    reference: str
    kind: PaymentKind = choice(PaymentKind, "kind", default=PaymentKind.PAYMENT)
    amount: Decimal = money()
    allocated: Decimal = money(default=Decimal(0))
    paid_on: date
    reversed_on: date | None = None
    recorded_at: datetime
    reversal: Reversal | None = choice(Reversal, "reversal", default=None, nullable=True)
    reversed_because: str | None = None
    agreement_id: int | None = refers_to("agreement.id", optional=True, index=False)  # whose discount it is
    import_run_id: int | None = refers_to("import_run.id", optional=True, index=False)  # the payment file it came in
    by_id: int | None = refers_to("app_user.id", optional=True, index=False)  # none = a file, or the system


class Allocation(SQLModel, table=True):
    """The part of a payment that pays one receivable; a reversal releases it and keeps the row."""

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(
            "uq_allocation_live",
            "payment_id",
            "receivable_id",
            unique=True,
            postgresql_where=text("released_on IS NULL"),
        ),
    )

    id: int | None = identity()
    payment_id: int = reference("payment.id", index=False)
    receivable_id: int = reference("receivable.id")
    amount: Decimal = money()
    released_on: date | None = None
    # set against a debt that opened after the money came in: a creditor's file that shows it whole does not know
    from_credit: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
