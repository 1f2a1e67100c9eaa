"""The page Compliance as each role sees it."""

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models import Portfolio
from tests.cast import Cast
from workbench import db

PAGE = str(Path(__file__).parents[2] / "pages/compliance.py")


@pytest.fixture
def opened(page_as):
    return partial(page_as, PAGE)


def shown(page: AppTest) -> str:
    """Every text on the page, our own markup included."""
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.info, *page.markdown]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def parts(page: AppTest) -> list[str]:
    [part] = [each for each in page.button_group if each.key == "compliance-part"]
    return part.options


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("sofia", ["The law"]),
        ("marta", ["The law"]),
        ("alma", ["The law"]),
    ],
)
def test_each_role_finds_its_own_parts(fresh_cast: Cast, opened, name: str, titles: list[str]) -> None:
    page = opened(getattr(fresh_cast, name))
    assert parts(page) == titles


@pytest.mark.parametrize("name", ["ana", "bruno"])
def test_agents_do_not_see_the_page(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_the_law_says_what_holds_who_says_so_and_how_sure_we_are(fresh_cast: Cast, opened) -> None:
    said = shown(opened(fresh_cast.alma))
    for text in (
        "Monday to Friday 7:00 to 19:00, Saturdays 8:00 to 15:00.",
        "Ley 2300 de 2023 art. 3 inc. 2",
        'href="https://www.funcionpublica.gov.co/eva/gestornormativo/norma.php?i=213990"',
        "in force since 10 Oct 2023",
        "text read",
        "the law&#x27;s text was read",
        "only warns",
        "Not legal advice",
        "Read so here",
        "Own policy of this portfolio",
        "Monday to Friday 08:00 to 19:00",
        "Whether the closing minute is included; here it is not.",
    ):
        assert text in said, text


def test_a_country_without_known_law_says_so(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "UY"
    said = shown(opened(fresh_cast.marta))
    assert "No law of collection contacts was found: all of this is policy." in said


def test_a_country_without_a_file_shows_the_policy_as_policy(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        session.get_one(Portfolio, fresh_cast.mexico.id).country = "FR"
    said = shown(opened(fresh_cast.marta))
    assert "No law file for FR" in said
    assert "Policy, not law" in said


def test_sofia_never_finds_colombia(fresh_cast: Cast, opened) -> None:
    assert opened(fresh_cast.sofia).selectbox(key="compliance-of").options == ["Banco del Valle"]
