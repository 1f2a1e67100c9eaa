"""The debtor's words on the card, and an agent's answer to them."""

from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Cause, Channel, Message, MessageState, WorkItem
from tests.actions.test_agreement_letters import confirmed, signed
from tests.actions.test_inbound import ROSA, says, told, written
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions import worklist
from workbench.actions.opt_outs import stop_channel
from workbench.ui import i18n

MY_QUEUE = str(Path(__file__).parents[2] / "pages/my_queue.py")
SEARCH = str(Path(__file__).parents[2] / "pages/search.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


@pytest.fixture
def rosa(fresh_cast: Cast) -> WorkItem:
    """Rosa, in Ana's hands, has answered a message with a hostile proposal."""
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa Pérez", phone=ROSA)
        message = written(session, item)
        told(session, says("<b>pago</b> el viernes", answers_provider_id=message.provider_id, at=NOW), at=NOW)
        worklist.claim_case(session, fresh_cast.ana, item.case_id, at=NOW)
    return item


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(each.value for each in page.markdown) + "\n".join(each.proto.body for each in page.get("html"))


def test_the_reply_is_read_on_the_card_and_its_day_stands_in_the_promise(fresh_cast, page_as, rosa) -> None:
    page = page_as(MY_QUEUE, fresh_cast.ana).run()
    text = shown(page)
    assert "&lt;b&gt;pago&lt;/b&gt; el viernes" in text
    assert "<b>pago</b>" not in text
    assert "proposes Nov" in text or "proposes 20 Nov" in text
    assert "waits for an answer" in text
    assert "Answered by WhatsApp" in text
    page.selectbox(key=f"outcome-{rosa.id}").set_value("call.promise").run()
    assert page.date_input(key=f"due-{rosa.id}").value.isoformat() == "2026-11-20"


def test_an_agent_answers_within_the_day(fresh_cast, page_as, rosa) -> None:
    page = page_as(MY_QUEUE, fresh_cast.ana).run()
    assert "Own words until" in shown(page)
    page.text_area(key=f"answer-text-{rosa.case_id}").set_value("Gracias, Rosa. ¿A qué hora la llamo?")
    page.button(key=f"answer-send-{rosa.case_id}").click().run()
    assert not page.exception, page.exception
    with db.reading() as session:
        answer = session.exec(select(Message).where(Message.cause == Cause.REPLY)).one()
    assert (answer.author_id, answer.channel, answer.body, answer.state) == (
        fresh_cast.ana.user_id,
        Channel.WHATSAPP,
        "Gracias, Rosa. ¿A qué hora la llamo?",
        MessageState.QUEUED,
    )
    assert page.text_area(key=f"answer-text-{rosa.case_id}").value == ""
    page.run()
    assert "¿A qué hora la llamo?" in shown(page)


def test_who_asked_for_no_more_is_not_answered(fresh_cast, page_as, rosa) -> None:
    with db.transaction() as session:
        stop_channel(session, [rosa.debtor_id], Channel.WHATSAPP, source="person", at=NOW)
    page = page_as(MY_QUEUE, fresh_cast.ana).run()
    assert "asked for no more messages here" in shown(page)
    assert f"answer-send-{rosa.case_id}" not in {each.key for each in page.button}


def test_a_manager_reads_and_does_not_answer(fresh_cast, page_as, rosa) -> None:
    page = page_as(SEARCH, fresh_cast.marta)
    page.query_params["case"] = str(rosa.case_id)
    page.run()
    assert "el viernes" in shown(page)
    assert f"answer-send-{rosa.case_id}" not in {each.key for each in page.button}


def test_an_agent_of_another_team_sees_nothing(fresh_cast, page_as, rosa) -> None:
    page = page_as(SEARCH, fresh_cast.bruno)
    page.query_params["case"] = str(rosa.case_id)
    page.run()
    assert "el viernes" not in shown(page)


def test_who_waits_for_an_answer_is_listed_and_taken(fresh_cast, page_as, rosa) -> None:
    with db.transaction() as session:
        worklist.release(session, fresh_cast.ana, rosa.id, at=NOW)
    page = page_as(MY_QUEUE, fresh_cast.ana).run()
    assert "Rosa Pérez" in shown(page)
    page.button(key=f"take-{rosa.case_id}").click().run()
    assert not page.exception, page.exception
    assert page.text_area(key=f"answer-text-{rosa.case_id}").value == ""


def test_the_letter_that_was_sent_is_taken_out_of_the_thread(fresh_cast, page_as, rosa) -> None:
    with db.transaction() as session:
        agreement = signed(session, rosa, 7)
        letter = confirmed(session, agreement).document_id
        written(session, rosa, cause=Cause.AGREEMENT, agreement_id=agreement.id, document_id=letter)
    page = page_as(MY_QUEUE, fresh_cast.ana).run()
    assert not page.exception, page.exception
    found = [each for each in page.get("download_button") if f"thread-letter-{letter}" in each.id]
    assert [each.label for each in found] == ["Letter (PDF)"]
