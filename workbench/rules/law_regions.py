"""Which regions of a country live under hours or holidays of their own: their debtors are told apart in the queue."""

from functools import lru_cache

from workbench.rules.feasts import feasts
from workbench.rules.law_binding import region_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_schema import Jurisdiction

MARK = "#"  # between the zone and the region of a debtor's place
_YEARS = range(2024, 2034)  # a region whose holidays never differ from the country's within ten years has none


def law_region(country: str, region: str | None) -> str | None:
    """The code of a region, written as people write it, if it has a law or holidays of its own."""
    law = jurisdictions().get(country)
    code = region_of(law, region)
    return code if law and code in _own(law) else None


def names_regions(country: str) -> bool:
    """Whether the law of a country tells any of its regions apart."""
    law = jurisdictions().get(country)
    return law is not None and bool(law.regions or any(rule.region for rule in law.rules))


def place_name(country: str, zone: str, region: str | None) -> str:
    """A debtor's place as the database writes it: the zone, and the region when it has a law of its own."""
    code = law_region(country, region)
    return f"{zone}{MARK}{code}" if code else zone


def zone_and_region(place: str) -> tuple[str, str | None]:
    """The two parts of a place."""
    zone, _, region = place.partition(MARK)
    return zone, region or None


@lru_cache(maxsize=64)
def _own(law: Jurisdiction) -> frozenset[str]:
    """The regions of a country that something of the law names, and those with holidays that it has not."""
    named = {code for rule in law.rules for code in rule.region}
    named |= {code for code, region in law.regions.items() if region.regime}
    return frozenset(named | {code for code in law.regions if code not in named and _other_feasts(law, code)})


def _other_feasts(law: Jurisdiction, region: str) -> bool:
    country = law.country
    return any(feasts(law, country, region, year).keys() != feasts(law, country, None, year).keys() for year in _YEARS)
