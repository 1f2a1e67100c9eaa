"""WhatsApp and SMS against a server that speaks both protocols: what left, and what each failure is called."""

import contextlib
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from models.interactions import Channel
from tests.channels.conftest import configured, outgoing
from tests.providers import How
from workbench.channels.adapters import adapter_for
from workbench.channels.letters import NotSent, Passing, Permanent, Sent, Unknown

BOTH = pytest.mark.parametrize("name", ["whatsapp", "sms"])


@pytest.fixture
def adapter(request, name):
    return request.getfixturevalue(name)


def to_send(name: str, **changed):
    return outgoing(Channel(name), **changed)


def test_a_template_leaves_with_its_variables_and_our_key(whatsapp, provider):
    message = outgoing(Channel.WHATSAPP, template_name="first_notice", variables=("Rosa\n Pérez", "$ 1.200"))
    sent = whatsapp.send(message)
    assert sent == Sent("meta", provider.tally.last.provider_id)
    assert provider.tally.last.carried["sent"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+573001234567",
        "biz_opaque_callback_data": message.key,
        "type": "template",
        "template": {
            "name": "first_notice",
            "language": {"code": "es"},
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": "Rosa Pérez"}, {"type": "text", "text": "$ 1.200"}],
                }
            ],
        },
    }


def test_an_agents_words_leave_as_free_text(whatsapp, provider):
    whatsapp.send(outgoing(Channel.WHATSAPP, body="¿Le parece el viernes? 😀"))
    carried = provider.tally.last.carried["sent"]
    assert carried["text"] == {"body": "¿Le parece el viernes? 😀", "preview_url": False}


def test_a_text_that_whatsapp_would_cut_is_not_sent(whatsapp, provider):
    with pytest.raises(Permanent):
        whatsapp.send(outgoing(Channel.WHATSAPP, body="a" * 4097))
    assert not provider.tally.asked


def test_a_text_message_leaves_with_our_key_in_its_callback(sms, provider):
    message = outgoing(Channel.SMS, key="71:4:día 1&x=y:2026-11-20:sms:1")
    sent = sms.send(message)
    carried = provider.tally.last.carried["sent"]
    assert sent == Sent("twilio", provider.tally.last.provider_id)
    assert (carried["To"], carried["From"], carried["Body"]) == (message.to, provider.sender, message.body)
    assert carried["ValidityPeriod"] == "600"
    callback = urlsplit(carried["StatusCallback"])
    assert (callback.netloc, callback.path) == ("cobranza.example.org", "/hooks/sms")
    assert parse_qs(callback.query) == {"key": [message.key]}


def test_a_messaging_service_is_named_as_one(provider, monkeypatch):
    service = "MG" + "0" * 32
    settings = configured(monkeypatch, **provider.settings() | {"WORKBENCH_SMS_FROM": service})
    adapter_for(Channel.SMS, settings).send(outgoing(Channel.SMS))
    carried = provider.tally.last.carried["sent"]
    assert carried["MessagingServiceSid"] == service
    assert "From" not in carried


ENDS = {
    How.THROTTLED: (Passing, {"throttled": True}),
    How.UNAVAILABLE: (Passing, {"throttled": False}),
    How.TOKEN: (Passing, {"throttled": False}),
    How.BAD_NUMBER: (Permanent, {"invalidates": True}),
    How.WINDOW: (Permanent, {"invalidates": False}),
    How.PARAMETER: (Permanent, {"invalidates": False}),
    How.ERROR: (Unknown, {}),
    How.BAD_GATEWAY: (Unknown, {}),
    How.GATEWAY_TIMEOUT: (Unknown, {}),
    How.TIME_OUT: (Unknown, {}),
    How.CUT: (Unknown, {}),
    How.HANG_UP: (Unknown, {}),
    How.GARBAGE: (Unknown, {}),
}


@BOTH
@pytest.mark.parametrize("how", ENDS)
def test_every_failure_is_called_what_it_proves(adapter, name, provider, how):
    provider.script.then(how)
    kind, more = ENDS[how]
    with pytest.raises(NotSent) as told:
        adapter.send(to_send(name))
    assert type(told.value) is kind
    assert {field: getattr(told.value, field) for field in more} == more
    assert told.value.provider == adapter.provider
    # the provider's own words name the debtor; ours and the evidence do not
    assert "573001234567" not in f"{told.value!r} {told.value} {told.value.evidence}"


def test_the_codes_say_more_than_the_status(whatsapp, sms, provider):
    provider.script.then(How.PAIR, How.PAIR, How.UNSUBSCRIBED, How.UNSUBSCRIBED, How.WINDOW)
    with pytest.raises(Passing) as pair:
        whatsapp.send(outgoing(Channel.WHATSAPP))
    assert (pair.value.throttled, pair.value.evidence) == (False, {"status": "400", "code": "131056"})
    with pytest.raises(Passing) as queue_full:
        sms.send(outgoing(Channel.SMS))
    assert (queue_full.value.throttled, queue_full.value.reason) == (True, "21611: the sender's queue is full")
    with pytest.raises(Permanent) as stopped:
        whatsapp.send(outgoing(Channel.WHATSAPP))
    assert not stopped.value.invalidates
    with pytest.raises(Permanent) as unsubscribed:
        sms.send(outgoing(Channel.SMS))
    assert unsubscribed.value.invalidates
    with pytest.raises(Permanent) as late:
        whatsapp.send(outgoing(Channel.WHATSAPP))
    assert late.value.reason == "window_closed"


