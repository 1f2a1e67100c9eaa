"""The goals that hold, and whose: one's own, those of the people, teams and portfolios one answers for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import Period
from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as a list shows it: exactly one of the three ids, and the name of whom or what it is for.

    `portfolio_ids` are the portfolios it is reckoned over, of those the reader may see; `currency` is theirs when
    they share one.
    """

    target_id: int
    kpi: str
    period: Period
    amount: Decimal
    user_id: int | None
    team_id: int | None
    portfolio_id: int | None
    name: str
    portfolio_ids: tuple[int, ...]
    currency: str | None
    from_on: date
    until_on: date | None


_GOALS = text("""
    SELECT t.id AS target_id, t.kpi, t.period, t.amount, t.user_id, t.team_id, t.portfolio_id,
        coalesce(u.name, m.name, p.name) AS name, t.from_on, t.until_on, over.portfolio_ids,
        CASE WHEN cardinality(over.currencies) = 1 THEN over.currencies[1] END AS currency
    FROM target t
    LEFT JOIN app_user u ON u.id = t.user_id
    LEFT JOIN team m ON m.id = t.team_id
    LEFT JOIN portfolio p ON p.id = t.portfolio_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(DISTINCT b.id), '{}') AS portfolio_ids,
            coalesce(array_agg(DISTINCT b.currency), '{}') AS currencies
        FROM portfolio b
        WHERE (CAST(:all AS boolean) OR b.id = ANY(:portfolios)) AND (b.id = t.portfolio_id
            OR EXISTS (SELECT FROM team_portfolio tp WHERE tp.portfolio_id = b.id AND (tp.team_id = t.team_id
                OR tp.team_id IN (SELECT tm.team_id FROM team_member tm WHERE tm.user_id = t.user_id))))
    ) over
    WHERE (CAST(:all AS boolean)
        OR t.user_id = :me
        OR (:boards AND t.portfolio_id = ANY(:portfolios))
        OR (t.team_id = ANY(:teams) AND (:boards OR m.agents_see <> 'own'))
        OR (:boards AND t.user_id IN (SELECT tm.user_id FROM team_member tm WHERE tm.team_id = ANY(:teams))))
      AND (t.until_on IS NULL OR t.until_on > :on) AND (:coming OR t.from_on <= :on)
    ORDER BY t.portfolio_id NULLS LAST, t.team_id NULLS LAST, name, t.kpi, t.period, t.from_on
""")


def goals_mark(session: Session) -> tuple[int, int]:
    """Something that differs once a goal was set, changed or ended: what was remembered of goals is old then."""
    count, told = session.execute(_MARK).one()
    return count, told


_MARK = text("SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0)::bigint FROM target t")


def targets_for(session: Session, who: Viewer | None, *, on: date, coming: bool = False) -> list[Goal]:
    """The goals that hold on a day (and, with `coming`, those set for later), portfolios' first, then teams', then people's.

    An agent reads the own ones and, where the team's policy lets agents see its totals, the team's; a supervisor or
    manager those of their portfolios, teams and the people in them; `who` none is the command line and reads all.
    """
    if who is not None and not who.may(Permission.SEE_BOARDS):
        who.require(Permission.SEE_OWN_FIGURES)
    asked = {
        "all": who is None,
        "me": who.user_id if who else None,
        "boards": who is None or who.may(Permission.SEE_BOARDS),
        "teams": list(who.team_ids) if who else [],
        "portfolios": list(who.portfolio_ids) if who else [],
        "on": on,
        "coming": coming,
    }
    return [
        Goal(**dict(row) | {"period": Period(row["period"]), "portfolio_ids": tuple(row["portfolio_ids"])})
        for row in session.execute(_GOALS, asked).mappings()
    ]
