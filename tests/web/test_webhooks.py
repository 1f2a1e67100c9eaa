"""What providers tell and debtors write, over real HTTP: known by signature, kept once, stopped within a second."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from models import Channel, ContactKind, ContactPoint, InboundEvent, Message, MessageState, OptOut
from tests.actions.test_inbound import written
from tests.cast import owe
from tests.web.door import Door, open_door
from workbench import db, settings
from workbench.actions.inbound import work_off
from workbench.channels.email.unsubscribes import address

PUBLIC = "https://cobranza.example.org"
NUMBER = "109876543210"
CONFIGURED = {
    "WORKBENCH_PUBLIC_URL": PUBLIC,
    "WORKBENCH_WHATSAPP_PHONE_ID": NUMBER,
    "WORKBENCH_WHATSAPP_TOKEN": "token",
    "WORKBENCH_WHATSAPP_APP_SECRET": "meta secret",
    "WORKBENCH_WHATSAPP_VERIFY_TOKEN": "is it you",
    "WORKBENCH_SMS_ACCOUNT": "AC0123",
    "WORKBENCH_SMS_TOKEN": "twilio secret",
    "WORKBENCH_SMS_FROM": "+15005550006",
    "WORKBENCH_SMTP_HOST": "127.0.0.1",
    "WORKBENCH_EMAIL_FROM": "Cobranza <cobro@example.org>",
    "WORKBENCH_EMAIL_INBOUND_SECRET": "mail secret",
}
ROSA = "+525512345678"


@pytest.fixture(scope="module")
def hooked(servers, house, tmp_path_factory):
    """A server with every channel configured."""
    folder: Path = tmp_path_factory.mktemp("hooks")
    running = open_door(folder, house[0], servers.redis_url, **CONFIGURED)
    yield running
    running.stop()


@pytest.fixture
def hooks(servers, house, hooked):
    db.connect(house[0], servers.redis_url)
    with db.transaction() as session:
        for table in ("opt_out", "message_event", "message", "inbound_event"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(
            text("UPDATE contact_point SET value = '+52990000' || lpad(id::text, 4, '0')")
        )  # of earlier tests
    with httpx.Client(base_url=hooked.address, timeout=30) as client:
        yield client
    db.engine().dispose()


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def meta(**value) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}} | value
    entry = [{"id": "1", "changes": [{"field": "messages", "value": value}]}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


def writes(body: str, *, number: str = "1", sender: str = "5215512345678") -> bytes:
    seconds = str(int(time.time()))
    message = {"from": sender, "id": f"wamid.{number}", "timestamp": seconds, "type": "text", "text": {"body": body}}
    return meta(messages=[message])


def by_meta(hooks: httpx.Client, body: bytes, *, secret: str = "meta secret") -> httpx.Response:
    return hooks.post("/hooks/whatsapp", content=body, headers={"X-Hub-Signature-256": signature(secret, body)})


def by_twilio(hooks: httpx.Client, form: dict[str, str], *, query: str = "", secret: str = "twilio secret"):
    url = f"{PUBLIC}/hooks/sms{query}" + "".join(name + value for name, value in sorted(form.items()))
    given = base64.b64encode(hmac.new(secret.encode(), url.encode(), hashlib.sha1).digest()).decode()
    return hooks.post(f"/hooks/sms{query}", data=form, headers={"X-Twilio-Signature": given})


def by_mail(hooks: httpx.Client, letter: bytes, *, secret: str = "mail secret") -> httpx.Response:
    return hooks.post("/hooks/email", content=letter, headers={"X-Signature-256": signature(secret, letter)})


def kept() -> list[InboundEvent]:
    with db.reading() as session:
        return list(session.exec(select(InboundEvent).order_by(InboundEvent.id)).all())


def test_meta_is_told_that_the_address_is_ours(hooks) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "is it you"}
    assert hooks.get("/hooks/whatsapp", params=asked).text == "42"
    assert hooks.get("/hooks/whatsapp", params=asked | {"hub.verify_token": "or you"}).status_code == 401


def test_what_a_provider_tells_three_times_is_kept_once(hooks) -> None:
    body = writes("hola")
    assert [by_meta(hooks, body).status_code for _ in range(3)] == [200] * 3
    (event,) = kept()
    assert (event.provider, event.channel, event.event_key) == ("meta", Channel.WHATSAPP, "wamid.1:received")
    assert event.payload["raw"] == json.loads(body)


def test_a_wrong_signature_is_turned_away_and_leaves_nothing(hooks, hooked) -> None:
    body = writes("SECRETO")
    form = {"MessageSid": "SM1", "From": ROSA, "Body": "SECRETO"}
    answers = [
        by_meta(hooks, body, secret="other"),
        by_twilio(hooks, form, secret="other"),
        by_mail(hooks, b"From: rosa@correo.mx\n\nSECRETO", secret="other"),
        hooks.post("/hooks/whatsapp", content=body),
        hooks.post("/hooks/sms", data=form),
        hooks.post("/hooks/email", content=body),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(401, b"")] * 6
    assert kept() == []
    assert "SECRETO" not in hooked.log.read_text()


def test_what_cannot_be_read_is_refused_without_a_trace(hooks, hooked) -> None:
    for body in (b"{SECRETO", b'["SECRETO"]', b'"SECRETO"', b"\xff\xfeSECRETO"):
        answer = by_meta(hooks, body)
        assert (answer.status_code, answer.content) == (400, b"")
    assert by_meta(hooks, b"{}").status_code == 200  # signed, and about nothing of ours
    assert kept() == []
    assert "SECRETO" not in hooked.log.read_text()


def test_a_body_too_long_is_refused(hooks) -> None:
    assert by_meta(hooks, b" " * (4 * 1_048_576 + 1)).status_code == 413
    assert by_twilio(hooks, {"MessageSid": "SM1", "Body": "x" * 200_000}).status_code == 413


def test_other_ways_to_ask_are_refused(hooks) -> None:
    for path in (
        "/hooks",
        "/hooks/",
        "/hooks/letter",
        "/hooks/whatsapp/",
        "/hooks/unsubscribe/",
        "/hooks/sms/../../media/x",
    ):
        assert hooks.post(path).status_code == 401, path
    assert hooks.put("/hooks/whatsapp").status_code == 405


def test_without_a_secret_there_is_no_such_address(door: Door) -> None:
    answers = [httpx.post(f"{door.address}/hooks/{name}", content=b"{}") for name in ("whatsapp", "sms", "email")]
    answers.append(httpx.get(f"{door.address}/hooks/whatsapp"))
    answers.append(httpx.get(f"{door.address}/hooks/unsubscribe/abc.{'0' * 40}"))
    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_stop_word_stops_a_thousand_waiting_messages_within_a_second(hooks, people) -> None:
    with db.transaction() as session:
        item, twin = owe(session, people.mexico, phone=ROSA), owe(session, people.colombia, phone=ROSA)
        for number in range(1_000):
            channel = Channel.SMS if number % 10 == 0 else Channel.WHATSAPP
            state = MessageState.PLANNED if number % 2 else MessageState.QUEUED
            lease = None if number % 2 else datetime.now(UTC) + timedelta(minutes=3)
            about = item if number % 3 else twin
            written(session, about, sent_at=None, channel=channel, state=state, lease_until=lease)
    began = time.perf_counter()
    assert by_meta(hooks, writes("ALTO")).status_code == 200
    with db.reading() as session:
        states = session.exec(select(Message.channel, Message.state)).all()
    took = time.perf_counter() - began
    assert {state for channel, state in states if channel == Channel.WHATSAPP} == {MessageState.CANCELLED}
    assert {state for channel, state in states if channel == Channel.SMS} == {MessageState.QUEUED}
    assert len(states) == 1_000
    assert took < 1
    with db.reading() as session:
        stopped = session.exec(select(OptOut.debtor_id)).all()
    assert sorted(stopped) == sorted([item.debtor_id, twin.debtor_id])


def test_receipts_and_replies_by_sms_are_kept(hooks) -> None:
    receipt = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    reply = {"MessageSid": "SM2", "From": ROSA, "To": "+15005550006", "Body": "ya pagué"}
    answers = [by_twilio(hooks, receipt, query="?key=case%3A1"), by_twilio(hooks, reply), by_twilio(hooks, reply)]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "<Response/>")] * 3
    assert [(event.event_key, event.payload["kind"]) for event in kept()] == [
        ("SM1:delivered", "receipt"),
        ("SM2:received", "reply"),
    ]


def test_a_reply_by_email_is_kept_and_worked_off(hooks, people) -> None:
    with db.transaction() as session:
        item = owe(session, people.mexico, phone=None)
        session.add(
            ContactPoint(
                debtor_id=item.debtor_id,
                kind=ContactKind.EMAIL,
                value="rosa@correo.mx",
                raw="rosa@correo.mx",
                source="t",
            )
        )
    letter = b"From: Rosa <Rosa@correo.mx>\r\nSubject: pago\r\nMessage-ID: <1@correo.mx>\r\n\r\nquiero pagar\r\n"
    assert by_mail(hooks, letter).status_code == 200
    (event,) = kept()
    with db.transaction() as session:
        work_off(session, event.id, at=datetime.now(UTC))
    with db.reading() as session:
        found = session.execute(
            text("SELECT case_id, note, disposition_code FROM interaction WHERE channel = 'email'")
        ).one()
    assert found == (item.case_id, "pago\nquiero pagar", "reply.wants_to_pay")


@pytest.fixture
def way_out(hooks, people, monkeypatch) -> str:
    """The path with which a debtor ends e-mails, and a message that waits."""
    for name, value in CONFIGURED.items():
        monkeypatch.setenv(name, value)
    with db.transaction() as session:
        item = owe(session, people.mexico, phone=None)
        point = ContactPoint(
            debtor_id=item.debtor_id, kind=ContactKind.EMAIL, value="rosa@correo.mx", raw="rosa@correo.mx", source="t"
        )
        session.add(point)
        session.flush()
        fields = {"channel": Channel.EMAIL, "contact_point_id": point.id}
        key = written_by_mail(session, item, **fields)
    found = address(key, settings.load())
    assert found is not None
    return found.removeprefix(PUBLIC)


def written_by_mail(session, item, **fields) -> str:
    return written(session, item, sent_at=None, **fields).key


def test_looking_at_the_way_out_changes_nothing(hooks, way_out) -> None:
    page = hooks.get(way_out, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "Stop writing to me" in page.text
    assert "¿Dejar de escribir" in hooks.get(way_out, headers={"Accept-Language": "es-MX"}).text
    assert opt_outs() == []


def test_one_click_ends_the_emails_at_once(hooks, way_out) -> None:
    for _ in range(2):
        answer = hooks.post(way_out, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Listo" in answer.text) == (200, True)
    assert opt_outs() == [(Channel.EMAIL, "unsubscribe")]
    with db.reading() as session:
        assert session.exec(select(Message.state)).all() == [MessageState.CANCELLED]


def test_a_changed_seal_ends_nothing(hooks, way_out) -> None:
    forged = way_out[:-1] + ("0" if way_out[-1] != "0" else "1")
    assert [hooks.get(forged).status_code, hooks.post(forged).status_code] == [404, 404]
    assert opt_outs() == []


def opt_outs() -> list[tuple[Channel, str]]:
    with db.reading() as session:
        return list(session.exec(select(OptOut.channel, OptOut.source)).all())
