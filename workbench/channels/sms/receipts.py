"""What Twilio tells: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from models.messages import MessageState
from workbench.channels.letters import Receipt, Reply
from workbench.channels.payloads import Knock, Unreadable, same, storable, text, word
from workbench.channels.sms import errors
from workbench.settings import Settings

STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.BOUNCED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
FIELDS = 200  # Twilio sends some thirty


def listens(settings: Settings) -> bool:
    """Whether there is a secret to know Twilio by."""
    return settings.sms_token is not None


def signed(knock: Knock, settings: Settings) -> bool:
    """Whether Twilio sent this form to our address with this query.

    The address is the one we gave, not the one a proxy made of it: https://www.twilio.com/docs/usage/security
    """
    token = settings.sms_token
    try:
        form = _form(knock.body)
    except Unreadable:
        return False
    given = knock.headers.get("x-twilio-signature")
    if token is None or not given:
        return False
    url = settings.callback("sms") + (f"?{knock.query}" if knock.query else "")
    return any(same(_signature(token.get_secret_value(), each, form), given) for each in _spellings(url))


def _signature(token: str, url: str, form: list[tuple[str, str]]) -> str:
    signed_text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), signed_text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _spellings(url: str) -> list[str]:
    """Twilio has signed addresses with their port and without it."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    return list(dict.fromkeys([url, *(parts._replace(netloc=each).geturl() for each in (host, f"{host}:{port}"))]))


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise Unreadable("not a form") from None


def payload(knock: Knock) -> dict[str, Any]:
    """What is kept of it: the form, and under `key` the mark of ours from the address; raises `Unreadable`."""
    marks = dict(_form(knock.query.encode("utf-8", "replace")))
    form = {name: value for name, value in _form(knock.body) if name != "key"}
    if not word(form.get("MessageSid")):
        raise Unreadable("no message")
    told: dict[str, Any] = storable(form | ({"key": marks["key"]} if "key" in marks else {}))
    return told


def events(
    payload: Mapping[str, Any],
    *,
    at: datetime,
    settings: Settings,  # noqa: ARG001 - all channels have one shape
) -> list[Receipt | Reply]:
    """Its receipt or its reply; Twilio says no moment, so it is `at`, when it came."""
    given = word(payload.get("MessageSid"))
    if given is None:
        return []
    status = payload.get("MessageStatus")
    found = _receipt(payload, given, status, at) if status else _reply(payload, given, at)
    return [found] if found else []


def _receipt(payload: Mapping[str, Any], given: str, status: Any, at: datetime) -> Receipt | None:
    state = STATES.get(status) if isinstance(status, str) else None
    if state is None:  # accepted, queued, sending: it is still on its way
        return None
    said = payload.get("ErrorCode")
    code = int(said) if isinstance(said, str) and said.isascii() and said.isdecimal() and len(said) < 7 else None
    ended = state in {MessageState.BOUNCED, MessageState.FAILED}
    return Receipt(
        event_key=f"{given}:{status}",
        state=state,
        at=at,
        provider_id=given,
        key=word(payload.get("key")),
        invalidates=ended and code in errors.NO_GOOD_NUMBER,
        reason=errors.in_words(code) if ended else None,
    )


def _reply(payload: Mapping[str, Any], given: str, at: datetime) -> Reply | None:
    sender = word(payload.get("From"))
    if sender is None:
        return None
    kinds = [str(payload.get(f"MediaContentType{n}", "")).partition("/")[0] for n in range(10)]
    known = [kind if kind in {"image", "video", "audio"} else "document" for kind in kinds if kind]
    return Reply(f"{given}:received", sender, text(payload.get("Body")), at, attachments=tuple(known))
