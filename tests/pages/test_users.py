"""The admin's page about people, worked as a browser would."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from models import Role
from tests.cast import PASSWORD, Cast
from workbench import db
from workbench.queries.users import credentials, people, viewer
from workbench.rules.passwords import matches

PAGE = "../pages/users.py"


def alert(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.success, *page.error])


def test_an_admin_hires_an_agent(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.alma.user_id).switch_page(PAGE).run()
    page.text_input(key="new-name").set_value("Carla")
    page.text_input(key="new-email").set_value("carla@example.com")
    page.text_input(key="new-password").set_value("short")
    page.multiselect(key="new-teams").set_value(["norte"])
    page.button(key="add").click().run()
    assert alert(page) == "La contraseña debe tener al menos 12 caracteres."
    assert page.text_input(key="new-name").value == "Carla"
    page.text_input(key="new-password").set_value(PASSWORD)
    page.button(key="add").click().run()
    assert alert(page) == "carla@example.com ya puede entrar."
    assert page.text_input(key="new-password").value == ""
    with db.reading() as session:
        known = credentials(session, "carla@example.com")
        assert matches(PASSWORD, known.password_hash)
        assert viewer(session, known.user_id).portfolio_ids == {fresh_cast.mexico.id}


def test_an_admin_changes_role_and_teams(opened, fresh_cast: Cast) -> None:
    page, ana = opened(fresh_cast.alma.user_id).switch_page(PAGE).run(), fresh_cast.ana.user_id
    page.selectbox(key="chosen").set_value(ana).run()
    page.selectbox(key=f"role-{ana}").set_value(Role.SUPERVISOR)
    page.multiselect(key=f"teams-{ana}").set_value(["sur"])
    page.button(key=f"save-{ana}").click().run()
    assert not page.exception
    with db.reading() as session:
        changed = viewer(session, ana)
    assert (changed.role, changed.portfolio_ids) == (Role.SUPERVISOR, {fresh_cast.colombia.id})


def test_an_admin_resets_a_password_ends_sessions_and_shows_somebody_out(opened, fresh_cast: Cast) -> None:
    bruno = fresh_cast.bruno.user_id
    opened(bruno)
    page = opened(fresh_cast.alma.user_id).switch_page(PAGE).run()
    page.selectbox(key="chosen").set_value(bruno).run()
    page.button(key=f"end-{bruno}").click().run()
    page.text_input(key=f"password-{bruno}").set_value("another long one")
    page.button(key=f"reset-{bruno}").click().run()
    with db.reading() as session:
        assert matches("another long one", credentials(session, "bruno@example.com").password_hash)
        shown = {person.user_id: person for person in people(session, None, at=datetime.now(UTC))}
    assert shown[bruno].open_sessions == 0
    page.button(key=f"out-{bruno}").click().run()
    assert not page.exception
    with db.reading() as session:
        assert credentials(session, "bruno@example.com") is None


def test_the_last_admin_is_told_to_stay(opened, fresh_cast: Cast) -> None:
    page, alma = opened(fresh_cast.alma.user_id).switch_page(PAGE).run(), fresh_cast.alma.user_id
    page.selectbox(key="chosen").set_value(alma).run()
    page.button(key=f"out-{alma}").click().run()
    assert alert(page) == "El último administrador debe seguir siéndolo."


@pytest.mark.parametrize("name", ["ana", "sofia", "marta", "bruno"])
def test_nobody_else_finds_the_page(opened, fresh_cast: Cast, name: str) -> None:
    page = opened(getattr(fresh_cast, name).user_id)
    with pytest.raises(ValueError, match="users"):
        page.switch_page(PAGE).run()
