"""The page of the negotiation queue: the list with its reasons, taking, saving, and the next one."""

from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Band, Interaction, Queue, WorkItem, WorkState
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions.negotiation_queue import open_negotiation
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/negotiations.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(each.value for each in page.markdown) + "\n".join(each.proto.body for each in page.get("html"))


def waiting(cast: Cast) -> None:
    """Large is worth most, Urgent missed an installment, Caller is only to be called."""
    with db.transaction() as session:
        large = owe(session, cast.mexico, name="Large Ruiz", score=900.0)
        urgent = owe(session, cast.mexico, name="Urgent Ruiz", score=5.0)
        owe(session, cast.mexico, name="Caller Ruiz", score=9999.0)
        open_negotiation(session, [large.case_id], at=NOW)
        open_negotiation(session, [urgent.case_id], at=NOW, band=Band.BROKEN_PROMISE)


def take(page: AppTest) -> AppTest:
    [button] = [each for each in page.button if each.label == "Take the next debtor"]
    return button.click().run()


def held(who: int) -> WorkItem:
    with db.reading() as session:
        return session.scalars(select(WorkItem).where(WorkItem.claimed_by == who)).one()


def test_the_queue_is_told_by_urgency_then_money_and_taken_so(fresh_cast: Cast, page_as) -> None:
    waiting(fresh_cast)
    page = page_as(PAGE, fresh_cast.ana)
    text = shown(page)
    assert "2 negotiations are ready." in text
    assert text.index("Urgent Ruiz") < text.index("Large Ruiz")
    assert "Caller Ruiz" not in text
    page = take(page)
    text = shown(page)
    assert "Urgent Ruiz" in text
    assert "Why a negotiation" in text
    item = held(fresh_cast.ana.user_id)
    assert item.queue == Queue.NEGOTIATION


def test_save_and_next_stays_in_the_queue(fresh_cast: Cast, page_as) -> None:
    waiting(fresh_cast)
    page = take(page_as(PAGE, fresh_cast.ana))
    first = held(fresh_cast.ana.user_id)
    page.selectbox(key=f"outcome-{first.id}").set_value("call.negotiating").run()
    page.text_area(key=f"note-{first.id}").set_value("Ofrece pagar la mitad").run()
    page.button(key=f"save-{first.id}").click().run()
    assert "Large Ruiz" in shown(page)
    with db.reading() as session:
        saved = session.scalars(select(Interaction)).one()
        left = session.get_one(WorkItem, first.id)
    assert (saved.case_id, saved.note) == (first.case_id, "Ofrece pagar la mitad")
    assert left.state == WorkState.WAITING, "it goes on in the negotiation queue"
    assert held(fresh_cast.ana.user_id).queue == Queue.NEGOTIATION


def test_an_empty_queue_says_so(fresh_cast: Cast, page_as) -> None:
    assert "Nothing is due now" in shown(page_as(PAGE, fresh_cast.ana))
