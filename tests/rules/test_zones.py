from zoneinfo import available_timezones

import pytest

from workbench.rules.zones import _REGIONS, zone_of_region


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        pytest.param("MX", "SONORA", "America/Hermosillo", id="sonora"),
        pytest.param("MX", "Baja California Sur", "America/Mazatlan", id="south-is-not-north"),
        pytest.param("MX", "Yucatán", "America/Merida", id="accent"),
        pytest.param("CL", "Magallanes", "America/Punta_Arenas", id="magallanes"),
        pytest.param("BR", "AM", "America/Manaus", id="letters"),
        pytest.param("MX", "Florida", None, id="unknown"),
        pytest.param("CO", "Antioquia", None, id="one-zone-country"),
        pytest.param("MX", None, None, id="none"),
    ],
)
def test_a_region_says_its_zone_or_nothing(country: str, region: str | None, zone: str | None) -> None:
    assert zone_of_region(country, region) == zone


def test_every_zone_exists() -> None:
    assert {zone for zones in _REGIONS.values() for zone in zones} <= available_timezones()
