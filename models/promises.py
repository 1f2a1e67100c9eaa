from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference
from models.interactions import Channel


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    PARTIALLY_KEPT = "partially_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Promise(SQLModel, table=True):
    """A promise to pay: how much, until when, taken by whom. Its state is derived from the payments."""

    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("paid >= 0", name="paid_not_negative"),
        CheckConstraint("due_on >= taken_on", name="due_after_taken"),
        CheckConstraint("(state = 'open') = (closed_on IS NULL)", name="open_until_closed"),
        Index(
            "uq_promise_open",
            "case_id",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_promise_case_id_due_on", "case_id", "due_on"),
        Index("ix_promise_portfolio_id_taken_on", "portfolio_id", "taken_on"),
        Index("ix_promise_portfolio_id_due_on", "portfolio_id", "due_on"),
        Index("ix_promise_open_due", "portfolio_id", "due_on", postgresql_where=text("state = 'open'")),
    )

    id: int | None = identity()
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    account_id: int | None = reference("account.id", optional=True, index=False)  # none = the whole case
    interaction_id: int | None = reference("interaction.id", optional=True, index=False)
    contact_point_id: int | None = reference("contact_point.id", optional=True, index=False)
    channel: Channel = choice(Channel, "channel", default=Channel.CALL)
    given_by: str | None = None  # none = the debtor in person
    taken_by: int | None = reference("app_user.id", optional=True)
    amount: Decimal = money()
    paid: Decimal = money(default=Decimal(0))
    taken_on: date
    due_on: date
    state: PromiseState = choice(PromiseState, "state", default=PromiseState.OPEN)
    closed_on: date | None = None
    replaced_by: int | None = reference("promise.id", optional=True, index=False)
    created_at: datetime
    paid_late: Decimal = money(default=Decimal(0), sa_column_kwargs={"server_default": "0"})  # after it was not kept
    closed_because: str | None = None  # why a person withdrew it
    closed_by: int | None = reference("app_user.id", optional=True, index=False)
    followed_by: int | None = reference("app_user.id", optional=True, index=False)  # none = who took it


class PromisePart(SQLModel, table=True):
    """One part of a promise in parts; the promise's amount is their sum and its due day the last one's."""

    __tablename__ = "promise_part"
    __table_args__ = (
        CheckConstraint("amount > 0 AND number > 0", name="part"),
        Index("ix_promise_part_due_on", "due_on"),
    )

    promise_id: int = reference("promise.id", primary_key=True)
    number: int = Field(primary_key=True, sa_type=SmallInteger)
    due_on: date
    amount: Decimal = money()
