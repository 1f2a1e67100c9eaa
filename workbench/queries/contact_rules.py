"""Under which law and policy the portfolios' debtors may be called, as the rules want it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import jurisdictions

# what whoever reads a portfolio beside other things needs for `place_of`; the table is called p there
PLACE_COLUMNS = """p.id AS portfolio_id, p.country, p.time_zone AS portfolio_zone, p.weekday_opens, p.weekday_closes,
    p.saturday_opens, p.saturday_closes, p.readings, p.regime, p.region AS portfolio_region, p.daily_attempts,
    p.weekly_contacts, p.calls_on_holidays"""


def places(session: Session, portfolio_ids: Iterable[int]) -> dict[int, Place]:
    """Where and when these portfolios' debtors may be called, by portfolio id."""
    rows = session.execute(_PLACES, {"portfolios": list(portfolio_ids)})
    return {row.portfolio_id: place_of(row) for row in rows}


def with_regions(session: Session, found: dict[int, Place]) -> dict[int, Place]:
    """The same places, knowing their debtors' regions where regions have a law of their own."""
    regional = [each for each, place in found.items() if _has_regional_law(place.country)]
    if not regional:
        return found
    regions: dict[int, set[tuple[str, str]]] = {each: set() for each in regional}
    for row in session.execute(_REGIONS, {"portfolios": regional}):
        if region := region_of(jurisdictions()[found[row.portfolio_id].country], row.region):
            regions[row.portfolio_id].add((row.time_zone, region))
    return found | {each: replace(found[each], regions=tuple(sorted(regions[each]))) for each in regional}


def _has_regional_law(country: str) -> bool:
    law = jurisdictions().get(country)
    if law is None:
        return False
    return any(rule.region for rule in law.rules) or any(region.regime for region in law.regions.values())


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


_REGIONS = text("""
    SELECT DISTINCT c.portfolio_id, d.time_zone, d.region FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    WHERE c.portfolio_id = ANY(:portfolios) AND d.region <> ''
""")
_PLACES = text(f"SELECT {PLACE_COLUMNS} FROM portfolio p WHERE p.id = ANY(:portfolios)")
