"""E-mail against a TLS server: what left, and what each failure is called by where it broke."""

import os
import socket
import threading
from email import message_from_bytes
from email.policy import default

import pytest

from models.interactions import Channel
from tests.channels.conftest import configured, outgoing
from tests.providers import How, MailServer
from workbench.channels.adapters import adapter_for
from workbench.channels.email.marks import keys_in
from workbench.channels.email.unsubscribes import key_of
from workbench.channels.letters import NotSent, Passing, Permanent, Unknown

UNSUBSCRIBE = "https://cobranza.example.org/unsubscribe/" + "t" * 120


def letter_in(post_office: MailServer):
    return message_from_bytes(post_office.tally.last.carried["raw"], policy=default)


def to_send(**changed):
    return outgoing(Channel.EMAIL, **changed)


def test_a_letter_leaves_as_it_was_written(email, post_office):
    message = to_send(subject="Su saldo, señora Muñoz " + "y más " * 20, unsubscribe_url=UNSUBSCRIBE)
    sent = email.send(message)
    letter = letter_in(post_office)
    assert letter.get_content().replace("\r\n", "\n").strip() == message.body
    assert letter["Subject"] == message.subject.strip()
    assert (letter["To"], letter["From"]) == (message.to, MailServer.sender)
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert (sent.provider, sent.provider_id) == ("smtp", letter["Message-ID"])
    assert post_office.tally.last.carried["sender"] == "cobranza@example.org"


def test_a_letter_has_a_way_out_that_no_server_folds_or_encodes(email, post_office):
    email.send(to_send(unsubscribe_url=UNSUBSCRIBE))
    raw = post_office.tally.last.carried["raw"].decode()
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\n" in raw
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert "\r\nAuto-Submitted: auto-generated\r\n" in raw


def test_a_letter_whose_sender_named_no_way_out_gets_ours(email, post_office):
    email.send(to_send())
    way_out = letter_in(post_office)["List-Unsubscribe"].strip("<>")
    assert key_of(way_out.rpartition("/")[2], email.settings) == to_send().key


def test_an_agents_letter_is_no_circular(email, post_office):
    email.send(to_send(key="reply:0b54"))
    letter = letter_in(post_office)
    assert [letter[name] for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted")] == [None] * 3


@pytest.mark.parametrize(
    "key", ["71:4:first_notice:2026-11-20:email:1", "reply:7f1c", "9:día 1/<x>@y %41:again2", "k" * 120]
)
def test_the_message_id_carries_our_key(email, post_office, key):
    sent = email.send(to_send(key=key))
    assert post_office.tally.last.key == key
    assert keys_in(sent.provider_id, email.settings.email_inbound_secret) == [key]
    assert f"\r\nMessage-ID: {sent.provider_id}\r\n".encode() in b"\r\n" + post_office.tally.last.carried["raw"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"subject": "Saldo\r\nBcc: otra@example.com\r\n\r\nhola"}, id="subject"),
        pytest.param({"subject": "Saldo\u2028Bcc: otra@example.com\x0b\x85\x00"}, id="other-line-ends"),
        pytest.param({"unsubscribe_url": "https://x.example.org/\r\nBcc: otra@example.com"}, id="unsubscribe"),
        pytest.param({"language": "es\r\nBcc: otra@example.com"}, id="language"),
        pytest.param({"key": "k\r\nBcc: otra@example.com"}, id="key"),
        pytest.param({"body": "hola\r\n.\r\nRCPT TO:<otra@example.com>\r\n..\n.x"}, id="body"),
    ],
)
def test_no_value_becomes_a_header_or_a_command(email, post_office, changed):
    email.send(to_send(**changed))
    letter = letter_in(post_office)
    assert letter["Bcc"] is None
    assert not letter.defects
    assert [taken.to for taken in post_office.tally.taken] == ["rosa@correo.example.com"]
    if "body" in changed:
        assert letter.get_content().splitlines() == changed["body"].splitlines()


@pytest.mark.parametrize(
    "to",
    [
        "rosa",
        "rosa@",
        "a b@example.com",
        "rosa@example.com\r\nDATA",
        "<rosa@example.com>",
        "a,b@example.com",
        "r@x",
        "ñ@x.com",
        "",
    ],
)
def test_what_is_no_address_is_never_said_to_a_server(email, post_office, to):
    with pytest.raises(Permanent) as told:
        email.send(to_send(to=to))
    assert told.value.invalidates
    assert post_office.connections == 0


