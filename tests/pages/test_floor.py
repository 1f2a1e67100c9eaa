"""The floor as a supervisor and a manager use it."""

from pathlib import Path

import pytest
import streamlit as st
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import WorkItem
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions import worklist

FLOOR = str(Path(__file__).parents[2] / "pages/floor.py")


@pytest.fixture(autouse=True)
def page_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of another test's people, and links lead to no other page."""
    st.cache_resource.clear()
    monkeypatch.setattr(st, "page_link", lambda *_where, **_more: None)


def at_work(cast: Cast) -> WorkItem:
    """Ana with a debtor of Mexico in hand, Bruno with one of Colombia."""
    with db.transaction() as session:
        item = owe(session, cast.mexico, name="Elena Ruiz")
        owe(session, cast.colombia, name="Beto Paz")
        assert worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
        assert worklist.claim_next(session, cast.bruno, portfolio_id=cast.colombia.id, at=NOW)
    return item


def said(page: AppTest) -> str:
    assert not page.exception, page.exception
    return " ".join(each.proto.body for each in page.get("html"))


def holder_of(item: WorkItem) -> int | None:
    with db.reading() as session:
        return session.exec(select(WorkItem.claimed_by).where(WorkItem.id == item.id)).one()


def labels(page: AppTest) -> list[str]:
    return [each.label for each in page.button]


def test_a_supervisor_watches_and_takes_a_case_over(fresh_cast: Cast, page_as, monkeypatch) -> None:
    item = at_work(fresh_cast)
    went: list[str] = []
    monkeypatch.setattr(st, "switch_page", lambda page, **_more: went.append(page))
    page = page_as(FLOOR, fresh_cast.sofia)
    told = said(page)
    assert "Ana" in told
    assert f'<a href="search?case={item.case_id}">Elena Ruiz</a>' in told
    assert "On a case" in told
    assert "Bruno" not in told
    assert "Beto Paz" not in told
    assert labels(page) == []  # nobody is chosen: no deed is a slip away
    page = page.selectbox(key="floor-agent").set_value(fresh_cast.ana.user_id).run()
    assert labels(page) == ["Take over", "Give the debtor back"]
    page.button(key=f"take-over-{item.id}").click().run()
    assert holder_of(item) == fresh_cast.sofia.user_id
    assert went == ["../pages/my_queue.py"]


def test_a_manager_gives_back_and_the_floor_says_so_at_once(fresh_cast: Cast, page_as) -> None:
    item = at_work(fresh_cast)
    page = page_as(FLOOR, fresh_cast.marta)
    page = page.selectbox(key="floor-agent").set_value(fresh_cast.ana.user_id).run()
    assert labels(page) == ["Give the debtor back"]
    page = page.button(key=f"give-back-{item.id}").click().run()
    assert holder_of(item) is None
    assert "Elena Ruiz" not in said(page)
