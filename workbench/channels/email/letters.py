"""A message as an e-mail: plain text, answerable, and with a way out of it."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr

from workbench import clock
from workbench.channels.email.marks import message_id
from workbench.channels.email.unsubscribes import address
from workbench.channels.letters import Outgoing
from workbench.settings import Settings

# a header of our own is never folded: the policy would encode a long address as if it were a word
_POLICY = SMTP.clone(max_line_length=998)
_ADDRESS = re.compile(r"[!#-'*+\-./-9=?A-Z^-~]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
BY_HAND = "reply:"  # the key of what an agent writes: no list to get off
DIGEST = "digest:"  # of what a colleague asked for in the product, where it is ended too
_WEB = re.compile(r"https?://[!-;=?-~]{1,900}")


def readable_address(to: str) -> bool:
    """Whether an address can be handed to a server as it is: nothing in it may end a line or a bracket."""
    return len(to) <= 254 and _ADDRESS.fullmatch(to) is not None


def envelope_sender(settings: Settings) -> str:
    """The bare address that sends, to which bounces come back."""
    return parseaddr(settings.email_from or "")[1]


def written(outgoing: Outgoing, settings: Settings) -> tuple[str, bytes]:
    """The Message-ID and the whole message, ready for DATA; line breaks in a subject become spaces."""
    sender = envelope_sender(settings)
    letter = EmailMessage(policy=_POLICY)
    marked = message_id(outgoing.key, sender.partition("@")[2], settings.email_inbound_secret)
    letter["Message-ID"] = marked
    letter["Date"] = format_datetime(clock.now())
    letter["From"] = formataddr((_one_line(parseaddr(settings.email_from or "")[0]), sender))
    letter["To"] = outgoing.to
    letter["Subject"] = _one_line(outgoing.subject or "")
    letter["Content-Language"] = _one_line(outgoing.language)
    way_out = outgoing.unsubscribe_url or (
        None if outgoing.key.startswith((BY_HAND, DIGEST)) else address(outgoing.key, settings)
    )
    if way_out and _WEB.fullmatch(way_out):
        # one click, without a log-in: RFC 8058
        letter["List-Unsubscribe"] = f"<{way_out}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if "List-Unsubscribe" in letter or outgoing.key.startswith(DIGEST):
        letter["Auto-Submitted"] = "auto-generated"  # asks absence notices not to answer: RFC 3834
    letter.set_content(outgoing.body, charset="utf-8", cte="quoted-printable")
    for each in outgoing.attachments:
        kind, _, name = each.media_type.partition("/")
        letter.add_attachment(each.content, kind, name, filename=_one_line(each.name))
    return marked, letter.as_bytes()


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
