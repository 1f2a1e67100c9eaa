"""What our mail server hands over: bounces (RFC 3464) and replies, each e-mail whole, signed by a word it shares with us."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any, TypeAlias

from models.messages import MessageState
from workbench.channels.email.letters import readable_address
from workbench.channels.email.marks import keys_in
from workbench.channels.email.quotes import own_words, seen_in
from workbench.channels.email.statuses import enhanced, is_hopeless
from workbench.channels.letters import Receipt, Reply
from workbench.channels.payloads import Knock, Unreadable, signed_with, storable, text
from workbench.settings import Settings

Letter: TypeAlias = "Message[str, str]"
KEPT = 262_144  # bytes: what was written stands before what is attached, which nobody here opens
PARTS = 50  # an e-mail nests as deeply as its sender likes
# absence notices, lists, machines: nobody wrote them
_BY_ITSELF = {"precedence": {"bulk", "junk", "list", "auto_reply"}, "return-path": {"<>"}}
_MACHINES = ("x-autoreply", "x-autorespond", "list-id", "x-failed-recipients")


def listens(settings: Settings) -> bool:
    """Whether there is a secret to know our mail server by."""
    return settings.email_inbound_secret is not None


def signed(knock: Knock, settings: Settings) -> bool:
    """Whether our mail server sent this e-mail: `X-Signature-256: sha256=…`."""
    secret = settings.email_inbound_secret
    given = knock.headers.get("x-signature-256")
    return secret is not None and signed_with(secret.get_secret_value(), knock.body, given)


def payload(knock: Knock) -> dict[str, Any]:
    """What is kept of it: the e-mail's beginning, byte for byte as Latin-1; raises `Unreadable`."""
    if b":" not in knock.body.partition(b"\n")[0]:
        raise Unreadable("not an e-mail")
    return {"message": storable(knock.body[:KEPT].decode("latin-1"))}


def events(payload: Mapping[str, Any], *, at: datetime, settings: Settings) -> list[Receipt | Reply]:
    """Its bounces or its reply; nothing when a machine wrote it. `at` is when it came: a sender's date is theirs."""
    raw = payload.get("message")
    if not isinstance(raw, str):
        return []
    try:
        letter = message_from_bytes(raw.encode("latin-1", "replace"))
        return _events(letter, at, settings)
    # the standard library's parser trips over e-mails that are made to make it trip
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return []


def _events(letter: Letter, at: datetime, settings: Settings) -> list[Receipt | Reply]:
    if letter.get_content_type() == "multipart/report":
        return list(_bounces(letter, at, settings))
    reply = None if _by_itself(letter) else _reply(letter, at, settings)
    return [reply] if reply else []


def _parts(letter: Letter) -> list[Letter]:
    return [part for _, part in zip(range(PARTS), letter.walk(), strict=False)]


def _bounces(letter: Letter, at: datetime, settings: Settings) -> Iterator[Receipt]:
    """Only about a message that carries our seal: anybody can write a bounce."""
    parts = _parts(letter)
    keys = [key for part in parts for key in _original_keys(part, settings)]
    if not keys:
        return
    told = [block for part in parts if part.get_content_type() == "message/delivery-status" for block in _blocks(part)]
    for block in told:
        status = enhanced(_header(block, "status").encode("ascii", "replace"))
        action = _header(block, "action").strip().lower()
        if status and (receipt := _receipt(keys[0], action, status, at)):
            yield receipt


def _receipt(key: str, action: str, status: str, at: datetime) -> Receipt | None:
    """A delay (4.x.x) says nothing final; a relay does not say that it arrived."""
    if action == "failed" and status.startswith("5."):
        event_key, hopeless = f"bounce:{key}:{status}", is_hopeless(status)
        return Receipt(event_key, MessageState.BOUNCED, at, key=key, invalidates=hopeless, reason=f"{status}: returned")
    if action == "delivered" and status.startswith("2."):
        return Receipt(f"bounce:{key}:{status}", MessageState.DELIVERED, at, key=key)
    return None


def _blocks(part: Letter) -> list[Letter]:
    inside = part.get_payload()
    return [block for block in inside if isinstance(block, Message)] if isinstance(inside, list) else []


def _original_keys(part: Letter, settings: Settings) -> list[str]:
    """Our key in the letter that came back, of which servers return the whole or only its headers."""
    kind, inside = part.get_content_type(), part.get_payload()
    if kind == "message/rfc822" and isinstance(inside, list) and inside and isinstance(inside[0], Message):
        return keys_in(_header(inside[0], "message-id"), settings.email_inbound_secret)
    if kind == "text/rfc822-headers":
        returned = message_from_bytes(_bytes(part))
        return keys_in(_header(returned, "message-id"), settings.email_inbound_secret)
    return []


def _by_itself(letter: Letter) -> bool:
    if _header(letter, "auto-submitted").partition(";")[0].strip().lower() not in {"", "no"}:
        return True
    if any(letter.get(name) is not None for name in _MACHINES):
        return True
    return any(_header(letter, name).strip().lower() in words for name, words in _BY_ITSELF.items())


def _reply(letter: Letter, at: datetime, settings: Settings) -> Reply | None:
    sender = parseaddr(_header(letter, "from"))[1].lower()
    if not readable_address(sender):
        return None
    about = f"{_header(letter, 'in-reply-to')} {_header(letter, 'references')}"
    keys = keys_in(about[:5000], settings.email_inbound_secret)
    said = own_words(_text(letter))
    if not about.strip():  # a letter of their own may say it all in its subject
        said = f"{_subject(letter)}\n{said}".strip()
    told_by = "\n".join((_header(letter, "message-id"), sender, said)).encode("utf-8", "replace")
    return Reply(
        event_key="reply:" + hashlib.sha256(told_by).hexdigest(),
        sender=sender,
        text=text(storable(said)),
        at=at,
        answers_key=keys[0] if keys else None,
        attachments=_attachments(letter),
    )


def _text(letter: Letter) -> str:
    """Its plain text, else what is seen of its HTML."""
    parts = [part for part in _parts(letter) if part.get_content_maintype() == "text" and not part.get_filename()]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and (said := _decoded(part)).strip():
                return said if kind == "text/plain" else seen_in(said)
    return ""


def _attachments(letter: Letter) -> tuple[str, ...]:
    kinds = [
        part.get_content_maintype()
        for part in _parts(letter)
        if not part.is_multipart() and (part.get_filename() or part.get_content_maintype() != "text")
    ]
    return tuple(kind if kind in {"image", "video", "audio"} else "document" for kind in kinds)


def _bytes(part: Letter) -> bytes:
    inside = part.get_payload(decode=True)
    return inside if isinstance(inside, bytes) else b""


def _decoded(part: Letter) -> str:
    try:
        return _bytes(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return _bytes(part).decode("utf-8", "replace")


def _header(letter: Letter, name: str) -> str:
    return str(letter.get(name, ""))


def _subject(letter: Letter) -> str:
    try:
        return str(make_header(decode_header(_header(letter, "subject"))))
    except (ValueError, LookupError):
        return ""
