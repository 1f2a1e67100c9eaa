from datetime import date

from sqlalchemy import BigInteger, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from models.columns import SQLModel, identity


class Account(SQLModel, table=True):
    """One obligation of a debtor: a card, a line, a loan, a customer account."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        UniqueConstraint("portfolio_id", "number"),
        UniqueConstraint("id", "case_id"),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger, index=True)
    number: str = Field(index=True)
    product: str | None = None
    opened_on: date | None = None
