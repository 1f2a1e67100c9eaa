"""Who wrote: one number has several spellings, because networks and imports disagree about a digit."""

import re

from models.contact_points import ContactKind
from models.interactions import Channel

# WhatsApp still gives Mexico's mobiles the 1 that was dropped in 2019 (and some imports do), Argentina's 9 is left out
# by whoever copies a local number, and Brazil's ninth digit is missing in accounts older than it.
_TWINS = (
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+52([2-9]\d{9})"), r"+521\1"),
    (re.compile(r"\+549(\d{10})"), r"+54\1"),
    (re.compile(r"\+54([1-8]\d{9})"), r"+549\1"),
    (re.compile(r"\+55(\d\d)9([6-9]\d{7})"), r"+55\1\2"),
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
)


def kind_of(channel: Channel) -> ContactKind:
    """Whether a channel's senders are numbers or addresses."""
    return ContactKind.EMAIL if channel == Channel.EMAIL else ContactKind.PHONE


def spellings(sender: str, channel: Channel) -> list[str]:
    """The ways in which the sender's number (E.164) or address may be kept with us."""
    if channel == Channel.EMAIL:
        return [sender.strip().lower()]
    number = "+" + re.sub(r"[\s().+-]|^whatsapp:", "", sender.strip().lower())
    if not re.fullmatch(r"\+\d{6,15}", number):
        return [sender]  # somebody who hides their number
    return [number] + [twin.sub(other, number) for twin, other in _TWINS if twin.fullmatch(number)]
