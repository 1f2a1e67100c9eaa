"""The public holidays of a country or region, as its law counts them."""

from datetime import date
from functools import lru_cache

import holidays

from workbench.rules.law_schema import ExtraDay, Holidays, Jurisdiction
from workbench.rules.names import fold

LANGUAGE = "es"


def feasts(law: Jurisdiction | None, country: str, region: str | None, year: int) -> dict[date, str]:
    """Day to name: the package `holidays` in its categories and subdivision, with the file's repairs.

    A country without a file has the package's public holidays; one that the package does not know has none.
    """
    calendar = law.holidays if law else Holidays()
    here = law.regions.get(region) if law and region else None
    found = dict(_packaged(country, here.holidays if here else None, calendar.categories, year))
    for day in calendar.add:
        if day.region in {None, region}:
            for on in _days(day, year):
                found.setdefault(on, day.name)
    dropped = {fold(str(each)) for each in calendar.drop}
    return {on: name for on, name in found.items() if on.isoformat() not in dropped and fold(name) not in dropped}


def _days(extra: ExtraDay, year: int) -> list[date]:
    if extra.day:
        return [extra.day] if extra.day.year == year else []
    return [date.fromisoformat(f"{year}-{extra.month_day}")]


@lru_cache(maxsize=512)
def _packaged(country: str, subdivision: str | None, categories: tuple[str, ...], year: int) -> dict[date, str]:
    try:
        # by default the names would be in whatever language the server's environment speaks
        calendar = holidays.country_holidays(
            country, subdiv=subdivision, years=year, language=LANGUAGE, categories=categories
        )
    except NotImplementedError:
        return {}
    return {day: name for day, name in calendar.items() if day.year == year}
