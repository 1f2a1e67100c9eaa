"""Hands an e-mail to an SMTP server, command by command: where it breaks says whether it may have left."""

import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from workbench.channels.email import PROVIDER
from workbench.channels.email.connections import lent
from workbench.channels.email.letters import envelope_sender, readable_address, written
from workbench.channels.email.statuses import NO_MAILBOX, enhanced, is_hopeless
from workbench.channels.letters import Outgoing, Passing, Permanent, Sent, Unknown
from workbench.rules.words import N_
from workbench.settings import Settings

_LINE_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The adapter of one server and sender."""

    settings: Settings = field(repr=False)
    provider: str = field(default=PROVIDER, init=False)

    @property
    def per_second(self) -> float:
        """How many messages the server may be handed."""
        return self.settings.email_per_second

    def send(self, outgoing: Outgoing) -> Sent:
        """Hands it over once; raises `Passing`, `Permanent` or `Unknown`."""
        if not readable_address(outgoing.to):
            raise Permanent(PROVIDER, N_("not an e-mail address"), invalidates=True)
        marked, letter = written(outgoing, self.settings)
        try:
            with lent(self.settings) as server:
                _announce(server, envelope_sender(self.settings), outgoing.to)
                _deliver(server, letter)
        except smtplib.SMTPResponseException as told:
            raise Passing(PROVIDER, _named(told), evidence={"status": str(told.smtp_code)}) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Passing(PROVIDER, N_("no connection"), evidence={"error": type(error).__name__}) from None
        return Sent(PROVIDER, marked)


def _named(told: smtplib.SMTPResponseException) -> str:
    refused = isinstance(told, smtplib.SMTPAuthenticationError)
    return "our log-in is not valid" if refused else f"{told.smtp_code}: the server is not ready"


def _announce(server: smtplib.SMTP, sender: str, to: str) -> None:
    """The envelope, until the server waits for the text; nothing has left yet."""
    steps: tuple[tuple[str, Callable[[], tuple[int, bytes]]], ...] = (
        ("sender", lambda: server.mail(sender)),
        ("recipient", lambda: server.rcpt(to)),
        ("text", lambda: server.docmd("DATA")),
    )
    for step, say in steps:
        code, said = say()
        if code not in {250, 251, 354}:
            _refuse(step, code, said)


def _deliver(server: smtplib.SMTP, letter: bytes) -> None:
    """The text, then the dot: without the dot a server has to throw the text away (RFC 5321, 4.1.1.4)."""
    server.send(_LINE_DOT.sub(b"..", letter))
    try:
        server.send(b".\r\n")
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown(PROVIDER, N_("connection lost"), {"error": type(error).__name__}) from None
    if code >= 400:
        _refuse("text", code, said)
    if code != 250:
        raise Unknown(PROVIDER, N_("no telling answer"), {"status": str(code)})


def _refuse(step: str, code: int, said: bytes) -> NoReturn:
    """Raises what a refusal means; a 5xx about the sender or the text is none about the recipient's address."""
    status = enhanced(said)
    evidence = {"step": step, "status": str(code)} | ({"enhanced": status} if status else {})
    if code >= 500:
        about_them = is_hopeless(status) if status else step == "recipient" and code in NO_MAILBOX
        raise Permanent(PROVIDER, f"{code}: {_REFUSED[step]}", invalidates=about_them, evidence=evidence)
    raise Passing(PROVIDER, f"{code}: {_NOT_NOW[step]}", throttled=code == 421, evidence=evidence)


_REFUSED = {"sender": N_("sender refused"), "recipient": N_("recipient refused"), "text": N_("text refused")}
_NOT_NOW = {
    "sender": N_("sender not taken now"),
    "recipient": N_("recipient not taken now"),
    "text": N_("text not taken now"),
}
