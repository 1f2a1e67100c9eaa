"""The page of the figures says what the catalogue says, and the catalogue says how each one is made."""

from pathlib import Path

import pytest

from tests.supervision.kpi_page import FAMILIES, SOURCES, page
from workbench.queries.kpi_parts import PARTS, PER_DAYS
from workbench.rules.kpis import KPIS, Family, Kpi, Source, Unit
from workbench.rules.words import translate

PAGE = Path(__file__).parent.parent.parent / "docs/kpis.md"


def test_the_page_is_written_from_the_catalogue() -> None:
    assert PAGE.read_text() == page()


def test_every_family_and_source_has_its_place() -> None:
    assert set(FAMILIES) == set(Family)
    assert set(SOURCES) == set(Source)


def test_every_figure_is_made_of_something() -> None:
    assert set(PARTS) == set(KPIS)
    assert set(KPIS) >= PER_DAYS


@pytest.mark.parametrize("kpi", KPIS.values(), ids=list(KPIS))
def test_a_figure_says_both_its_sides(kpi: Kpi) -> None:
    over, under = PARTS[kpi.name]
    assert bool(kpi.denominator) == (under is not None)
    assert kpi.source is over.source
    if kpi.unit in (Unit.SHARE, Unit.RATIO):
        assert under is not None
    for words in (kpi.label, kpi.formula, kpi.numerator):
        assert translate(words, "es") != words or words.isupper()
