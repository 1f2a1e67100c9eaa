"""Open connections to the SMTP server: made with TLS and a log-in, lent to one thread at a time, kept for the next."""

import os
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from workbench.channels.letters import Permanent
from workbench.settings import Settings

IDLE_SECONDS = 30.0  # servers hang up after minutes
KEPT = 16

_idle: dict[Settings, deque[tuple[float, smtplib.SMTP]]] = {}
# the sockets belong to the process that opened them: a fork forgets them without saying QUIT on its parent's line
os.register_at_fork(after_in_child=_idle.clear)


@contextmanager
def lent(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection that is logged in; it goes back for the next message, also after a refusal, unless it broke."""
    shelf = _idle.setdefault(settings, deque(maxlen=KEPT))
    connection = _taken(shelf) or _opened(settings)
    try:
        yield connection
    except Permanent:
        shelf.append((time.monotonic(), connection))
        raise
    except BaseException:
        connection.close()
        raise
    shelf.append((time.monotonic(), connection))


def _taken(shelf: deque[tuple[float, smtplib.SMTP]]) -> smtplib.SMTP | None:
    """A kept connection that still answers, its last envelope cleared."""
    while shelf:
        try:
            since, connection = shelf.pop()
        except IndexError:  # another thread was quicker
            return None
        if time.monotonic() - since < IDLE_SECONDS and _answers(connection):
            return connection
        connection.close()
    return None


def _answers(connection: smtplib.SMTP) -> bool:
    try:
        return connection.docmd("RSET")[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _opened(settings: Settings) -> smtplib.SMTP:
    """Raises `smtplib.SMTPException` or `OSError` (a certificate that does not fit among them): nothing has left yet."""
    assert settings.smtp_host
    seconds, trusted = settings.provider_timeout_seconds, _trusted(str(settings.smtp_ca_file or ""))
    if settings.smtp_security == "tls":
        made: smtplib.SMTP = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=seconds, context=trusted)
    else:
        made = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=seconds)
    try:
        if settings.smtp_security == "starttls":
            made.starttls(context=trusted)  # raises when the server cannot: nothing is ever sent in the clear
        if settings.smtp_user and settings.smtp_password:
            made.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        made.ehlo_or_helo_if_needed()
    except BaseException:
        made.close()
        raise
    return made


@lru_cache(maxsize=4)
def _trusted(ca_file: str) -> ssl.SSLContext:
    """Certificates are checked, names as well; a house with an authority of its own names its file."""
    return ssl.create_default_context(cafile=ca_file or None)
