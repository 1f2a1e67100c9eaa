"""What a provider would have told, played by a person on the page Outbox or by a test."""

from datetime import datetime

from workbench.channels.letters import Receipt, Reply
from workbench.channels.sandbox.sending import PROVIDER


def receipt(key: str, state: str, *, at: datetime, invalidates: bool = False, reason: str | None = None) -> Receipt:
    """A receipt for the message of this key; the same one played twice is one event, as from a provider."""
    event_key, provider_id = f"{key}:{state}", f"{PROVIDER}-{key}"
    return Receipt(event_key, state, at, provider_id=provider_id, key=key, invalidates=invalidates, reason=reason)


def reply(sender: str, text: str, *, at: datetime, number: str, answers_key: str | None = None) -> Reply:
    """What a debtor writes back; `number` tells one telling from the next."""
    answers = f"{PROVIDER}-{answers_key}" if answers_key else None
    return Reply(f"reply:{number}", sender, text, at, answers_provider_id=answers, answers_key=answers_key)
