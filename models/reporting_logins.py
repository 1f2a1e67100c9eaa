from datetime import datetime

from sqlalchemy import ARRAY, BigInteger
from sqlmodel import Field

from models.columns import SQLModel, reference


class ReportingLogin(SQLModel, table=True):
    """A database login that may read the schema `reporting`, and the portfolios it sees there."""

    __tablename__ = "reporting_login"

    login: str = Field(primary_key=True)  # the role's name in PostgreSQL
    portfolio_ids: list[int] = Field(sa_type=ARRAY(BigInteger))
    opened_by: int | None = reference("app_user.id", optional=True, index=False)  # none = the operator
    opened_at: datetime
