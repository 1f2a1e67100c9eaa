"""The Message-ID of an e-mail is made of our key, so that a bounce or a reply says which message it is about."""

import hashlib
import hmac
import re
from urllib.parse import quote, unquote

from pydantic import SecretStr

_MARK = re.compile(r"<cw\.([A-Za-z0-9_.%~-]{1,400})\.([0-9a-f]{0,20})@[^<>\s@]{1,255}>")


def message_id(key: str, domain: str, secret: SecretStr | None) -> str:
    """The Message-ID of the message of this key; `%` is a letter like any other there (RFC 5322, 3.2.3)."""
    return f"<cw.{quote(key, safe='')}.{_seal(key, secret)}@{domain}>"


def keys_in(header: str, secret: SecretStr | None) -> list[str]:
    """Our keys in a header, in its order; a mark that we did not make is none of ours.

    Keys can be guessed: without the seal anybody could write a bounce that ends somebody else's address.
    """
    found = [(unquote(quoted), seal) for quoted, seal in _MARK.findall(header)]
    return [key for key, seal in found if hmac.compare_digest(seal, _seal(key, secret))]


def _seal(key: str, secret: SecretStr | None) -> str:
    if secret is None:
        return ""
    return hmac.new(secret.get_secret_value().encode(), key.encode(), hashlib.sha256).hexdigest()[:20]
