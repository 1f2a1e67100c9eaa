"""What providers hand us, made safe to keep and to read: anybody can write to a webhook's address, and to a debtor's."""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONGEST_TEXT = 10_000  # characters of a reply; WhatsApp allows 4,096 and SMS 1,600
LONGEST_ID = 400
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # before WhatsApp was


@dataclass(frozen=True, slots=True)
class Knock:
    """A request at a webhook, as it came: the raw body, headers by lower-case names, the raw query."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: str = field(default="", repr=False)


class Unreadable(ValueError):
    """The body is not what this provider sends."""


def signed_with(secret: str, body: bytes, header: str | None) -> bool:
    """Whether `sha256=…` is the HMAC of the raw body."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return same(wanted, header)


def same(wanted: str, given: str | None) -> bool:
    """Compares without telling by its time how much was right."""
    return hmac.compare_digest(wanted.encode(), (given or "").encode("utf-8", "replace"))


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, such as PostgreSQL can keep it; raises `Unreadable`."""
    try:
        told = storable(json.loads(body, parse_constant=lambda _: None))
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(told, dict):
        raise Unreadable("not an object")
    return told


def storable(value: Any) -> Any:
    """Without what JSON allows and `jsonb` refuses: NUL, half of a surrogate pair, infinite numbers."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, and nothing when it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def inner(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The object under these names, one inside the other; empty when there is none."""
    found: Any = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def word(value: Any) -> str | None:
    """An id or a name: a text that is neither empty nor endless."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


def text(value: Any) -> str:
    """What somebody wrote, no longer than a person would."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def moment(seconds: Any, *, at: datetime) -> datetime:
    """Unix seconds as a moment that is not after it was told; `at` when they are none."""
    digits = str(seconds) if isinstance(seconds, str | int) else ""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 11):
        return at
    told = datetime.fromtimestamp(int(digits), UTC)
    return min(told, at) if told > _EARLIEST else at
