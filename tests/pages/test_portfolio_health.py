"""Portfolio health and the queue of another day: past mornings, each figure with its formula and its rows."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from models import ForecastSource, ReceiptForecast
from tests.actions.test_nights import imported, night, pay
from tests.cast import TODAY, Cast
from workbench import db
from workbench.ui import health_scope, i18n

HEALTH, QUEUE = (str(Path(__file__).parents[2] / f"pages/{name}.py") for name in ("portfolio_health", "past_queue"))
FIRST, LAST = TODAY - timedelta(days=35), TODAY - timedelta(days=1)


@pytest.fixture
def opened(page_as):
    st.cache_data.clear()  # another test's database had the same ids
    token = i18n._spoken.set("en")
    yield page_as
    i18n._spoken.reset(token)


@pytest.fixture
def book(fresh_cast: Cast) -> Cast:
    """Two mornings five weeks apart: one debtor rolled on, one paid half, one was not late yet."""
    _rolls, pays = imported(fresh_cast.mexico, "1000.00", "600.00", on=FIRST, days_past_due=25)
    imported(fresh_cast.mexico, "400.00", on=FIRST, days_past_due=-90)
    night(fresh_cast.mexico, FIRST)
    pay(pays, "300.00", on=FIRST + timedelta(days=3))
    monday = LAST - timedelta(days=LAST.weekday())
    with db.transaction() as session:
        for weeks in range(4):
            made = monday - timedelta(weeks=weeks)
            session.add(
                ReceiptForecast(
                    portfolio_id=fresh_cast.mexico.id, made_on=made, for_on=made + timedelta(days=2),
                    source=ForecastSource.PROMISE, due=200, expected=100, items=1,
                )
            )  # fmt: skip
    night(fresh_cast.mexico, LAST)
    return fresh_cast


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.markdown, *page.info, *page.subheader, *page.metric]
    said = " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)
    return said + " ".join(frame.value.to_string(max_colwidth=None) for frame in page.dataframe)


def part(page: AppTest, name: str) -> str:
    page.session_state["health-part"] = name
    return shown(page.run())


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
@pytest.mark.parametrize("page", [HEALTH, QUEUE])
def test_only_supervisors_and_managers_open_them(fresh_cast: Cast, opened, page: str, name: str) -> None:
    assert "does not allow" in shown(opened(page, getattr(fresh_cast, name)))


@pytest.mark.parametrize("page", [HEALTH, QUEUE])
def test_without_a_night_they_say_so(fresh_cast: Cast, opened, page: str) -> None:
    assert "No morning has been kept yet" in shown(opened(page, fresh_cast.sofia))


def test_every_part_of_a_books_health(book: Cast, opened) -> None:
    page = opened(HEALTH, book.sofia)
    said = shown(page)
    assert "Delinquency rate" in said
    assert "1,300" in said
    assert "No morning of these days" not in said  # nobody was cured: that is 0 %, not unknown
    rolls = part(page, "rolls")
    for words in ("1-30", "31-60", "0.8125", "0.1875", "1600.0", "of 1,600.00", "by balance"):
        assert words in rolls, words
    assert "Amount placed" in part(page, "vintages")
    assert "Who owed most" in part(page, "concentration")
    forecast = part(page, "forecast")
    assert "How the forecasts of each Monday went" in forecast
    assert "Off by 100.0% on average" in forecast  # nothing came


def test_the_book_can_be_opened_as_of_an_earlier_morning(book: Cast, opened) -> None:
    page = opened(HEALTH, book.sofia)
    page.date_input[0].set_value(FIRST + timedelta(days=9)).run()
    said = shown(page)
    assert "1,600" in said  # the half that was paid since was owed still
    assert "There is one morning only" in part(page, "rolls")


def test_a_past_queue_shows_what_became_of_each_place(book: Cast, opened) -> None:
    page = opened(QUEUE, book.sofia)
    page.date_input[0].set_value(FIRST).run()
    said = shown(page)
    assert "The board of that day" in said
    [places] = [frame.value for frame in page.dataframe if "Since then" in frame.value.columns]
    assert list(places["Paid since (MXN)"]) == [0.0, 300.0]  # numbers: a table sorts by them
    assert set(places["Since then"]) == {"not touched"}
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM case_history")).scalar_one() > len(places)


def test_a_file_holds_figures_and_every_case_also_those_not_shown(
    fresh_cast: Cast, opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(fresh_cast.mexico, *["100.50"] * 51, on=FIRST, days_past_due=25)
    night(fresh_cast.mexico, FIRST)
    files = {}
    monkeypatch.setattr(health_scope, "downloads", lambda _who, name, table, **_asked: files.update({name: table}))
    page = opened(QUEUE, fresh_cast.sofia)
    page.session_state["past-most"] = 50
    said = shown(page.run())
    assert "50 of 51 places" in said
    assert "50 cases listed · the files have all of them" in said
    with db.reading() as session:
        rows = files["past-queue"](session, fresh_cast.sofia)
    assert sum(row["Past due (MXN)"] for row in rows) == 51 * Decimal("100.50")
