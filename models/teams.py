from datetime import datetime

from sqlmodel import Field

from models.columns import SQLModel, identity, reference


class Team(SQLModel, table=True):
    """People who work the same portfolios."""

    id: int | None = identity()
    code: str = Field(unique=True)
    name: str
    created_at: datetime


class TeamPortfolio(SQLModel, table=True):
    """Which portfolios a team may see: the root of all visibility."""

    __tablename__ = "team_portfolio"

    team_id: int = reference("team.id", primary_key=True)
    portfolio_id: int = reference("portfolio.id", primary_key=True)


class TeamMember(SQLModel, table=True):
    """Which teams a user belongs to."""

    __tablename__ = "team_member"

    team_id: int = reference("team.id", primary_key=True)
    user_id: int = reference("app_user.id", primary_key=True)
