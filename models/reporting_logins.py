from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint
from sqlmodel import Field

from models.columns import SQLModel, reference


class ReportingLogin(SQLModel, table=True):
    """A database login that may read the schema `reporting`, and the portfolios it sees there."""

    __tablename__ = "reporting_login"
    __table_args__ = (CheckConstraint("everything = (portfolio_ids = '{}')", name="some_or_all"),)

    login: str = Field(primary_key=True)  # the role's name in PostgreSQL
    portfolio_ids: list[int] = Field(sa_type=ARRAY(BigInteger))
    everything: bool = False  # every portfolio, also those that are opened later; then none is listed above
    opened_by: int | None = reference("app_user.id", optional=True, index=False)  # none = the operator
    opened_at: datetime
