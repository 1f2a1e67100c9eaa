from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class AgentsSee(StrEnum):
    """How much of the team's figures its agents are shown; each includes the one before."""

    OWN = "own"
    TEAM = "team"  # and the team's totals
    RANKING = "ranking"  # and the leaderboard


class Team(SQLModel, table=True):
    """People who work the same portfolios."""

    __table_args__ = (CheckConstraint("0 < amber_minutes AND amber_minutes < red_minutes", name="minutes"),)

    id: int | None = identity()
    code: str = Field(unique=True)
    name: str
    created_at: datetime
    agents_see: AgentsSee = choice(
        AgentsSee, "agents_see", default=AgentsSee.TEAM, sa_column_kwargs={"server_default": "team"}
    )
    # on one case, until the floor shows it in that colour
    amber_minutes: int = Field(default=8, sa_column_kwargs={"server_default": "8"})
    red_minutes: int = Field(default=12, sa_column_kwargs={"server_default": "12"})


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
