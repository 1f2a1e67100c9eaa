import socket

import pytest

from models.interactions import Channel
from tests.channels.conftest import configured, outgoing
from workbench.channels.adapters import adapter_for
from workbench.channels.letters import Sent


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS, Channel.WHATSAPP])
def test_without_settings_nothing_leaves_the_house(monkeypatch, channel):
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("a message left")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    adapter = adapter_for(channel, configured(monkeypatch))
    message = outgoing(channel)
    assert (adapter.provider, adapter.per_second) == ("sandbox", float("inf"))
    assert adapter.send(message) == Sent("sandbox", f"sandbox-{message.key}")
