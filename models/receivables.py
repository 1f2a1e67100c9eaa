from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class Component(StrEnum):
    """What a receivable is made of: discounts are limited for each apart, and interest is never charged on interest."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"


class Receivable(SQLModel, table=True):
    """An instalment or invoice of an account. Its balance is its amount less what is allocated to it."""

    __table_args__ = (
        ForeignKeyConstraint(["account_id", "case_id"], ["account.id", "account.case_id"]),
        UniqueConstraint("account_id", "number"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("0 <= balance AND balance <= amount", name="balance_within_amount"),
        CheckConstraint("(balance = 0) = (settled_on IS NOT NULL)", name="settled"),
        Index(
            "ix_receivable_open",
            "case_id",
            "due_on",
            postgresql_include=["balance"],
            postgresql_where=text("balance > 0"),
        ),
        Index("ix_receivable_case_id", "case_id"),
        Index("ix_receivable_issued_on", "issued_on"),  # what was issued in a period
        Index("ix_receivable_agreement_id", "agreement_id", postgresql_where=text("agreement_id IS NOT NULL")),
    )

    id: int | None = identity()
    account_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    number: str
    issued_on: date | None = None
    due_on: date
    amount: Decimal = money()
    balance: Decimal = money()
    settled_on: date | None = None
    component: Component = choice(
        Component, "component", default=Component.PRINCIPAL, sa_column_kwargs={"server_default": "principal"}
    )
    agreement_id: int | None = reference(
        "agreement.id", optional=True, index=False
    )  # a charge that was posted when it was signed
