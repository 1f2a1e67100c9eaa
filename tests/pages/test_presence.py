"""Breaks on the agent's desk: begun by one click, ended by the next debtor or one click."""

from pathlib import Path

from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from models import Presence, WorkItem
from tests.cast import Cast, owe
from workbench import db

DESK = str(Path(__file__).parents[2] / "pages/my_queue.py")


def states() -> list[str]:
    with db.reading() as session:
        return [each.value for each in session.exec(select(Presence.state).order_by(col(Presence.id)))]


def button(page: AppTest, label: str):
    return next(each for each in page.button if each.label == label)


def test_a_break_is_one_click_and_the_next_debtor_ends_it(fresh_cast: Cast, page_as) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico, name="Elena Ruiz")
    page = page_as(DESK, fresh_cast.ana)
    page = button(page, "Break").click().run()
    assert states() == ["break"]
    assert any("On a break since 10:00" in each.proto.body for each in page.get("html"))
    page = button(page, "Take the next debtor").click().run()
    assert states() == ["break", "available"]
    assert any("Elena Ruiz" in each.proto.body for each in page.get("html"))


def test_a_break_with_a_debtor_in_hand_gives_them_back(fresh_cast: Cast, page_as) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico)
    page = page_as(DESK, fresh_cast.ana)
    page = button(page, "Take the next debtor").click().run()
    page = button(page, "Break").click().run()
    with db.reading() as session:
        assert session.exec(select(WorkItem.claimed_by)).one() is None
    assert states() == ["available", "break"]
    page = button(page, "Back to work").click().run()
    assert states() == ["available", "break", "available"]
    assert not page.exception
