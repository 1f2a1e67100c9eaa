"""What providers tell us: known by its signature, read as what it is, and harmless whatever is in it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.channels.conftest import configured
from tests.providers import MailServer, MetaAndTwilio, webhooks
from workbench.channels import payloads
from workbench.channels.email import receipts as email
from workbench.channels.email.marks import message_id
from workbench.channels.letters import Receipt, Reply
from workbench.channels.payloads import Knock, Unreadable
from workbench.channels.sms import receipts as sms
from workbench.channels.whatsapp import receipts as whatsapp
from workbench.settings import Settings

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
THEN = AT - timedelta(minutes=3)
HOOK = "https://cobranza.example.org/hooks/sms"
NOTHING = Settings.model_construct(whatsapp_phone_id=None, email_inbound_secret=None)
KEY = "71:4:día 1:2026-11-20:email:1"


@pytest.fixture
def settings(monkeypatch):
    mail = {
        "WORKBENCH_SMTP_HOST": "localhost",
        "WORKBENCH_EMAIL_FROM": MailServer.sender,
        "WORKBENCH_EMAIL_INBOUND_SECRET": "the word our mail server knows",
    }
    provider = MetaAndTwilio()
    provider.stop()
    return configured(monkeypatch, **provider.settings() | mail)


def knock(told: webhooks.Told, **changed: object) -> Knock:
    return Knock(**{"body": told.body, "headers": told.headers, "query": told.query} | changed)


def told_by(door, told: webhooks.Told, settings):
    asked = knock(told)
    assert door.signed(asked, settings)
    kept = door.payload(asked)
    json.dumps(kept)
    return door.events(kept, at=AT, settings=settings)


def status(**changed):
    return webhooks.meta(webhooks.meta_status("wamid.1", **{"status": "read", "at": THEN.timestamp()} | changed))


def test_a_receipt_of_meta(settings):
    assert told_by(whatsapp, status(key=KEY), settings) == [
        Receipt("wamid.1:read", "read", THEN, provider_id="wamid.1", key=KEY)
    ]


@pytest.mark.parametrize(
    ("code", "invalidates", "reason"),
    [
        (131026, True, "131026: not reachable on WhatsApp"),
        (131047, False, "window_closed"),
        (131049, False, "131049: held back by the provider"),
        (0, False, "refused"),
    ],
)
def test_a_failure_at_meta(settings, code, invalidates, reason):
    (failed,) = told_by(whatsapp, status(status="failed", code=code), settings)
    assert (failed.state, failed.invalidates, failed.reason) == ("failed", invalidates, reason)


@pytest.mark.parametrize(
    ("more", "text", "attachments"),
    [
        pytest.param({}, "ya pagué", (), id="text"),
        pytest.param(
            {"type": "button", "button": {"text": "Quiero pagar", "payload": "x"}}, "Quiero pagar", (), id="button"
        ),
        pytest.param(
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Sí"}},
            },
            "Sí",
            (),
            id="interactive",
        ),
        pytest.param(
            {"type": "image", "image": {"id": "9", "caption": "el recibo"}}, "el recibo", ("image",), id="image"
        ),
        pytest.param({"type": "audio", "audio": {"id": "9"}}, "", ("audio",), id="audio"),
        pytest.param(
            {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}, "👍", (), id="reaction"
        ),
    ],
)
def test_a_reply_by_whatsapp(settings, more, text, attachments):
    answers = None if "reaction" in more else "wamid.1"
    told = webhooks.meta_reply("+573001234567", "ya pagué", answers=answers, at=THEN.timestamp(), **more)
    assert told_by(whatsapp, webhooks.meta(told), settings) == [
        Reply("wamid.reply:received", "+573001234567", text, THEN, "wamid.1", attachments=attachments)
    ]


def test_several_things_in_one_delivery_and_none_of_another_number(settings):
    other = {"metadata": {"phone_number_id": "1"}, **webhooks.meta_reply("+573009999999", "hola")}
    values = [webhooks.meta_status("wamid.1", "sent"), webhooks.meta_status("wamid.2", "delivered"), other]
    told = told_by(whatsapp, webhooks.meta(*values, webhooks.meta_reply("+573001234567", "STOP")), settings)
    assert [event.event_key for event in told] == ["wamid.1:sent", "wamid.2:delivered", "wamid.reply:received"]


@pytest.mark.parametrize("seconds", ["soon", "-1", "9" * 11, "9" * 40, "²", "", "12", "1e9"])
def test_a_moment_that_cannot_be_is_when_it_came(settings, seconds):
    told = status()
    body = told.body.replace(b'"' + str(int(THEN.timestamp())).encode() + b'"', json.dumps(seconds).encode())
    (receipt,) = told_by(
        whatsapp,
        webhooks.Told(body, {"x-hub-signature-256": webhooks.hub_signature(body, MetaAndTwilio.app_secret)}),
        settings,
    )
    assert receipt.at == AT


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (
            {"hub.mode": "subscribe", "hub.verify_token": MetaAndTwilio.verify_token, "hub.challenge": "1158201444"},
            "1158201444",
        ),
        ({"hub.mode": "subscribe", "hub.verify_token": "another", "hub.challenge": "1158201444"}, None),
        ({"hub.mode": "subscribe", "hub.verify_token": "ñ\udcff", "hub.challenge": "1158201444"}, None),
        ({"hub.mode": "else", "hub.verify_token": MetaAndTwilio.verify_token, "hub.challenge": "1"}, None),
        ({"hub.mode": "subscribe", "hub.verify_token": MetaAndTwilio.verify_token, "hub.challenge": "<script>"}, None),
        ({}, None),
    ],
)
def test_meta_asks_whether_the_webhook_is_ours(settings, query, answer):
    assert whatsapp.challenge(query, settings) == answer


def test_a_receipt_of_twilio_carries_our_key_in_its_address(settings):
    assert told_by(sms, webhooks.twilio_status("SM1", "delivered", HOOK, key=KEY), settings) == [
        Receipt("SM1:delivered", "delivered", AT, provider_id="SM1", key=KEY)
    ]


@pytest.mark.parametrize(
    ("name", "code", "ends"),
    [
        ("queued", 0, None),
        ("sending", 0, None),
        ("sent", 0, ("sent", False)),
        ("undelivered", 30003, ("bounced", False)),
        ("undelivered", 30005, ("bounced", True)),
        ("undelivered", 30006, ("bounced", True)),
        ("failed", 21610, ("failed", True)),
        ("canceled", 0, ("failed", False)),
    ],
)
def test_every_status_of_twilio(settings, name, code, ends):
    told = told_by(sms, webhooks.twilio_status("SM1", name, HOOK, key=KEY, code=code), settings)
    assert [(event.state, event.invalidates) for event in told] == ([ends] if ends else [])


def test_a_reply_by_text_message(settings):
    told = webhooks.twilio_reply("+573001234567", "BAJA, ñandú & +1", HOOK, MediaContentType0="image/jpeg")
    assert told_by(sms, told, settings) == [
        Reply("SMreply:received", "+573001234567", "BAJA, ñandú & +1", AT, attachments=("image",))
    ]


def test_a_form_cannot_pretend_to_have_our_key(settings):
    told = webhooks.twilio({"MessageSid": "SM1", "MessageStatus": "read", "key": "another"}, HOOK)
    assert told_by(sms, told, settings)[0].key is None


def test_the_signature_of_twilios_own_documentation():
    """https://www.twilio.com/docs/usage/webhooks/webhooks-security: their example of a signed call."""
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sms._signature("12345", url, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("public", "signs"),
    [
        ("https://cobranza.example.org", "https://cobranza.example.org:443/hooks/sms"),
        ("https://cobranza.example.org:8443", "https://cobranza.example.org/hooks/sms"),
        ("https://cobranza.example.org/w/", "https://cobranza.example.org/w/hooks/sms"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/hooks/sms"),
    ],
)
def test_twilio_signs_addresses_with_their_port_or_without(settings, public, signs):
    ours = settings.model_copy(update={"public_url": public.rstrip("/")})
    assert sms.signed(knock(webhooks.twilio_status("SM1", "sent", signs, key=KEY)), ours)


def bounce(settings, key: str = KEY, **changed) -> webhooks.Told:
    return webhooks.mail_bounce(message_id(key, "example.org", settings.email_inbound_secret), **changed)


@pytest.mark.parametrize("whole", [True, False], ids=["whole-letter", "headers"])
@pytest.mark.parametrize(
    ("code", "invalidates"), [("5.1.1", True), ("5.0.0", True), ("5.7.1", False), ("5.2.2", False)]
)
def test_a_bounce_says_which_letter_and_whether_the_address_is_dead(settings, whole, code, invalidates):
    assert told_by(email, bounce(settings, status=code, whole=whole), settings) == [
        Receipt(f"bounce:{KEY}:{code}", "bounced", AT, key=KEY, invalidates=invalidates, reason=f"{code}: returned")
    ]


def test_a_delay_is_nothing_final(settings):
    assert told_by(email, bounce(settings, status="4.4.1", action="delayed"), settings) == []
    assert told_by(email, bounce(settings, status="4.4.7", action="failed"), settings) == []


def test_a_delivery_report_is_a_receipt(settings):
    (told,) = told_by(email, bounce(settings, status="2.0.0", action="delivered"), settings)
    assert (told.state, told.key, told.invalidates) == ("delivered", KEY, False)


def test_nobody_can_bounce_a_letter_they_never_saw(settings):
    for forged in (
        f"<cw.{KEY}.@example.org>",
        message_id(KEY, "example.org", None),
        "<cw.71%3A4.0123456789abcdef0123@x.org>",
    ):
        assert told_by(email, webhooks.mail_bounce(forged), settings) == []


LETTERS = {
    "plain": ("Ya pagué ayer.\r\nGracias", "Ya pagué ayer.\nGracias"),
    "gmail": (
        "Mañana pago\r\n\r\nEl vie, 20 nov 2026 a las 9:00, Cobranza (<\r\nc@example.org>) escribió:\r\n\r\n> Su saldo",
        "Mañana pago",
    ),
    "gmail-en": (
        "Stop\r\n\r\nOn Fri, Nov 20, 2026 at 9:00 AM Cobranza <c@x.org> wrote:\r\n> If you want, say STOP",
        "Stop",
    ),
    "outlook": ("Listo\r\n\r\n________________________________\r\nDe: Cobranza\r\nBAJA", "Listo"),
    "outlook-es": ("Listo\r\n\r\nDe: Cobranza <c@x.org>\r\nEnviado el: viernes\r\nBAJA", "Listo"),
    "original": ("Sí\r\n-----Mensaje original-----\r\nBAJA", "Sí"),
    "signature": ("Sí\r\n-- \r\nRosa Pérez", "Sí"),
    "phone": ("Sí\r\n\r\nEnviado desde mi iPhone", "Sí"),
    "between": ("> ¿Cuándo paga?\r\nEl viernes\r\n> ¿Cuánto?\r\nTodo", "El viernes\nTodo"),
    "words-that-look-alike": ("El viernes pago.\r\nDe: verdad", "El viernes pago.\nDe: verdad"),
}


@pytest.mark.parametrize("kind", LETTERS)
def test_a_reply_by_email_is_what_the_debtor_wrote(settings, kind):
    written, meant = LETTERS[kind]
    ours = message_id(KEY, "example.org", settings.email_inbound_secret)
    (reply,) = told_by(email, webhooks.mail_reply("Rosa@Correo.Example.com", written, answers=ours), settings)
    assert (reply.sender, reply.text, reply.answers_key, reply.at) == ("rosa@correo.example.com", meant, KEY, AT)


def test_a_reply_in_html_with_a_picture(settings):
    html = "<style>p{}</style><div>Ya pagu&eacute;<br>ayer</div><div class='gmail_quote'>BAJA</div><script>x</script>"
    raw = (
        "From: rosa@correo.example.com\r\nSubject: Re: x\r\nIn-Reply-To: <other@x.org>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=no-such\r\n\r\n'
        f"{html}\r\n--b\r\nContent-Type: image/png\r\n"
        'Content-Disposition: attachment; filename="r.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBOR\r\n--b--\r\n'
    )
    (reply,) = told_by(email, webhooks.mail(raw), settings)
    assert (reply.text, reply.attachments, reply.answers_key) == ("Ya pagué\nayer", ("image",), None)


def test_a_large_attachment_is_not_kept(settings):
    raw = (
        "From: rosa@correo.example.com\r\nSubject: Re: x\r\nIn-Reply-To: <other@x.org>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nEl recibo'
        '\r\n--b\r\nContent-Type: application/pdf; name="r.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    told = webhooks.mail(raw + "QUJD" * 1_000_000 + "\r\n--b--\r\n")
    assert len(email.payload(knock(told))["message"]) < 300_000
    (reply,) = told_by(email, told, settings)
    assert (reply.text, reply.attachments) == ("El recibo", ("document",))


def test_a_letter_of_their_own_may_say_it_in_its_subject(settings):
    (reply,) = told_by(
        email, webhooks.mail_reply("rosa@correo.example.com", "", subject="=?utf-8?q?BAJA_ya?="), settings
    )
    assert reply.text == "BAJA ya"


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Precedence: bulk",
        "Return-Path: <>",
        "List-Id: <x.org>",
        "X-Autoreply: yes",
    ],
)
def test_what_a_machine_wrote_is_no_reply(settings, headers):
    told = webhooks.mail_reply("rosa@correo.example.com", "Estoy de vacaciones", headers=headers + "\r\n")
    assert told_by(email, told, settings) == []


