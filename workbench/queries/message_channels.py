"""By which channel queued messages would leave, so that each waits for its own provider's turn."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from models.interactions import Channel

_CHANNELS = text("SELECT id, channel FROM message WHERE id = ANY(:ids) AND state = 'queued'")


def channels_of(session: Session, message_ids: Sequence[int]) -> dict[int, Channel]:
    """The channel of those messages that are still queued."""
    return {row[0]: Channel(row[1]) for row in session.execute(_CHANNELS, {"ids": list(message_ids)})}
