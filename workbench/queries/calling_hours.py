"""The portfolios' calling hours, as the rules want them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.calling_hours import Hours, Window, may_call, open_zones


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a portfolio's debtors may be called."""

    portfolio_id: int
    country: str
    time_zone: str
    hours: Hours

    def window(self, zone: str, at: datetime) -> Window:
        """The legal window at `at` for a debtor in `zone`."""
        return may_call(self.hours, self.country, zone, at)

    def next_lawful(self, zone: str, at: datetime) -> datetime:
        """The first lawful moment not before `at` for a debtor in `zone`."""
        return self.window(zone, at).next_open

    def open_zones(self, zones: Iterable[str], at: datetime) -> list[str]:
        """Those of `zones` that may be called at `at`."""
        return open_zones(self.hours, self.country, zones, at)

    def today(self, at: datetime) -> date:
        """The business day: the portfolio's own date at `at`."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def tomorrow(self, zone: str, at: datetime) -> datetime:
        """The midnight that ends the debtor's day."""
        day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
        return datetime.combine(day, time(), ZoneInfo(zone))


def places(session: Session, portfolio_ids: Iterable[int]) -> dict[int, Place]:
    """The calling hours of these portfolios, by portfolio id."""
    rows = session.execute(_PLACES, {"portfolios": list(portfolio_ids)})
    return {row.id: Place(row.id, row.country, row.time_zone, Hours(*row[3:])) for row in rows}


_PLACES = text("""
    SELECT id, country, time_zone, weekday_opens, weekday_closes, saturday_opens, saturday_closes
    FROM portfolio WHERE id = ANY(:portfolios)
""")
