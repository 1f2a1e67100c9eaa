"""What is handed to a channel, and the four ways a sending can end."""

from dataclasses import dataclass, field
from datetime import datetime

from models.interactions import Channel


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along, where the channel can carry one."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to leave; `key` is its own for ever and goes along wherever a provider takes such a mark.

    `variables` are the values of an approved WhatsApp template in its order; none of a template's name = free text.
    """

    key: str
    channel: Channel
    to: str  # E.164 or an e-mail address
    body: str
    language: str
    subject: str | None = None
    template_name: str | None = None
    variables: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it; `cost` in US dollars where it says so."""

    provider: str
    provider_id: str
    cost: str | None = None


class NotSent(Exception):
    """The provider did not take the message, or may not have; `reason` and `evidence` hold no personal data."""

    def __init__(self, provider: str, reason: str, evidence: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.provider = provider
        self.reason = reason
        self.evidence = evidence or {}


class Passing(NotSent):
    """It certainly did not leave, and may later; `not_before` is when the provider said to come back.

    `throttled` = it was too fast for the provider, whose other messages had better wait as well.
    """

    def __init__(
        self,
        provider: str,
        reason: str,
        *,
        not_before: datetime | None = None,
        throttled: bool = False,
        evidence: dict[str, str] | None = None,
    ) -> None:
        super().__init__(provider, reason, evidence)
        self.not_before = not_before
        self.throttled = throttled


class Permanent(NotSent):
    """It will never leave like this; `invalidates` = the number or address is no good for this channel."""

    def __init__(
        self, provider: str, reason: str, *, invalidates: bool = False, evidence: dict[str, str] | None = None
    ) -> None:
        super().__init__(provider, reason, evidence)
        self.invalidates = invalidates


class Unknown(NotSent):
    """The connection broke after the provider had the request: it may have left. Nobody sends it again by themselves."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says became of a message: by its own id, by our key, or both. `at` in UTC."""

    event_key: str
    state: str  # of `models.MessageState`: sent, delivered, read, failed, bounced
    at: datetime
    provider_id: str | None = None
    key: str | None = None
    invalidates: bool = False
    reason: str | None = None
    cost: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a debtor wrote: from which number or address, in answer to which of our messages where that is known."""

    event_key: str
    sender: str
    text: str
    at: datetime
    answers_provider_id: str | None = None
    answers_key: str | None = None
    attachments: tuple[str, ...] = field(default=())  # kinds only: image, audio, document
