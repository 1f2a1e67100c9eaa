"""A word at the top comes and goes, and nothing moves: what shifts is drawn anew, its tab forgotten and its words lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from models import Role
from tests.cast import NOW, Cast, owe
from tests.pages.test_every_page import PEOPLE, page_of
from workbench import db
from workbench.actions.strategies import create_draft
from workbench.actions.templates import install_templates
from workbench.actions.worklist import claim_next
from workbench.app import TITLES
from workbench.ui import access

PASSING = frozenset({"error", "success", "empty"})
WORDS = ("refused", "said")
PARTS = "Parte"


def places(block: Any, *path: int) -> Iterator[tuple[tuple[int, ...], str]]:
    """Where everything stands that a person can open, type into or press."""
    for number, each in block.children.items():
        if each.type not in PASSING:
            yield (*path, number), each.type
        if hasattr(each, "children"):
            yield from places(each, *path, number)


def parts(page: AppTest) -> Iterator[str]:
    """The page in each of its parts, the one that is open first."""
    [control] = [each for each in page.button_group if each.label == PARTS] or [None]
    yield ""
    for option in control.options[1:] if control else ():
        [control] = [each for each in page.button_group if each.label == PARTS]
        control.set_value(option)
        page.run()
        yield str(option)


@pytest.fixture
def house(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """At the cast's moment: a debtor in Ana's hands, others for everybody, and a draft of a strategy."""
    monkeypatch.setattr(access, "now", lambda: NOW)
    assert fresh_cast.mexico.id
    with db.transaction() as session:
        install_templates(session, at=NOW)
        for number in range(3):
            owe(session, fresh_cast.mexico, name=f"Deudora {number}", days_past_due=30)
        create_draft(session, fresh_cast.marta, fresh_cast.mexico.id, at=NOW)
        assert claim_next(session, fresh_cast.ana, portfolio_id=fresh_cast.mexico.id, at=NOW)
    return fresh_cast


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ADMIN])  # between them they open every page
def test_what_is_said_at_the_top_of_a_page_moves_nothing(opened, house: Cast, role: Role) -> None:
    app = opened(getattr(house, PEOPLE[role]).user_id)
    for name in sorted(name for name, (_title, roles) in TITLES.items() if role in roles):
        for part in parts(app.switch_page(page_of(name)).run()):
            quiet = dict(places(app.main))
            for word in WORDS:
                app.session_state[word] = "Hubo algo que decir."
            told = dict(places(app.run().main))
            assert told == quiet, (name, part)
            for word in WORDS:  # not every page has shown both
                app.session_state[word] = ""