ENDS = {
    How.BAD_NUMBER: (Permanent, {"invalidates": True}),
    How.UNSUBSCRIBED: (Permanent, {"invalidates": True}),
    How.WINDOW: (Permanent, {"invalidates": False}),  # 5.7.1: our sender is listed; the address may be fine
    How.PARAMETER: (Permanent, {"invalidates": False}),
    How.PAIR: (Passing, {"throttled": False}),
    How.UNAVAILABLE: (Passing, {"throttled": False}),
    How.THROTTLED: (Passing, {"throttled": True}),
    How.HANG_UP: (Passing, {"throttled": False}),
    How.CUT: (Unknown, {}),
    How.TIME_OUT: (Unknown, {}),
    How.GARBAGE: (Unknown, {}),
}


@pytest.mark.parametrize("how", ENDS)
def test_every_failure_is_called_what_it_proves(email, post_office, how):
    post_office.script.then(how)
    kind, more = ENDS[how]
    with pytest.raises(NotSent) as told:
        email.send(to_send())
    assert type(told.value) is kind
    assert {field: getattr(told.value, field) for field in more} == more
    assert "rosa" not in f"{told.value!r} {told.value} {told.value.evidence}"
    # whatever broke, the next letter leaves
    email.send(to_send(key="next"))
    assert post_office.tally.received["next"] == 1


def test_a_slow_answer_is_waited_for(email, post_office):
    post_office.script.then(How.SLOW)
    email.send(to_send())


def test_letters_share_a_connection_also_after_a_refusal(email, post_office):
    post_office.script.then(How.OK, How.BAD_NUMBER, How.OK)
    for key in ("a", "b", "c"):
        try:
            email.send(to_send(key=key))
        except Permanent:
            continue
    assert post_office.connections == 1
    assert post_office.tally.received == {"a": 1, "c": 1}


def test_tls_from_the_first_byte(monkeypatch):
    with MailServer(implicit=True) as post_office:
        adapter_for(Channel.EMAIL, configured(monkeypatch, **post_office.settings())).send(to_send())
        assert post_office.tally.received.total() == 1


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_a_certificate_for_another_name_ends_it(monkeypatch, implicit):
    with MailServer(implicit=implicit, name="mail.example.net") as post_office, pytest.raises(Passing):
        adapter_for(Channel.EMAIL, configured(monkeypatch, **post_office.settings())).send(to_send())
    assert not post_office.tally.asked


def test_an_authority_that_nobody_named_ends_it(post_office, monkeypatch):
    environment = post_office.settings() | {"WORKBENCH_SMTP_CA_FILE": ""}
    with pytest.raises(Passing) as told:
        adapter_for(Channel.EMAIL, configured(monkeypatch, **environment)).send(to_send())
    assert told.value.evidence == {"error": "SSLCertVerificationError"}


def test_a_server_without_tls_gets_neither_password_nor_letter(monkeypatch, post_office):
    said = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_plain_server, args=(listening, said), daemon=True).start()
        environment = post_office.settings() | {"WORKBENCH_SMTP_PORT": str(listening.getsockname()[1])}
        with pytest.raises(Passing):
            adapter_for(Channel.EMAIL, configured(monkeypatch, **environment)).send(to_send())
    assert not any(line.startswith((b"AUTH", b"MAIL")) for line in said)


def _plain_server(listening: socket.socket, said: list[bytes]) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb") as lines:
        lines.write(b"220 old.example.org\r\n")
        lines.flush()
        for line in lines:
            said.append(line)
            lines.write(b"250 old.example.org\r\n")
            lines.flush()


def test_a_wrong_password_waits_for_whoever_knows_the_right_one(post_office, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    environment = post_office.settings() | {"WORKBENCH_SMTP_PASSWORD": "hunter2"}
    adapter = adapter_for(Channel.EMAIL, configured(monkeypatch, **environment))
    with pytest.raises(Passing) as told:
        adapter.send(to_send())
    assert told.value.reason == "our log-in is not valid"
    assert "hunter2" not in f"{adapter!r} {caplog.text} {told.value!r}"


def test_eight_threads_send_each_letter_once(email, post_office):
    waiting = keys = [f"k{n}" for n in range(40)]
    waiting = list(keys)

    def work() -> None:
        while waiting:
            try:
                key = waiting.pop()
            except IndexError:
                return
            email.send(to_send(key=key))

    crew = [threading.Thread(target=work) for _ in range(8)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert post_office.tally.received == dict.fromkeys(keys, 1)
    assert post_office.connections <= 8


def test_a_fork_opens_a_connection_of_its_own(email, post_office):
    email.send(to_send(key="parent"))
    child = os.fork()
    if child == 0:
        try:
            email.send(to_send(key="child"))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    email.send(to_send(key="parent again"))
    assert post_office.tally.received == {"parent": 1, "child": 1, "parent again": 1}
    assert post_office.connections == 2
