from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKeyConstraint, Index, SmallInteger, text
from sqlmodel import Field

from models.cases import Stage
from models.columns import SQLModel, choice, money, reference
from models.work_items import Queue, WorkState


class CaseHistory(SQLModel, table=True):
    """How a case stood on its mornings: one row for each run of mornings on which it stood the same.

    The night closes a row and opens the next one only where something differs; days past due are the morning less
    `counted_from`, so a case that only grows older needs no new row. `until_on` is the first morning on which it stood
    otherwise; none = as it stands since the last night.
    """

    __tablename__ = "case_history"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "portfolio_id"], ["collection_case.id", "collection_case.portfolio_id"]),
        CheckConstraint("until_on > from_on", name="span"),
        CheckConstraint("(queue IS NULL) = (state IS NULL)", name="place"),
        Index("uq_case_history_current", "case_id", unique=True, postgresql_where=text("until_on IS NULL")),
        # a past morning is read from its end: what is current, and what was closed since
        Index("ix_case_history_portfolio_id", "portfolio_id", "until_on"),
        {"postgresql_with": {"fillfactor": "90"}},
    )

    case_id: int = Field(sa_type=BigInteger, primary_key=True)
    from_on: date = Field(primary_key=True)
    until_on: date | None = None
    portfolio_id: int = Field(sa_type=BigInteger)
    owner_id: int | None = reference("app_user.id", optional=True, index=False)
    balance: Decimal = money()
    past_due: Decimal = money()
    counted_from: date | None = None
    bucket: int = Field(sa_type=SmallInteger)
    stage: Stage = choice(Stage, "stage")
    p_unpaid: float = Field(sa_type=Double)
    score: float = Field(sa_type=Double)
    # where it lay in the work list that morning: the negotiation queue before the call queue; none = nowhere
    queue: Queue | None = choice(Queue, "queue", default=None, nullable=True)
    state: WorkState | None = choice(WorkState, "state", default=None, nullable=True)
    band: int | None = Field(default=None, sa_type=SmallInteger)
