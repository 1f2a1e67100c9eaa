from zoneinfo import available_timezones

import pytest

from workbench.rules.phone_zones import _CORRECTED
from workbench.rules.zones import _REGIONS, _RENAMED, _TOWNS, canonical, zone_of_region


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        pytest.param("MX", "SONORA", "America/Hermosillo", id="sonora"),
        pytest.param("MX", "Baja California Sur", "America/Mazatlan", id="south-is-not-north"),
        pytest.param("MX", "Yucatán", "America/Merida", id="accent"),
        pytest.param("CL", "Magallanes", "America/Punta_Arenas", id="magallanes"),
        pytest.param("BR", "AM", "America/Manaus", id="letters"),
        pytest.param("MX", "Chihuahua", None, id="two zones"),
        pytest.param("MX", "Chihuahua (border)", None, id="border of two zones"),
        pytest.param("MX", "Chihuahua (Ciudad Juárez)", "America/Ciudad_Juarez", id="town in brackets"),
        pytest.param("MX", "Chihuahua (border, east)", None, id="hint nobody knows"),
        pytest.param("MX", "Tamaulipas (frontera)", "America/Matamoros", id="border of one zone"),
        pytest.param("MX", "Nuevo León (México)", "America/Monterrey", id="hint that says nothing"),
        pytest.param("MX", "Estado de Sonora", "America/Hermosillo", id="title"),
        pytest.param("MX", "Estado de México", "America/Mexico_City", id="title that is the name"),
        pytest.param("CL", "Región del Biobío", "America/Santiago", id="region of"),
        pytest.param("CL", "Isla de Pascua", "Pacific/Easter", id="island"),
        pytest.param("BR", "Pernambuco (Fernando de Noronha)", "America/Noronha", id="islands of a state"),
        pytest.param("AR", "Córdoba", "America/Argentina/Cordoba", id="ar"),
        pytest.param("AR", "CABA", "America/Argentina/Buenos_Aires", id="caba"),
        pytest.param("EC", "Galápagos", "Pacific/Galapagos", id="galapagos"),
        pytest.param("ES", "Canarias", "Atlantic/Canary", id="canarias"),
        pytest.param("ES", "Melilla", "Africa/Ceuta", id="melilla"),
        pytest.param("US", "CA", "America/Los_Angeles", id="california"),
        pytest.param("US", "Arizona", "America/Phoenix", id="arizona"),
        pytest.param("US", "Texas", None, id="texas has two"),
        pytest.param("MX", "Florida", None, id="unknown"),
        pytest.param("CO", "Antioquia", None, id="one-zone-country"),
        pytest.param("MX", None, None, id="none"),
    ],
)
def test_a_region_says_its_zone_or_nothing(country: str, region: str | None, zone: str | None) -> None:
    assert zone_of_region(country, region) == zone


@pytest.mark.parametrize(
    ("region", "city", "zone"),
    [
        ("Chihuahua", "Cd. Juárez", "America/Ciudad_Juarez"),
        ("Chih", "Delicias", "America/Chihuahua"),
        ("Coahuila", "Piedras Negras", "America/Matamoros"),
        ("Coahuila", "Saltillo", "America/Monterrey"),
        ("Nuevo León", "Allende", "America/Monterrey"),
        ("Nayarit", "Bucerías", "America/Bahia_Banderas"),
        ("Tamaulipas", "Anywhere", None),
    ],
)
def test_a_town_decides_in_a_state_of_two_zones(region: str, city: str, zone: str | None) -> None:
    assert zone_of_region("MX", region, city) == zone


def test_an_old_name_gives_the_one_in_use() -> None:
    assert canonical("America/Buenos_Aires") == "America/Argentina/Buenos_Aires"
    assert canonical("America/Bogota") == "America/Bogota"


def test_every_zone_exists_and_no_name_means_two() -> None:
    towns = [zones for regions in _TOWNS.values() for zones in regions.values()]
    written = {zone for zones in [*_REGIONS.values(), *towns] for zone in zones} | {*filter(None, _CORRECTED.values())}
    assert written | {*_RENAMED.values()} <= available_timezones()
    assert not written & _RENAMED.keys()
    for zones in [*_REGIONS.values(), *towns]:
        names = [name for each in zones.values() for name in each.split("|")]
        assert len(names) == len(set(names))
