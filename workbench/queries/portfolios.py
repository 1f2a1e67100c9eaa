"""Portfolios as a list shows them, and one by its code."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Portfolio
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Book:
    """A portfolio in one line: how many cases it holds and how much of it is past due (in its own currency)."""

    portfolio_id: int
    code: str
    name: str
    creditor: str
    country: str
    currency: str
    time_zone: str
    business_date: date | None
    teams: tuple[str, ...]
    cases: int
    balance: Decimal
    past_due: Decimal


_BOOKS = text("""
    SELECT p.id AS portfolio_id, p.code, p.name, c.name AS creditor, p.country, p.currency, p.time_zone, p.business_date,
           ARRAY(SELECT t.name FROM team_portfolio tp JOIN team t ON t.id = tp.team_id
                 WHERE tp.portfolio_id = p.id ORDER BY t.name) AS teams,
           (SELECT count(*) FROM collection_case k WHERE k.portfolio_id = p.id) AS cases,
           coalesce(s.balance, 0) AS balance, coalesce(s.past_due, 0) AS past_due
    FROM portfolio p
    JOIN creditor c ON c.id = p.creditor_id
    LEFT JOIN (SELECT portfolio_id, sum(balance) AS balance, sum(past_due) AS past_due
               FROM case_standing GROUP BY portfolio_id) s ON s.portfolio_id = p.id
    WHERE CAST(:visible AS bigint[]) IS NULL OR p.id = ANY(:visible)
    ORDER BY p.code
""")


def books(session: Session, who: Viewer | None) -> list[Book]:
    """The portfolios a person may see, by code; `who` none is the command line and sees all."""
    visible = None if who is None else list(who.portfolio_ids)
    rows = session.execute(_BOOKS, {"visible": visible}).mappings()
    return [Book(**dict(row) | {"teams": tuple(row["teams"])}) for row in rows]


def visible_portfolios(session: Session, who: Viewer | None) -> list[Portfolio]:
    """The portfolios a person may see, by code; `who` none is the command line and sees all."""
    asked = select(Portfolio).order_by(col(Portfolio.code))
    if who is not None:
        asked = asked.where(col(Portfolio.id).in_(who.portfolio_ids))
    return list(session.scalars(asked))


def portfolio_by_code(session: Session, code: str, *, who: Viewer | None = None) -> Portfolio:
    """The portfolio with this code; one outside the viewer's teams is refused as if it did not exist."""
    portfolio = session.scalar(select(Portfolio).where(Portfolio.code == code))
    if portfolio is None or (who is not None and portfolio.id not in who.portfolio_ids):
        raise Refused("There is no portfolio {code}; `workbench portfolio list` shows them.", code=code)
    return portfolio
