from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Integer, Numeric, Text, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, money, reference


class AbsenceRule(StrEnum):
    """What it means that a receivable is no longer in the creditor's next file."""

    KEEP = "keep"
    PAID = "paid"
    CANCELLED = "cancelled"


class CollectionFee(StrEnum):
    """What may be charged for collecting, by law: Chile's article 37 of Ley 19.496, or nothing."""

    NONE = "none"
    CHILE = "chile"


class Portfolio(SQLModel, table=True):
    """A book of one creditor's debt: one country, one currency, one clock, one set of limits."""

    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_iso"),
        CheckConstraint("0 < promise_tolerance AND promise_tolerance <= 1", name="tolerance_share"),
        CheckConstraint("grace_days >= 0 AND promise_days_out >= 0", name="days_not_negative"),
        CheckConstraint("weekday_opens < weekday_closes", name="weekday_hours"),
        CheckConstraint(
            "(saturday_opens IS NULL) = (saturday_closes IS NULL) AND coalesce(saturday_opens < saturday_closes, true)",
            name="saturday_hours",
        ),
        CheckConstraint("0 < extrajudicial_after AND extrajudicial_after < judicial_after", name="stage_order"),
        CheckConstraint("daily_attempts > 0 AND weekly_contacts > 0", name="contact_limits"),
        CheckConstraint("annual_interest >= 0 AND coalesce(index_unit > 0, true)", name="charges"),
        CheckConstraint(
            "delinquency_grace >= 0 AND missed_limit > 0 AND approval_hours > 0 AND dispute_days > 0"
            " AND hand_over_after > 0 AND hand_over_least >= 0 AND judicial_least >= 0",
            name="negotiation",
        ),
        CheckConstraint("attribution_days > 0 AND minute_cost >= 0", name="figures"),
    )

    id: int | None = identity()
    creditor_id: int = reference("creditor.id")
    code: str = Field(unique=True)
    name: str
    country: str
    region: str | None = None
    regime: str | None = None
    currency: str
    time_zone: str
    language: str = "es"
    weekday_opens: time = time(8)
    weekday_closes: time = time(19)
    saturday_opens: time | None = None
    saturday_closes: time | None = None
    bucket_starts: list[int] = Field(default_factory=lambda: [1, 31, 61, 91, 121, 181], sa_type=ARRAY(Integer))
    extrajudicial_after: int = 60
    judicial_after: int = 180
    grace_days: int = 3
    promise_tolerance: Decimal = Field(default=Decimal("0.95"), sa_type=Numeric(5, 4))
    promise_min_amount: Decimal = money(default=Decimal(0))
    promise_min_share: Decimal = Field(default=Decimal("0.10"), sa_type=Numeric(5, 4))
    promise_days_out: int = 15
    promises_broken_limit: int = 3
    absence_rule: AbsenceRule = choice(AbsenceRule, "absence_rule", default=AbsenceRule.KEEP)
    import_mapping: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    learned: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    business_date: date | None = None
    created_at: datetime
    # its own limits on contacts, which can only tighten the law; none = what the law says
    readings: list[str] = Field(default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
    daily_attempts: int | None = None
    weekly_contacts: int | None = None
    calls_on_holidays: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    contact_phone: str | None = None  # E.164: where debtors may call; messages name it
    # negotiation
    delinquency_grace: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # days late that are not delinquent
    annual_interest: Decimal = Field(
        default=Decimal(0), sa_type=Numeric(7, 4), sa_column_kwargs={"server_default": "0"}
    )
    collection_fee: CollectionFee = choice(
        CollectionFee, "collection_fee", default=CollectionFee.NONE, sa_column_kwargs={"server_default": "none"}
    )
    index_unit: Decimal | None = money(default=None, nullable=True)  # a UF in pesos, where the fee counts in them
    missed_limit: int = Field(
        default=1, sa_column_kwargs={"server_default": "1"}
    )  # installments, until an agreement breaks
    approval_hours: int = Field(default=24, sa_column_kwargs={"server_default": "24"})
    dispute_days: int = Field(default=15, sa_column_kwargs={"server_default": "15"})  # until a dispute must be decided
    hand_over_after: int = Field(default=90, sa_column_kwargs={"server_default": "90"})  # days past due
    hand_over_least: Decimal = money(default=Decimal(0), sa_column_kwargs={"server_default": "0"})
    judicial_least: Decimal = money(default=Decimal(0), sa_column_kwargs={"server_default": "0"})
    payment_mapping: dict[str, Any] | None = Field(default=None, sa_type=JSONB)  # how the last payment file was read
    # figures
    attribution_days: int = Field(
        default=30, sa_column_kwargs={"server_default": "30"}
    )  # a payment credits the last right-party contact so many days before it
    minute_cost: Decimal = money(default=Decimal(0), sa_column_kwargs={"server_default": "0"})  # of an agent's time
    message_costs: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )  # by channel, decimals as text, in the portfolio's currency
