"""What Meta tells: receipts of our messages, and what debtors write.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from models.messages import MessageState
from workbench.channels.letters import Receipt, Reply
from workbench.channels.payloads import Knock, inner, json_object, moment, objects, same, signed_with, text, word
from workbench.channels.whatsapp import errors
from workbench.settings import Settings

STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.READ,
    "failed": MessageState.FAILED,
}
# nobody wrote these: a number that changed, a message taken back
NOT_WRITTEN = {"system", "errors", "ephemeral"}
# where each kind of message keeps its words
WORDS = {
    "text": ("text", "body"),
    "button": ("button", "text"),
    "reaction": ("reaction", "emoji"),
    "image": ("image", "caption"),
    "video": ("video", "caption"),
    "document": ("document", "caption"),
}


def listens(settings: Settings) -> bool:
    """Whether there is a secret to know Meta by."""
    return settings.whatsapp_app_secret is not None


def challenge(query: Mapping[str, str], settings: Settings) -> str | None:
    """What to answer when Meta asks whether this webhook is ours; none when the word is wrong."""
    known = settings.whatsapp_verify_token
    if known is None or not same(known.get_secret_value(), query.get("hub.verify_token")):
        return None
    asked = query.get("hub.challenge", "")
    subscribes = query.get("hub.mode") == "subscribe" and re.fullmatch(r"[A-Za-z0-9_-]{1,100}", asked)
    return asked if subscribes else None


def signed(knock: Knock, settings: Settings) -> bool:
    """Whether Meta sent it."""
    secret = settings.whatsapp_app_secret
    given = knock.headers.get("x-hub-signature-256")
    return secret is not None and signed_with(secret.get_secret_value(), knock.body, given)


def payload(knock: Knock) -> dict[str, Any]:
    """What is kept of it; raises `Unreadable`."""
    return json_object(knock.body)


def events(payload: Mapping[str, Any], *, at: datetime, settings: Settings) -> list[Receipt | Reply]:
    """Its receipts and replies, those for another number of the same app left out; `at` is when it came."""
    ours = settings.whatsapp_phone_id
    return [event for value in _values(payload) if _meant_for(value, ours) for event in _of(value, at)]


def _values(payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in objects(payload.get("entry")):
        for change in objects(entry.get("changes")):
            yield inner(change, "value")


def _meant_for(value: dict[str, Any], ours: str | None) -> bool:
    return ours is None or inner(value, "metadata").get("phone_number_id") in {ours, None}


def _of(value: dict[str, Any], at: datetime) -> Iterator[Receipt | Reply]:
    for status in objects(value.get("statuses")):
        if receipt := _receipt(status, at):
            yield receipt
    for message in objects(value.get("messages")):
        if reply := _reply(message, at):
            yield reply


def _receipt(status: dict[str, Any], at: datetime) -> Receipt | None:
    given, name = word(status.get("id")), status.get("status")
    state = STATES.get(name) if isinstance(name, str) else None
    if given is None or state is None:
        return None
    faults = objects(status.get("errors"))
    code = faults[0].get("code") if faults else None
    code = code if type(code) is int else None
    failed = state is MessageState.FAILED
    return Receipt(
        event_key=f"{given}:{name}",
        state=state,
        at=moment(status.get("timestamp"), at=at),
        provider_id=given,
        key=word(status.get("biz_opaque_callback_data")),
        invalidates=failed and code in errors.NOT_ON_WHATSAPP,
        reason=errors.in_words(code) if failed else None,
    )


def _reply(message: dict[str, Any], at: datetime) -> Reply | None:
    given, kind = word(message.get("id")), word(message.get("type")) or "unsupported"
    if given is None or kind in NOT_WRITTEN:
        return None
    words = _words(message, kind)
    about = inner(message, "context").get("id") or inner(message, "reaction").get("message_id")
    return Reply(
        event_key=f"{given}:received",
        sender=_sender(message),
        text=words,
        at=moment(message.get("timestamp"), at=at),
        answers_provider_id=word(about),
        attachments=() if kind in {"text", "button", "interactive", "reaction"} else (kind,),
    )


def _words(message: dict[str, Any], kind: str) -> str:
    if kind == "interactive":
        chosen = inner(message, "interactive")
        return text(inner(chosen, "button_reply").get("title") or inner(chosen, "list_reply").get("title"))
    room, name = WORDS.get(kind, (kind, "caption"))
    return text(inner(message, room).get(name))


def _sender(message: dict[str, Any]) -> str:
    """The number with its plus; who hides it behind a user name is known by Meta's own id of them."""
    number = message.get("from")
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) <= 15:
        return f"+{number}"
    return word(message.get("from_user_id")) or ""
