"""Which refusals say that an address is no good (RFC 3463), and which only that this message was not wanted."""

import re

NO_MAILBOX = {550, 551, 553}
_ENHANCED = re.compile(rb"(?:^|\s)([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
# 5.1 bad address, 5.2.1 mailbox disabled, 5.4.4 no host for the domain, 5.0 no reason given;
# 5.2.2 full, 5.3 the system, 5.6 the text, 5.7 policy (as our sender being listed somewhere): the address may be fine
_HOPELESS = re.compile(r"5\.(?:0\.\d+|1\.\d+|2\.1|4\.4)")
_OUR_ADDRESS = {"5.1.7", "5.1.8"}  # about the sender's


def enhanced(said: bytes) -> str | None:
    """The enhanced status in a server's answer; the rest of its words may name the debtor and is left out."""
    found = _ENHANCED.search(said)
    return found[1].decode() if found else None


def is_hopeless(status: str) -> bool:
    """Whether no other message will get to this address either."""
    return _HOPELESS.fullmatch(status) is not None and status not in _OUR_ADDRESS
