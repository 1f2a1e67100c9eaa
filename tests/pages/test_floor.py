"""The floor as a supervisor and a manager use it."""

import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Period, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions import worklist
from workbench.actions.targets import Wish, set_target

HEADS = 3
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


def test_a_goal_just_set_stands_there_at_the_next_refresh(fresh_cast: Cast, page_as) -> None:
    at_work(fresh_cast)
    page = page_as(FLOOR, fresh_cast.sofia)
    assert "/ 60" not in said(page)
    with db.transaction() as session:
        goal = Wish("attempts", Period.DAY, Decimal(60), user_id=fresh_cast.ana.user_id)
        set_target(session, fresh_cast.sofia, goal, from_on=TODAY, at=NOW)
    time.sleep(4.1)  # what the page remembers of its people
    assert "/ 60" in said(page.run())


def test_each_number_of_what_waits_opens_its_cases(fresh_cast: Cast, page_as) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico, name="Elena Ruiz", ready_at=NOW - timedelta(hours=3))
        owe(session, fresh_cast.mexico, name="Raúl Paz", ready_at=NOW - timedelta(days=3))
    page = page_as(FLOOR, fresh_cast.sofia)
    mexico = fresh_cast.mexico.id
    assert f'<a href="floor?waits={mexico}.call.4h">1</a>' in said(page)
    assert f'<a href="floor?waits={mexico}.call.all">2</a>' in said(page)
    assert "The oldest has waited 3 days" in said(page)
    page.query_params["waits"] = f"{mexico}.call.4h"
    page = page.run()
    assert not page.exception
    assert list(page.dataframe[0].value["Debtor"]) == ["Elena Ruiz"]
    assert list(page.dataframe[0].value["Has waited"]) == ["3 h 00 min"]
    assert len(page.get("html")) <= HEADS, "the floor itself is not drawn"
    page.button[0].click().run()
    assert "Elena Ruiz" not in said(page)
    assert "waits" not in page.query_params


@pytest.mark.parametrize("asked", ["x", "1.call", "1.call.9h", "999999.call.all", "1.sms.all"])
def test_an_address_that_leads_nowhere_shows_no_case(fresh_cast: Cast, page_as, asked: str) -> None:
    page = page_as(FLOOR, fresh_cast.sofia)
    page.query_params["waits"] = asked
    page = page.run()
    assert not page.exception
    assert not page.dataframe
