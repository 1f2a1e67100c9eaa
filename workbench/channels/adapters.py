"""Which adapter takes a channel's messages: the provider that the settings name, or the sandbox."""

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from models.interactions import Channel
from workbench.channels.email.sending import Smtp
from workbench.channels.letters import Outgoing, Sent
from workbench.channels.sandbox.sending import Sandbox
from workbench.channels.sms.sending import Twilio
from workbench.channels.whatsapp.sending import Meta
from workbench.settings import Settings


class Adapter(Protocol):
    """Hands messages to one provider, from any thread and in any process."""

    @property
    def provider(self) -> str:
        """The name under which its messages' ids are kept."""
        ...

    @property
    def per_second(self) -> float:
        """How many messages it may be handed by all processes together."""
        ...

    def send(self, outgoing: Outgoing) -> Sent:
        """Hands it over once; raises `Passing`, `Permanent` or `Unknown`, and nothing else."""
        ...


_PROVIDERS: dict[Channel, Callable[[Settings], Adapter]] = {
    Channel.EMAIL: Smtp,
    Channel.WHATSAPP: Meta,
    Channel.SMS: Twilio,
}


@lru_cache(maxsize=16)
def adapter_for(channel: Channel, settings: Settings) -> Adapter:
    """The adapter of a written channel."""
    return _PROVIDERS[channel](settings) if settings.sends(channel) else Sandbox()
