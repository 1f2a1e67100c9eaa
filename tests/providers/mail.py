"""An SMTP server with TLS and a log-in, and a certificate authority that only this run knows."""

import asyncio
import ssl
import tempfile
import threading
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.providers.scripts import How, Script
from tests.providers.tallies import Tally

AT_RECIPIENT = {
    How.BAD_NUMBER: "550 5.1.1 <{to}>: nobody here",
    How.WINDOW: "550 5.7.1 the sender is listed",
    How.UNSUBSCRIBED: "550 5.2.1 the mailbox of {to} is disabled",
    How.PAIR: "450 4.2.1 too fast for {to}",
    How.UNAVAILABLE: "451 4.3.0 not now",
    How.THROTTLED: "421 4.7.0 too many messages",
}
AFTER_TEXT = {
    How.PARAMETER: "554 5.6.0 not this text",
    How.ERROR: "250 OK",
    How.BAD_GATEWAY: "250 OK",
    How.GATEWAY_TIMEOUT: "250 OK",
    How.GARBAGE: "not a line of SMTP",
}


class MailServer:
    """Starts when made, on 127.0.0.1 as `localhost`; takes STARTTLS, or TLS from the first byte with `implicit`."""

    user = "cobranza"
    password = "between us and the server"
    sender = "Cobranza <cobranza@example.org>"

    def __init__(
        self, port: int = 0, *, implicit: bool = False, name: str = "localhost", json_log: Path | None = None
    ) -> None:
        self.script = Script()
        self.tally = Tally(json_log)
        self.slow_seconds = 0.2
        self.patience_seconds = 3.0
        self.implicit = implicit
        self.connections = 0
        self._folder = tempfile.TemporaryDirectory()
        self.ca_file = Path(self._folder.name) / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(self._tls)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port,), daemon=True)
        self._thread.start()
        self._started.wait(10)

    def _run(self, port: int) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self._tls if self.implicit else None
        made = self._loop.run_until_complete(self._loop.create_server(self._protocol, "127.0.0.1", port, ssl=tls))
        self.port = made.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        made.close()
        self._loop.close()

    def _protocol(self) -> SMTP:
        self.connections += 1
        made = SMTP(
            _Desk(self),
            hostname="localhost",
            tls_context=None if self.implicit else self._tls,
            require_starttls=not self.implicit,
            authenticator=self._knows,
            auth_required=True,
            loop=self._loop,
        )
        made._auth_require_tls = not self.implicit  # it does not see TLS that began with the first byte
        return made

    def _knows(self, _server: Any, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
        asked = isinstance(given, LoginPassword) and (given.login, given.password)
        return AuthResult(success=asked == (self.user.encode(), self.password.encode()), handled=False)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def settings(self, public_url: str = "https://cobranza.example.org") -> dict[str, str]:
        """The variables that make e-mail leave through this server."""
        return {
            "WORKBENCH_PUBLIC_URL": public_url,
            "WORKBENCH_SMTP_HOST": "localhost",
            "WORKBENCH_SMTP_PORT": str(self.port),
            "WORKBENCH_SMTP_SECURITY": "tls" if self.implicit else "starttls",
            "WORKBENCH_SMTP_USER": self.user,
            "WORKBENCH_SMTP_PASSWORD": self.password,
            "WORKBENCH_SMTP_CA_FILE": str(self.ca_file),
            "WORKBENCH_EMAIL_FROM": self.sender,
            "WORKBENCH_EMAIL_INBOUND_SECRET": "the word our mail server knows",
        }


class _Desk:
    """aiosmtpd's handler: one script entry a message, drawn at its recipient."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.how = How.OK

    async def handle_RCPT(  # noqa: N802
        self, protocol: SMTP, _session: Session, envelope: Envelope, to: str, _options: list[str]
    ) -> str:
        self.how = self.server.script.take()
        if self.how is How.HANG_UP:
            protocol.transport.abort()
        if self.how in AT_RECIPIENT:
            self.server.tally.note("smtp", "", to, self.how, "")
            return AT_RECIPIENT[self.how].format(to=to)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, protocol: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        letter = message_from_bytes(raw, policy=default)
        marked = str(letter["Message-ID"])
        self.server.tally.note(
            "smtp", _key(marked), envelope.rcpt_tos[0], self.how, marked, raw=raw, sender=envelope.mail_from
        )
        if self.how is How.CUT:
            protocol.transport.abort()
        if self.how is How.TIME_OUT:
            await asyncio.sleep(self.server.patience_seconds)
            protocol.transport.abort()
        if self.how is How.SLOW:
            await asyncio.sleep(self.server.slow_seconds)
        return AFTER_TEXT.get(self.how, "250 OK")


def _key(message_id: str) -> str:
    """The key a Message-ID carries: `<cw.KEY.SEAL@domain>`."""
    return unquote(message_id.removeprefix("<cw.").partition("@")[0].rpartition(".")[0])
