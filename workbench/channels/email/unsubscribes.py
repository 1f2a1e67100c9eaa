"""The address with which a debtor ends our e-mails in one click, without a log-in (RFC 8058)."""

import base64
import hashlib
import hmac
import re

from pydantic import SecretStr

from workbench.settings import Settings

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,800})\.([0-9a-f]{40})")


def address(key: str, settings: Settings) -> str | None:
    """Where the e-mail of this key is answered with "no more"; none without a secret or a public address."""
    secret = settings.email_inbound_secret
    if secret is None or settings.public_url is None:
        return None
    token = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    return f"{settings.callback('unsubscribe')}/{token}.{_seal(key, secret)}"


def key_of(token: str, settings: Settings) -> str | None:
    """The message's key in a token that we made, else none."""
    secret, parts = settings.email_inbound_secret, _TOKEN.fullmatch(token)
    if secret is None or parts is None:
        return None
    try:
        key = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except ValueError:
        return None
    return key if hmac.compare_digest(parts[2], _seal(key, secret)) else None


def _seal(key: str, secret: SecretStr) -> str:
    told = f"unsubscribe:{key}".encode()
    return hmac.new(secret.get_secret_value().encode(), told, hashlib.sha256).hexdigest()[:40]