def test_the_same_letter_twice_is_one_event_and_two_letters_are_two(settings):
    keys = [
        told_by(email, webhooks.mail_reply("rosa@correo.example.com", text, number=number), settings)[0].event_key
        for text, number in (("Sí", "1"), ("Sí", "1"), ("Sí", "2"), ("No", "1"))
    ]
    assert len(set(keys)) == 3


DOORS = {
    "whatsapp": (whatsapp, status()),
    "sms": (sms, webhooks.twilio_status("SM1", "sent", HOOK, key=KEY)),
    "email": (email, webhooks.mail_reply("rosa@correo.example.com", "hola")),
}
SIGNATURES = {"whatsapp": "x-hub-signature-256", "sms": "x-twilio-signature", "email": "x-signature-256"}


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(
    "given",
    [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=x", "ñ\udcff\0", "A" * 100_000],
    ids=["none", "empty", "prefix", "zeros", "other", "no-ascii", "long"],
)
def test_a_wrong_signature_is_wrong(settings, name, given):
    door, told = DOORS[name]
    headers = {header: value for header, value in told.headers.items() if header != SIGNATURES[name]}
    assert door.signed(knock(told), settings)
    assert not door.signed(
        knock(told, headers=headers | ({SIGNATURES[name]: given} if given is not None else {})), settings
    )


@pytest.mark.parametrize("name", DOORS)
def test_a_changed_body_is_wrong(settings, name):
    door, told = DOORS[name]
    assert not door.signed(knock(told, body=told.body + b"&a=b"), settings)
    assert not door.signed(knock(told, body=b""), settings)


def test_a_receipt_for_another_message_is_wrong(settings):
    assert not sms.signed(knock(DOORS["sms"][1], query="key=another"), settings)


@pytest.mark.parametrize("name", DOORS)
def test_without_a_secret_nobody_is_known(monkeypatch, name):
    door, told = DOORS[name]
    nothing = configured(monkeypatch)
    assert not door.listens(nothing)
    assert not door.signed(knock(told), nothing)


def test_requests_do_not_show_what_is_in_them():
    assert "hola" not in repr(knock(DOORS["email"][1]))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["empty", "list", "null", "half", "bytes", "deep", "deep-objects", "long-number"],
)
def test_what_is_no_object_is_unreadable(body):
    with pytest.raises(Unreadable):
        payloads.json_object(body)


