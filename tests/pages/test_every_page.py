"""Every page as every role: their own open without an error, the others' do not open at all."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models import Role
from tests.cast import Cast, owe
from workbench import db
from workbench.app import TITLES

PAGES = Path(__file__).parents[2] / "pages"
PEOPLE = {Role.AGENT: "ana", Role.SUPERVISOR: "sofia", Role.MANAGER: "marta", Role.ADMIN: "alma"}
MEXICAN = "Ximena Villaseñor"


def page_of(name: str) -> str:
    return f"../pages/{name}.py"


def everything_said(page: AppTest) -> str:
    """All the text on the page, our own markup included."""
    texts = [str(getattr(element, "value", "")) for element in page.main]
    return " ".join([*texts, *(html.proto.body for html in page.get("html"))])


def test_every_page_in_the_folder_is_somebodys() -> None:
    assert {path.stem for path in PAGES.glob("*.py")} - {"__init__"} == set(TITLES)


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_opens_all_its_pages_and_no_other(opened, fresh_cast: Cast, role: Role) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico, name=MEXICAN)
    mine = {name for name, (_title, roles) in TITLES.items() if role in roles}
    app = opened(getattr(fresh_cast, PEOPLE[role]).user_id)
    for name in sorted(mine):
        page = app.switch_page(page_of(name)).run()
        assert not page.exception, (name, page.exception)
    for name in sorted(set(TITLES) - mine):
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(page_of(name)).run()


def test_bruno_never_reads_a_mexican_name(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico, name=MEXICAN)
    app = opened(fresh_cast.bruno.user_id)
    for name, (_title, roles) in TITLES.items():
        if Role.AGENT in roles:
            assert MEXICAN not in everything_said(app.switch_page(page_of(name)).run())


@pytest.mark.parametrize("name", TITLES)
def test_a_page_opened_past_the_menu_asks_for_the_role_itself(opened, fresh_cast: Cast, name: str) -> None:
    """The menu only leaves pages out; each page's own first line is the lock."""
    _title, roles = TITLES[name]
    for role in set(Role) - roles:
        page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=30)
        page.user = opened(getattr(fresh_cast, PEOPLE[role]).user_id).user
        page.run()
        assert [error.value for error in page.error] == ["Tu rol no permite hacer esto."], (role, page.exception)
        assert not page.button
        assert not page.dataframe