@BOTH
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2", 2),
        ("99999", 3600),
        ("0", 0),
        ("soon", None),
        ("-5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("", None),
    ],
)
def test_the_provider_says_when_to_come_back(adapter, name, provider, said, seconds):
    provider.retry_after = said
    provider.script.then(How.THROTTLED)
    before = datetime.now(UTC)
    with pytest.raises(Passing) as told:
        adapter.send(to_send(name))
    if seconds is None:
        assert told.value.not_before is None
    else:
        assert timedelta(0) <= told.value.not_before - before - timedelta(seconds=seconds) < timedelta(seconds=2)


@BOTH
def test_a_slow_answer_is_waited_for(adapter, name, provider):
    provider.script.then(How.SLOW)
    assert adapter.send(to_send(name)).provider_id == provider.tally.last.provider_id


@BOTH
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{closed}", "https://nobody.invalid"], ids=["refused", "no-such-name"]
)
def test_without_a_connection_nothing_left(name, provider, monkeypatch, url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = url.format(closed=free.getsockname()[1])
    environment = provider.settings() | {"WORKBENCH_WHATSAPP_URL": url, "WORKBENCH_SMS_URL": url}
    with pytest.raises(Passing) as told:
        adapter_for(Channel(name), configured(monkeypatch, **environment)).send(to_send(name))
    assert told.value.reason == "no connection"


@BOTH
def test_a_certificate_nobody_knows_is_no_connection(name, provider, post_office, monkeypatch):
    environment = provider.settings()
    server = _tls_server(post_office)
    url = f"https://localhost:{server.getsockname()[1]}"
    environment |= {"WORKBENCH_WHATSAPP_URL": url, "WORKBENCH_SMS_URL": url}
    with pytest.raises(Passing):
        adapter_for(Channel(name), configured(monkeypatch, **environment)).send(to_send(name))
    server.close()


def _tls_server(post_office):
    listening = post_office._tls.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)

    def greet() -> None:
        with contextlib.suppress(OSError):
            listening.accept()

    threading.Thread(target=greet, daemon=True).start()
    return listening


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return f"{head}\r\n\r\n".encode() + body


UNTELLING = {
    "no-http": b"hello\r\n\r\n",
    "nothing": b"",
    "half-a-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half-a-body": http("200 OK", b'{"sid": "SM1", "messages": [{"id": "wamid.1"}]}')[:-1],
    "not-what-it-says": http("201 Created", b"hello", "Content-Encoding: gzip"),
    "no-unicode": http("200 OK", b"\xff\xfe"),
    "list": http("200 OK", b"[]"),
    "deep": http("200 OK", b"[" * 90_000),
    "odd-ids": http("200 OK", b'{"sid": 5, "messages": [{"id": 5}]}'),
    "status-of-its-own": http("999 What"),
}
REFUSING = {
    "elsewhere": http("302 Found", b"", "Location: http://127.0.0.1:1/"),
    "odd-code": http("400 Bad", b'{"code": true, "error": {"code": "x"}}'),
    "no-words": http("400 Bad"),
}
CASES = [(each, Unknown) for each in UNTELLING] + [(each, Permanent) for each in REFUSING]


def says(answer: bytes) -> str:
    """The address of a server that reads a request whole, answers so, and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while connection.recv(65536):
                    pass
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@BOTH
@pytest.mark.parametrize(("answer", "kind"), CASES)
def test_whatever_a_server_answers_is_one_of_the_ends(name, provider, monkeypatch, answer, kind):
    url = says((UNTELLING | REFUSING)[answer])
    environment = provider.settings() | {"WORKBENCH_WHATSAPP_URL": url, "WORKBENCH_SMS_URL": url}
    with pytest.raises(kind):
        adapter_for(Channel(name), configured(monkeypatch, **environment)).send(to_send(name))


@BOTH
def test_eight_threads_send_each_message_once(adapter, name, provider):
    keys = [f"{n}:{name}" for n in range(80)]
    waiting = list(keys)

    def work() -> None:
        while waiting:
            try:
                key = waiting.pop()
            except IndexError:
                return
            adapter.send(to_send(name, key=key))

    crew = [threading.Thread(target=work) for _ in range(8)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert provider.tally.received == dict.fromkeys(keys, 1)


@BOTH
def test_a_fork_does_not_write_on_its_parents_connection(adapter, name, provider):
    adapter.send(to_send(name, key="parent"))
    child = os.fork()
    if child == 0:
        try:
            for n in range(5):
                adapter.send(to_send(name, key=f"child {n}"))
            os._exit(0)
        finally:
            os._exit(1)
    for n in range(5):
        adapter.send(to_send(name, key=f"parent {n}"))
    assert os.waitpid(child, 0)[1] == 0
    assert set(provider.tally.received.values()) == {1}
    assert len(provider.tally.received) == 11


@BOTH
def test_secrets_are_neither_logged_nor_shown(adapter, name, provider, caplog):
    caplog.set_level("DEBUG")
    adapter.send(to_send(name))
    shown = f"{adapter!r} {caplog.text}"
    assert all(secret not in shown for secret in (provider.token, provider.auth_token, provider.app_secret))
    assert "573001234567" not in shown


def test_the_providers_can_be_asked_from_another_process(provider, sms):
    httpx.post(f"{provider.url}/script", json={"then": ["bad_number"], "rates": {"cut": 1}}).raise_for_status()
    for kind in (Permanent, Unknown):
        with pytest.raises(kind):
            sms.send(outgoing(Channel.SMS))
    told = httpx.get(f"{provider.url}/received").json()
    assert (told["messages"], told["asked"], told["most_per_key"]) == (1, 2, 1)
