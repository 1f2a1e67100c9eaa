"""The page Outbox as each role sees it."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Cause, Channel, ContactPoint, MessageEvent, MessageState, WorkItem
from tests.cast import NOW, Cast, owe
from tests.queries.written import strategy_of, written
from workbench import db
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/outbox.py")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")  # AppTest puts a chosen state into words outside of the page
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture
def ximena(fresh_cast: Cast) -> WorkItem:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, name=f"Ximena {HOSTILE}")


def shown(page: AppTest) -> str:
    """Every text on the page, our own markup included."""
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.info, *page.markdown, *page.warning]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def states(page: AppTest) -> list[str]:
    return [option for each in page.button_group if each.key == "outbox-state" for option in each.options]


def wrote(item: WorkItem, **fields) -> int:
    with db.transaction() as session:
        return written(session, item, **fields).id


def with_message(page: AppTest, message_id: int) -> AppTest:
    page.query_params["message"] = str(message_id)
    return page.run()


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_only_supervisors_and_managers_open_it(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_an_empty_outbox_says_what_fills_it(fresh_cast: Cast, opened) -> None:
    assert "A published strategy plans messages every night" in shown(opened(fresh_cast.sofia))


def test_messages_are_counted_by_state_and_one_click_shows_only_those(fresh_cast: Cast, opened, ximena) -> None:
    wrote(ximena)
    wrote(ximena, state=MessageState.CANCELLED, channel=Channel.SMS, held={"code": "paid", "params": {}})
    page = opened(fresh_cast.sofia)
    assert states(page) == ["delivered · 1", "cancelled · 1"]
    [table] = [each.value for each in page.dataframe]
    assert list(table["Channel"]) == ["SMS", "WhatsApp"]
    assert list(table["Why held back"]) == ["Nothing is owed any more.", ""]
    assert list(table["Moment, there"]) == ["Wed 18 Nov 10:00 (Mexico City)"] * 2
    [pills] = [each for each in page.button_group if each.key == "outbox-state"]
    page = pills.set_value(MessageState.CANCELLED).run()
    [table] = [each.value for each in page.dataframe]
    assert list(table["State"]) == ["cancelled"]
    assert states(page) == ["delivered · 1", "cancelled · 1"]


def test_a_message_the_law_blocked_names_its_article(fresh_cast: Cast, opened, ximena) -> None:
    held = {"code": "law", "params": {}, "rule": "co.hours", "law": "Ley 2300 de 2023 art. 3", "msgid": "Too late."}
    wrote(ximena, state=MessageState.BLOCKED, held=held)
    [table] = [each.value for each in opened(fresh_cast.sofia).dataframe]
    assert list(table["Why held back"]) == ["Too late (Ley 2300 de 2023 art. 3)."]


def test_the_detail_shows_what_left_and_why_and_escapes_it(fresh_cast: Cast, opened, ximena) -> None:
    chosen = {
        "channel": {"rate": 0.3, "answers": 2, "deliveries": 4, "base": 0.1, "base_answers": 5, "base_deliveries": 50}
    }
    with db.transaction() as session:
        point = session.exec(select(ContactPoint).where(ContactPoint.debtor_id == ximena.debtor_id)).one()
        strategy = strategy_of(session, fresh_cast.mexico.id)
        step = {"cause": Cause.STEP, "strategy_id": strategy.id, "step": "day_1", "anchor_on": NOW.date()}
        more = {"language_wanted": "en", "chosen": chosen, "body": f"Hola {HOSTILE}", "contact_point_id": point.id}
        left = written(session, ximena, provider_id="wamid.77", segment="all", **step, **more)
        session.add(MessageEvent(message_id=left.id, state=MessageState.DELIVERED, at=NOW, source="receipt"))
        asked = left.id
    said = shown(with_message(opened(fresh_cast.marta), asked))
    for text in (
        "+525512345678",
        "Hola &lt;script&gt;",
        "in Spanish, because English is missing",
        "WhatsApp: 30.0 % answers expected. Of their own 2 of 4",
        "strategy version 1",
        "wamid.77",
        "the provider said so",
        "Wed 18 Nov 10:00 (Mexico City)",
    ):
        assert text in said, text
    assert HOSTILE not in said


def test_what_is_not_written_yet_says_so(fresh_cast: Cast, opened, ximena) -> None:
    asked = wrote(ximena, state=MessageState.PLANNED, at=NOW + timedelta(hours=1))
    said = shown(with_message(opened(fresh_cast.sofia), asked))
    assert "with the debts of that moment" in said


def test_sofia_never_sees_a_message_of_colombia(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        theirs = written(session, owe(session, fresh_cast.colombia, name="Ajena", phone="+573001234567")).id
    page = with_message(opened(fresh_cast.sofia), theirs)
    assert "There is nothing here that you may see." in shown(page)
    assert "Ajena" not in shown(page)


def test_older_messages_are_a_click_away(fresh_cast: Cast, opened, ximena) -> None:
    with db.transaction() as session:
        for number in range(53):
            written(session, ximena, at=NOW - timedelta(minutes=number))
    page = opened(fresh_cast.sofia)
    assert len(page.dataframe[0].value) == 50
    page = page.button(key="outbox-older").click().run()
    assert len(page.dataframe[0].value) == 3
    assert page.button(key="outbox-older").disabled
    page = page.button(key="outbox-newer").click().run()
    assert len(page.dataframe[0].value) == 50