def test_what_postgresql_cannot_keep_is_taken_out():
    kept = payloads.json_object(b'{"a\\u0000": ["\\ud800", NaN, Infinity, 1e999, -1e999, 1.5]}')
    assert kept == {"a\ufffd": ["?", None, None, None, None, 1.5]}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["failed", "text", "1763650000"]),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "entry",
                    "changes",
                    "value",
                    "statuses",
                    "messages",
                    "id",
                    "status",
                    "errors",
                    "code",
                    "timestamp",
                    "type",
                    "text",
                    "body",
                    "from",
                    "context",
                    "reaction",
                    "interactive",
                    "button_reply",
                    "title",
                    "metadata",
                    "MessageSid",
                    "MessageStatus",
                    "ErrorCode",
                    "From",
                    "Body",
                    "message",
                    "key",
                ]
            ),
            inside,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@effort(deadline=None)
@given(st.dictionaries(st.sampled_from(["entry", "MessageSid", "MessageStatus", "From", "message", "key"]), JSON))
def test_no_payload_breaks_a_door(payload):
    for door in (whatsapp, sms, email):
        assert isinstance(door.events(payload, at=AT, settings=NOTHING), list)


@effort(deadline=None)
@given(JSON)
def test_no_value_breaks_whatsapp(value):
    for name in ("statuses", "messages"):
        told = whatsapp.events(
            {
                "entry": [
                    {
                        "changes": [
                            {
                                "value": {
                                    name: [
                                        {"id": "w", "type": "text", "status": "failed"}
                                        | (value if isinstance(value, dict) else {}),
                                        value,
                                    ]
                                }
                            }
                        ]
                    }
                ]
            },
            at=AT,
            settings=NOTHING,
        )
        assert all(event.at <= AT and isinstance(event.event_key, str) for event in told)


