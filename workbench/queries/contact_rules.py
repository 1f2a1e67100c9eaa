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
    return Place(row.portfolio_id, row.country, row.portfolio_zone, _policy(row, row.portfolio_region))


def policy_of(portfolio: Portfolio) -> ContactPolicy:
    """The policy of a portfolio at hand."""
    return _policy(portfolio, portfolio.region)


def _policy(columns: Any, region: str | None) -> ContactPolicy:
    return ContactPolicy(
        hours=Hours(columns.weekday_opens, columns.weekday_closes, columns.saturday_opens, columns.saturday_closes),
        readings=tuple(columns.readings),
        regime=columns.regime,
        region=region,
        daily_attempts=columns.daily_attempts,
        weekly_contacts=columns.weekly_contacts,
        calls_on_holidays=columns.calls_on_holidays,
    )


_PLACES = text(f"SELECT {PLACE_COLUMNS} FROM portfolio p WHERE p.id = ANY(:portfolios)")
