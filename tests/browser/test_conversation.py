"""A debtor answers a message: it lands before an agent, who reads it and writes back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from models import Cause, Message, MessageEvent, MessageState
from tests.actions.test_inbound import says, told, written
from tests.browser.conftest import House, Seat
from tests.cast import NOW, owe
from workbench import db

pytestmark = pytest.mark.browser
ROSA = "+525512340002"


def test_a_reply_comes_first_is_read_and_answered(house: House, seat: Callable[..., Seat]) -> None:
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Primero Ruiz", score=900.0, phone="+525512340001")
        rosa = owe(session, house.cast.mexico, name="Rosa Pérez", score=1.0, phone=ROSA)
        body = "Rosa Pérez: debe 1,000.00 MXN desde el 29 oct. Responda ALTO para no recibir más."
        sent = written(session, rosa, body=body, state=MessageState.READ, sent_at=NOW - timedelta(hours=2))
        for state, minutes in ((MessageState.DELIVERED, 119), (MessageState.READ, 60)):
            at = NOW - timedelta(minutes=minutes)
            session.add(MessageEvent(message_id=sent.id, state=state, at=at, source="receipt"))
        reply = says(
            "Sí, pago el viernes 🙏", sender=ROSA, answers_provider_id=sent.provider_id, at=NOW - timedelta(minutes=9)
        )
        told(session, reply, at=NOW - timedelta(minutes=8))
    ana = seat()
    ana.log_in("ana")
    expect(ana.page.locator("[class*=st-key-waiting-]")).to_contain_text("Rosa Pérez")
    ana.press("Control+Enter")
    ana.sees("Rosa Pérez")
    thread = ana.page.locator(".cw-thread")
    expect(thread).to_contain_text("Sí, pago el viernes")
    expect(thread).to_contain_text("propone 20 nov 2026")
    expect(thread).to_contain_text("leído 09:00")
    expect(ana.page.locator(".cw-why")).to_contain_text("Respondió por WhatsApp: “Sí, pago el viernes")
    answer = ana.page.locator("[class*=st-key-answer-text-] textarea")
    answer.fill("Gracias, Rosa: quedo pendiente.")
    ana.click(ana.page.locator("[class*=st-key-answer-send-] button"))
    expect(thread).to_contain_text("Gracias, Rosa: quedo pendiente.")
    expect(answer).to_have_value("")
    with db.reading() as session:
        assert session.exec(select(Message.author_id).where(Message.cause == Cause.REPLY)).all() == [
            house.cast.ana.user_id
        ]