HEADERS = st.sampled_from(
    [
        "From",
        "Subject",
        "Content-Type",
        "In-Reply-To",
        "Content-Transfer-Encoding",
        "Auto-Submitted",
        "Status",
        "Action",
        "MIME-Version",
    ]
)
VALUES = st.sampled_from(
    [
        "a@b.co",
        "multipart/report; boundary=b",
        "multipart/mixed; boundary=b",
        "message/delivery-status",
        "message/rfc822",
        "text/rfc822-headers",
        "text/html",
        "text/plain; charset=utf-7",
        "base64",
        "quoted-printable",
        "=?x?b?//?=",
        "failed",
        "5.1.1",
        "1.0",
    ]
) | st.text(max_size=30)


@effort(deadline=None)
@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.binary(max_size=200))
def test_no_letter_breaks_the_mail_door(headers, body):
    raw = (
        "".join(f"{name}: {value}\n" for name, value in headers).encode("utf-8", "replace")
        + b"\n--b\n"
        + body
        + b"\n--b\nContent-Type: message/rfc822\n\n"
        + body
        + b"--b--"
    )
    for event in email.events(email.payload(Knock(b"X: y\n" + raw, {})), at=AT, settings=NOTHING):
        assert "\0" not in event.event_key


def test_no_regular_expression_is_slow():
    for text in (
        "El " * 20_000,
        "De: " * 20_000 + "\n",
        "On \n" * 20_000,
        "<" * 200_000,
        "-" * 100_000,
        "<blockquote>" * 20_000,
    ):
        email.events({"message": f"From: a@b.co\nContent-Type: text/html\n\n{text}"}, at=AT, settings=NOTHING)
        email.events({"message": f"From: a@b.co\n\n{text}"}, at=AT, settings=NOTHING)
