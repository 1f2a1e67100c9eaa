import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from models import Channel
from workbench import settings
from workbench.rules.refusals import Refused

ISSUER = {"WORKBENCH_OIDC_ISSUER": "https://id.example.org", "WORKBENCH_OIDC_CLIENT_ID": "workbench"}

PUBLIC = {"WORKBENCH_PUBLIC_URL": "https://cobranza.example.org/"}
EMAIL = PUBLIC | {
    "WORKBENCH_SMTP_HOST": "smtp.example.org",
    "WORKBENCH_EMAIL_FROM": "Cobranza <c@example.org>",
    "WORKBENCH_EMAIL_INBOUND_SECRET": "hunter2",
}
WHATSAPP = PUBLIC | {
    "WORKBENCH_WHATSAPP_PHONE_ID": "106540352242922",
    "WORKBENCH_WHATSAPP_TOKEN": "hunter2",
    "WORKBENCH_WHATSAPP_APP_SECRET": "hunter2",
    "WORKBENCH_WHATSAPP_VERIFY_TOKEN": "hunter2",
}
SMS = PUBLIC | {
    "WORKBENCH_SMS_ACCOUNT": "AC0123456789abcdef0123456789abcdef",
    "WORKBENCH_SMS_TOKEN": "hunter2",
    "WORKBENCH_SMS_FROM": "+15005550006",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in os.environ:
        if name.startswith("WORKBENCH_") or name in {"DATABASE_URL", "REDIS_URL", "XDG_DATA_HOME"}:
            monkeypatch.delenv(name)


def load(monkeypatch, **environment: str) -> settings.Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return settings.load()


def test_nothing_need_be_set(monkeypatch):
    loaded = load(monkeypatch, HOME="/home/ana")
    assert loaded.data == Path("/home/ana/.local/share/cobranza-workbench")
    assert (loaded.database_url, loaded.redis_url) == (None, None)
    assert (loaded.host, loaded.port, loaded.language) == ("127.0.0.1", 8501, "es")
    assert not loaded.single_sign_on


@pytest.mark.parametrize(
    ("environment", "data"),
    [
        pytest.param({"XDG_DATA_HOME": "/srv/data"}, "/srv/data/cobranza-workbench", id="XDG"),
        pytest.param({"WORKBENCH_DATA": "/srv/w", "XDG_DATA_HOME": "/srv/data"}, "/srv/w", id="named-wins"),
        pytest.param({"WORKBENCH_DATA": "~/w", "HOME": "/home/ana"}, "/home/ana/w", id="home-is-expanded"),
        pytest.param({"WORKBENCH_DATA": "w"}, str(Path.cwd() / "w"), id="relative-becomes-absolute"),
    ],
)
def test_where_the_data_lives(monkeypatch, environment, data):
    assert load(monkeypatch, **environment).data == Path(data)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_names_our_driver(monkeypatch, scheme):
    loaded = load(monkeypatch, DATABASE_URL=f"{scheme}://ana:secret@db.example.org/book?sslmode=require")
    assert loaded.database_url == "postgresql+psycopg://ana:secret@db.example.org/book?sslmode=require"


def test_empty_variables_count_as_unset(monkeypatch):
    loaded = load(monkeypatch, DATABASE_URL="", REDIS_URL="", WORKBENCH_PORT="")
    assert (loaded.database_url, loaded.redis_url, loaded.port) == (None, None, 8501)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({"DATABASE_URL": "mysql://ana:hunter2@db/book"}, ["DATABASE_URL"], id="other-database"),
        pytest.param({"REDIS_URL": "http://:hunter2@cache"}, ["REDIS_URL"], id="not-redis"),
        pytest.param({"WORKBENCH_PORT": "hunter2"}, ["WORKBENCH_PORT"], id="port-is-no-number"),
        pytest.param({"WORKBENCH_LANGUAGE": "fr"}, ["WORKBENCH_LANGUAGE"], id="language-we-lack"),
        pytest.param(ISSUER, ["WORKBENCH_OIDC_CLIENT_SECRET"], id="sign-on-without-secret"),
        pytest.param(
            {"WORKBENCH_OIDC_CLIENT_SECRET": "hunter2"},
            ["WORKBENCH_OIDC_ISSUER", "WORKBENCH_OIDC_CLIENT_ID"],
            id="sign-on-with-secret-only",
        ),
        pytest.param(
            {"WORKBENCH_SESSION_IDLE_HOURS": "24"}, ["WORKBENCH_SESSION_IDLE_HOURS"], id="idle-beyond-absolute"
        ),
        pytest.param({"WORKBENCH_PUBLIC_URL": "hunter2.org"}, ["WORKBENCH_PUBLIC_URL"], id="no-web-address"),
        pytest.param(
            {"WORKBENCH_PUBLIC_URL": "https://a:hunter2@x.org"}, ["WORKBENCH_PUBLIC_URL"], id="password-in-it"
        ),
        pytest.param({"WORKBENCH_SMS_URL": "http://hunter2.org"}, ["WORKBENCH_SMS_URL"], id="provider-in-the-clear"),
        pytest.param({"WORKBENCH_WHATSAPP_URL": "ftp://x.org"}, ["WORKBENCH_WHATSAPP_URL"], id="no-web-provider"),
        pytest.param({"WORKBENCH_SMTP_SECURITY": "none"}, ["WORKBENCH_SMTP_SECURITY"], id="mail-in-the-clear"),
        pytest.param(EMAIL | {"WORKBENCH_EMAIL_FROM": "hunter2"}, ["WORKBENCH_EMAIL_FROM"], id="sender-without-domain"),
        pytest.param(EMAIL | {"WORKBENCH_EMAIL_FROM": "a\nBcc: x <c@x.org>"}, ["WORKBENCH_EMAIL_FROM"], id="two-lines"),
        pytest.param(EMAIL | {"WORKBENCH_SMTP_USER": "ana"}, ["WORKBENCH_SMTP_PASSWORD"], id="user-without-password"),
        pytest.param(EMAIL | {"WORKBENCH_SMTP_CA_FILE": "/nowhere"}, ["WORKBENCH_SMTP_CA_FILE"], id="no-such-file"),
        pytest.param(SMS | {"WORKBENCH_SMS_FROM": "hunter2/hunter2"}, ["WORKBENCH_SMS_FROM"], id="sender-is-no-number"),
        pytest.param(WHATSAPP | {"WORKBENCH_WHATSAPP_VERSION": "25"}, ["WORKBENCH_WHATSAPP_VERSION"], id="no-version"),
        pytest.param(
            {"WORKBENCH_SMTP_PASSWORD": "hunter2", "WORKBENCH_SMS_TOKEN": "hunter2"},
            [
                "email",
                "WORKBENCH_SMTP_HOST",
                "WORKBENCH_EMAIL_FROM",
                "sms",
                "WORKBENCH_SMS_ACCOUNT",
                "WORKBENCH_SMS_FROM",
            ],
            id="two-channels-at-once",
        ),
    ],
)
def test_half_a_configuration_is_refused_by_name_and_without_secrets(monkeypatch, environment, named):
    with pytest.raises(Refused) as refused:
        load(monkeypatch, **environment)
    said = str(refused.value)
    assert all(name in said for name in named)
    assert "hunter2" not in said


