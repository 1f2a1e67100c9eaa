"""A person plays the provider and the debtor for messages that only the sandbox took."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from workbench.actions import audit
from workbench.actions.inbound import receive
from workbench.channels.letters import Receipt, Reply
from workbench.channels.sandbox.receipts import receipt, reply
from workbench.channels.sandbox.sending import PROVIDER
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


class Play(StrEnum):
    """What a provider would have told."""

    DELIVERED = "delivered"
    READ = "read"
    BOUNCED = "bounced"
    REPLY = "reply"


def play(
    session: Session, who: Viewer, message_id: int, what: Play, *, number: str, words: str = "", at: datetime
) -> None:
    """Receives what was played as a webhook's: stored once, worked off the same way.

    `number` is drawn with the form, so that a double click is one reply; receipts are told apart by their state.
    """
    who.require(Permission.PLAY_SANDBOX)
    row = session.execute(_MESSAGE, {"id": message_id}).one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    who.require_portfolio(row.portfolio_id)
    if row.provider != PROVIDER or row.sent_at is None:
        raise Refused("Only what the sandbox took can be played with.")
    if what is not Play.REPLY:
        told: Receipt | Reply = receipt(row.key, what.value, at=at, reason="played" if what is Play.BOUNCED else None)
    elif not words.strip():
        raise Refused("Write what the debtor answers.")
    elif row.sender is None:
        raise Refused("The message has no number or address to answer from.")
    else:
        told = reply(row.sender, words.strip(), at=at, number=number, answers_key=row.key)
    receive(session, Channel(row.channel), PROVIDER, [told], {"played_by": who.user_id}, at=at)
    audit.log(session, "play_sandbox", "message", message_id, by=who.user_id, at=at, what=what.value)


_MESSAGE = text("""
    SELECT m.key, m.portfolio_id, m.channel, m.provider, m.sent_at, v.value AS sender
    FROM message m LEFT JOIN contact_point v ON v.id = m.contact_point_id WHERE m.id = :id
""")
