from collections.abc import Iterator

import pytest

from models.interactions import Channel
from tests.providers import MailServer, MetaAndTwilio
from workbench import settings
from workbench.channels.adapters import Adapter, adapter_for
from workbench.channels.letters import Outgoing

PATIENCE = {"WORKBENCH_PROVIDER_TIMEOUT_SECONDS": "0.5"}


def configured(monkeypatch: pytest.MonkeyPatch, **environment: str) -> settings.Settings:
    for name, value in (PATIENCE | environment).items():
        monkeypatch.setenv(name, value)
    return settings.load()


@pytest.fixture
def provider() -> Iterator[MetaAndTwilio]:
    with MetaAndTwilio() as running:
        running.patience_seconds = 1.5
        yield running


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    with MailServer() as running:
        running.patience_seconds = 1.5
        yield running


@pytest.fixture
def whatsapp(provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    return adapter_for(Channel.WHATSAPP, configured(monkeypatch, **provider.settings()))


@pytest.fixture
def sms(provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    return adapter_for(Channel.SMS, configured(monkeypatch, **provider.settings()))


@pytest.fixture
def email(post_office: MailServer, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    return adapter_for(Channel.EMAIL, configured(monkeypatch, **post_office.settings()))


def outgoing(channel: Channel, **changed: object) -> Outgoing:
    given = {
        "key": "71:4:first_notice:2026-11-20:" + channel + ":1",
        "channel": channel,
        "to": "rosa@correo.example.com" if channel is Channel.EMAIL else "+573001234567",
        "body": "Buenos días, Rosa.\nSu saldo es de $ 1.234.567,00.\n.\nGracias, señora.",
        "language": "es",
        "subject": "Su saldo" if channel is Channel.EMAIL else None,
    }
    return Outgoing(**given | changed)