def test_secrets_are_not_printed(monkeypatch):
    loaded = load(
        monkeypatch,
        **ISSUER,
        WORKBENCH_OIDC_CLIENT_SECRET="hunter2",
        DATABASE_URL="postgresql://ana:hunter2@db/book",
        REDIS_URL="redis://:hunter2@cache/0",
    )
    assert loaded.single_sign_on
    assert loaded.oidc_client_secret.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{loaded!r} {loaded}"


def test_settings_do_not_change_while_we_run(monkeypatch):
    with pytest.raises(ValidationError):
        load(monkeypatch).port = 1


CHANNELS = {Channel.EMAIL: EMAIL, Channel.WHATSAPP: WHATSAPP, Channel.SMS: SMS}
EACH = [pytest.param(channel, name, id=f"{channel}-{name}") for channel, whole in CHANNELS.items() for name in whole]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_with_all_its_settings_leaves_the_house(monkeypatch, channel):
    loaded = load(monkeypatch, **CHANNELS[channel])
    assert [each for each in CHANNELS if loaded.sends(each)] == [channel]
    assert loaded.callback(channel) == f"https://cobranza.example.org/hooks/{channel}"


@pytest.mark.parametrize(("channel", "name"), EACH)
def test_a_channel_that_lacks_one_setting_is_refused_by_name(monkeypatch, channel, name):
    lacking = {each: value for each, value in CHANNELS[channel].items() if each != name}
    with pytest.raises(Refused) as refused:
        load(monkeypatch, **lacking)
    assert f"{channel} is half configured; missing: {name}." in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_no_channel_leaves_the_house_by_itself(monkeypatch):
    loaded = load(monkeypatch, **PUBLIC)
    assert not any(loaded.sends(channel) for channel in CHANNELS)


def test_secrets_of_channels_are_not_printed(monkeypatch):
    loaded = load(
        monkeypatch,
        **EMAIL | WHATSAPP | SMS,
        WORKBENCH_SMTP_USER="ana",
        WORKBENCH_SMTP_PASSWORD="hunter2",
    )
    assert "hunter2" not in f"{loaded!r} {loaded} {loaded.model_dump_json()}"
    assert hash(loaded) == hash(settings.load())
