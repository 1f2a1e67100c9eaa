"""Days on which offices and banks are open, as a country counts its public holidays."""

from datetime import date, timedelta

from workbench.rules.feasts import feasts
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import jurisdictions

SATURDAY = 5


def business_day_from(on: date, *, country: str, region: str | None = None) -> date:
    """`on` itself when offices are open, else the next day on which they are."""
    return business_day_after(on - timedelta(days=1), 1, country=country, region=region)


def business_day_after(on: date, days: int, *, country: str, region: str | None = None) -> date:
    """The `days`th business day after `on`: no Saturday, Sunday or public holiday; `days` is at least 1."""
    law = jurisdictions().get(country)
    here = region_of(law, region)
    while days:
        on += timedelta(days=1)
        if on.weekday() < SATURDAY and on not in feasts(law, country, here, on.year):
            days -= 1
    return on
