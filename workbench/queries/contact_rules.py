"""Under which law and policy the portfolios' debtors may be called, as the rules want it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import ContactPolicy, Hours

# what whoever reads a portfolio beside other things needs for `place_of`; the table is called p there
PLACE_COLUMNS = """p.id AS portfolio_id, p.country, p.time_zone AS portfolio_zone, p.weekday_opens, p.weekday_closes,
    p.saturday_opens, p.saturday_closes, p.readings, p.regime, p.region AS portfolio_region, p.daily_attempts,
    p.weekly_contacts, p.calls_on_holidays"""


def places(session: Session, portfolio_ids: Iterable[int]) -> dict[int, Place]:
    """Where and when these portfolios' debtors may be called, by portfolio id."""
    rows = session.execute(_PLACES, {"portfolios": list(portfolio_ids)})
    return {row.portfolio_id: place_of(row) for row in rows}


def place_of(row: Any) -> Place:
    """The place in a row that has PLACE_COLUMNS."""
    policy = ContactPolicy(
        hours=Hours(row.weekday_opens, row.weekday_closes, row.saturday_opens, row.saturday_closes),
        readings=tuple(row.readings),
        regime=row.regime,
        region=row.portfolio_region,
        daily_attempts=row.daily_attempts,
        weekly_contacts=row.weekly_contacts,
        calls_on_holidays=row.calls_on_holidays,
    )
    return Place(row.portfolio_id, row.country, row.portfolio_zone, policy)


def policy_of(portfolio: Portfolio) -> ContactPolicy:
    """The policy of a portfolio at hand."""
    return ContactPolicy(
        hours=Hours(
            portfolio.weekday_opens, portfolio.weekday_closes, portfolio.saturday_opens, portfolio.saturday_closes
        ),
        readings=tuple(portfolio.readings),
        regime=portfolio.regime,
        region=portfolio.region,
        daily_attempts=portfolio.daily_attempts,
        weekly_contacts=portfolio.weekly_contacts,
        calls_on_holidays=portfolio.calls_on_holidays,
    )


_PLACES = text(f"SELECT {PLACE_COLUMNS} FROM portfolio p WHERE p.id = ANY(:portfolios)")
