"""What providers tell us, built and signed as they do; `post` sends it, or a test hands `body` and `headers` over."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from tests.providers.mail import MailServer
from tests.providers.meta_and_twilio import MetaAndTwilio
from tests.providers.scripts import REFUSED, How
from tests.providers.tallies import Taken

NOT_DELIVERED = {131026: "Message undeliverable", 131047: "Re-engagement message", 131049: "Not delivered"}


@dataclass(frozen=True)
class Told:
    """One request to a webhook; `query` is behind its address."""

    body: bytes
    headers: dict[str, str]
    query: str = ""

    def post(self, url: str) -> httpx.Response:
        address = f"{url}?{self.query}" if self.query else url
        return httpx.post(address, content=self.body, headers=self.headers, timeout=30)


def hub_signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def meta(*values: dict[str, Any], secret: str = MetaAndTwilio.app_secret) -> Told:
    """One delivery with these values, each as `meta_status` or `meta_reply` makes it."""
    changes = [{"field": "messages", "value": _value(value)} for value in values]
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]})
    signature = hub_signature(body.encode(), secret)
    return Told(body.encode(), {"content-type": "application/json", "x-hub-signature-256": signature})


def _value(value: dict[str, Any]) -> dict[str, Any]:
    ours = {"display_phone_number": "15550783881", "phone_number_id": MetaAndTwilio.phone_id}
    return {"messaging_product": "whatsapp", "metadata": ours} | value


def meta_status(
    provider_id: str, status: str, *, key: str | None = None, at: float | None = None, code: int = 0
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": provider_id,
        "status": status,
        "timestamp": str(int(at or time.time())),
        "recipient_id": "573001234567",
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
    }
    if key:
        told["biz_opaque_callback_data"] = key
    if code:
        told["errors"] = [{"code": code, "title": NOT_DELIVERED.get(code, "Fault"), "message": "about 573001234567"}]
    return {"statuses": [told]}


def meta_reply(
    sender: str,
    text: str,
    *,
    wamid: str = "wamid.reply",
    answers: str | None = None,
    at: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """`more` replaces the text by another kind: `type="button", button={"text": …}`."""
    told = {"from": sender.lstrip("+"), "id": wamid, "timestamp": str(int(at or time.time())), "type": "text"}
    told |= more or {"text": {"body": text}}
    if answers:
        told["context"] = {"from": "15550783881", "id": answers}
    contact = {"profile": {"name": "Rosa"}, "wa_id": told["from"]}
    return {"contacts": [contact], "messages": [told]}


def twilio(form: dict[str, str], url: str, *, query: str = "", token: str = MetaAndTwilio.auth_token) -> Told:
    """Signed for `url`, the address that was given to Twilio."""
    whole = {"AccountSid": MetaAndTwilio.account, "ApiVersion": "2010-04-01"} | form
    address = f"{url}?{query}" if query else url
    plain = address + "".join(name + whole[name] for name in sorted(whole))
    signature = base64.b64encode(hmac.new(token.encode(), plain.encode(), hashlib.sha1).digest()).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    return Told(urlencode(whole).encode(), headers, query)


def twilio_status(sid: str, status: str, url: str, *, key: str, code: int = 0) -> Told:
    form = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status, "To": "+573001234567"}
    form |= {"From": MetaAndTwilio.sender} | ({"ErrorCode": str(code)} if code else {})
    return twilio(form, url, query=f"key={quote(key, safe='')}")


def twilio_reply(sender: str, text: str, url: str, *, sid: str = "SMreply", **more: str) -> Told:
    form = {"MessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "From": sender, "To": MetaAndTwilio.sender}
    return twilio(form | {"Body": text, "NumMedia": "0"} | more, url)


def mail(raw: str | bytes, *, secret: str = "the word our mail server knows") -> Told:
    body = raw.encode() if isinstance(raw, str) else raw
    return Told(body, {"content-type": "message/rfc822", "x-signature-256": hub_signature(body, secret)})


def mail_reply(
    sender: str,
    text: str,
    *,
    answers: str | None = None,
    subject: str = "Re: Su saldo",
    headers: str = "",
    number: str = "1",
) -> Told:
    """`answers` is the Message-ID of ours; `headers` are further lines."""
    about = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else ""
    return mail(
        f"From: Rosa <{sender}>\r\nTo: {MailServer.sender}\r\nSubject: {subject}\r\nMessage-ID: <{number}@correo.example.com>\r\n"
        f"{about}{headers}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )


def mail_bounce(message_id: str, *, status: str = "5.1.1", action: str = "failed", whole: bool = True) -> Told:
    """A report as RFC 3464 has it, with the whole letter or only its headers."""
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    returned = f"From: {MailServer.sender}\r\nMessage-ID: {message_id}\r\nSubject: Su saldo\r\n" + (
        "\r\nHola\r\n" if whole else ""
    )
    return mail(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\nTo: cobranza@example.org\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nrosa@correo.example.com is not known here.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; rosa@correo.example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 rosa@correo.example.com unknown\r\n"
        f"\r\n--b\r\nContent-Type: {kind}\r\n\r\n{returned}\r\n--b--\r\n"
    )


def tell_all(taken: Iterable[Taken], public_url: str, *states: str, times: int = 1, seed: int = 7) -> int:
    """Posts receipts of these states for what was taken, each so often and in no order; returns how many were posted."""
    told = [(each, state) for each in taken if each.how not in REFUSED for state in states for _ in range(times)]
    random.Random(seed).shuffle(told)
    for each, state in told:
        if each.provider == "meta":
            posted = meta(meta_status(each.provider_id, state, key=each.key)).post(f"{public_url}/hooks/whatsapp")
        else:
            url = f"{public_url}/hooks/sms"
            posted = twilio_status(each.provider_id, state, url, key=each.key).post(url)
        posted.raise_for_status()
    return len(told)


def taken_in(json_log: Path) -> list[Taken]:
    """What a provider in another process wrote down."""
    lines = [json.loads(line) for line in json_log.read_text().splitlines()]
    return [Taken(**line | {"how": How(line["how"])}) for line in lines]
