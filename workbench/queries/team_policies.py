"""What teams and portfolios are judged by: who sees which figures, minutes until amber and red, costs, attribution."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from sqlalchemy import text
from sqlmodel import Session

from models import AgentsSee, Channel, Portfolio
from workbench.queries.portfolios import visible_portfolios
from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a team who calls: a goal may be set for them."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TeamPolicy:
    """A team, its callers by name, and what its figures are judged by."""

    team_id: int
    name: str
    agents_see: AgentsSee
    amber_minutes: int
    red_minutes: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class FigurePolicy:
    """A portfolio's costs (in its own currency, by minute of work and by message) and days of attribution."""

    portfolio_id: int
    currency: str
    attribution_days: int
    minute_cost: Decimal
    message_costs: dict[Channel, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, portfolio: Portfolio) -> Self:
        """As the portfolio keeps it."""
        assert portfolio.id is not None
        costs = {Channel(name): Decimal(cost) for name, cost in portfolio.message_costs.items()}
        return cls(portfolio.id, portfolio.currency, portfolio.attribution_days, portfolio.minute_cost, costs)


@dataclass(frozen=True, slots=True)
class ShownTeam:
    """A team of one's own whose totals one may see, over which portfolios; and whether its ranking, too."""

    team_id: int
    name: str
    portfolio_ids: tuple[int, ...]
    ranks: bool


_SHOWN = text("""
    SELECT t.id, t.name, :boards OR t.agents_see = 'ranking' AS ranks,
        ARRAY(SELECT p.portfolio_id FROM team_portfolio p WHERE p.team_id = t.id AND p.portfolio_id = ANY(:portfolios)
              ORDER BY 1) AS portfolio_ids
    FROM team t WHERE t.id = ANY(:mine) AND (:boards OR t.agents_see <> 'own') ORDER BY t.name
""")


def shown_teams(session: Session, who: Viewer) -> list[ShownTeam]:
    """The teams of a person whose figures that person may see: an agent, those that their policy shows."""
    if not who.may(Permission.SEE_BOARDS):
        who.require(Permission.SEE_OWN_FIGURES)
    asked = {
        "mine": list(who.team_ids),
        "portfolios": list(who.portfolio_ids),
        "boards": who.may(Permission.SEE_BOARDS),
    }
    rows = session.execute(_SHOWN, asked)
    return [ShownTeam(row.id, row.name, tuple(row.portfolio_ids), row.ranks) for row in rows]


_TEAMS = text("""
    SELECT t.id, t.name, t.agents_see, t.amber_minutes, t.red_minutes,
        ARRAY(SELECT ARRAY[u.id::text, u.name] FROM team_member m JOIN app_user u ON u.id = m.user_id
              WHERE m.team_id = t.id AND u.active AND u.role IN ('agent', 'supervisor') ORDER BY u.name) AS members
    FROM team t WHERE t.id = ANY(:mine) ORDER BY t.name
""")


def team_policies(session: Session, who: Viewer) -> list[TeamPolicy]:
    """The teams this person belongs to; refused to whoever may not change them."""
    who.require(Permission.SET_TARGETS)
    return [
        TeamPolicy(
            row.id,
            row.name,
            AgentsSee(row.agents_see),
            row.amber_minutes,
            row.red_minutes,
            tuple(Member(int(number), name) for number, name in row.members),
        )
        for row in session.execute(_TEAMS, {"mine": list(who.team_ids)})
    ]


def figure_policies(session: Session, who: Viewer) -> list[FigurePolicy]:
    """What the figures of this person's portfolios are reckoned with; refused to whoever may not change it."""
    who.require(Permission.EDIT_POLICIES)
    return [FigurePolicy.of(each) for each in visible_portfolios(session, who)]
