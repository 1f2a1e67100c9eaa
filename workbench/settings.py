"""Environment -> one frozen object; refuses to start half configured."""

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.interactions import Channel
from workbench.rules.refusals import Refused

_DRIVER = re.compile(r"^(postgres|postgresql)(\+psycopg)?://")
_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
# a channel needs all of its own, or none: without them it would send and never hear a debtor say stop
_CHANNELS = {
    Channel.EMAIL: ("smtp_host", "email_from", "email_inbound_secret"),
    Channel.WHATSAPP: ("whatsapp_phone_id", "whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"),
    Channel.SMS: ("sms_account", "sms_token", "sms_from"),
}
_MAY_COME = {
    Channel.EMAIL: ("smtp_user", "smtp_password"),
    Channel.WHATSAPP: (),
    Channel.SMS: (),
}


def default_data_dir() -> Path:
    """Where the data of this user lives when `WORKBENCH_DATA` says nothing (XDG base directories)."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home, "cobranza-workbench").expanduser()


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _with_driver(url: str) -> str:
    """Name the one driver we ship: bare URLs mean a different one in every SQLAlchemy release."""
    if not _DRIVER.match(url):
        raise ValueError("only PostgreSQL is supported: postgresql://user:password@host/database")
    return _DRIVER.sub("postgresql+psycopg://", url)


def _redis(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("expected redis://, rediss:// or unix://")
    return url


def _web(url: str) -> str:
    """An address that paths are put behind: of http or https, without what would change what follows."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("expected http://host or https://host, perhaps with a path")
    return url.rstrip("/")


def _provider(url: str) -> str:
    """A provider's address: tokens, numbers and debts go there, so in the clear only to this very machine."""
    web, host = _web(url), urlsplit(url).hostname
    if web.startswith("http:") and host not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("expected https://host")
    return web


def _sender(address: str) -> str:
    bare = parseaddr(address)[1]
    if not re.fullmatch(r"[!-;=?A-~]+@[A-Za-z0-9.-]+", bare) or not address.isprintable():
        raise ValueError("expected name@domain or Name <name@domain>")
    return address


def _number_or_service(sender: str) -> str:
    if not re.fullmatch(r"\+[0-9]{4,15}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11}", sender):
        raise ValueError("expected a number as +573001234567, a messaging service (MG…) or a name of 11 letters")
    return sender


WebAddress = Annotated[str, AfterValidator(_web)]
ProviderAddress = Annotated[str, AfterValidator(_provider)]


class Settings(BaseSettings):
    """Everything the environment may decide; each field is `WORKBENCH_<NAME>` unless it says otherwise."""

    # Input is hidden because a refused DATABASE_URL would print its password.
    model_config = SettingsConfigDict(
        env_prefix="WORKBENCH_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    data: Annotated[Path, AfterValidator(_absolute)] = Field(default_factory=default_data_dir)
    database_url: Annotated[str, AfterValidator(_with_driver)] | None = Field(
        None, validation_alias="DATABASE_URL", repr=False
    )
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(None, validation_alias="REDIS_URL", repr=False)

    host: str = "127.0.0.1"
    port: int = Field(8501, ge=1, le=65535)
    language: Literal["es", "en"] = "es"
    log_format: Literal["text", "json"] = "text"
    # Opens /metrics to whoever scrapes it; without one there is no such address.
    metrics_token: SecretStr | None = Field(None, min_length=16)

    # Off by default: a laptop serves plain http, where a Secure cookie is never sent back.
    secure_cookies: bool = False
    # Signs Streamlit's own cookies; several web processes need the same one, a single one makes its own.
    cookie_secret: SecretStr | None = None
    session_idle_hours: float = Field(2, gt=0)
    session_absolute_hours: float = Field(12, gt=0)

    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None

    # How the outside reaches us: what providers call back, and where a debtor unsubscribes.
    public_url: WebAddress | None = None
    provider_timeout_seconds: float = Field(15, gt=0)

    smtp_host: str | None = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: FilePath | None = None
    email_from: Annotated[str, AfterValidator(_sender)] | None = None
    email_inbound_secret: SecretStr | None = None
    email_per_second: float = Field(10, gt=0)

    whatsapp_url: ProviderAddress = "https://graph.facebook.com"
    whatsapp_version: str = Field("v25.0", pattern=r"^v[0-9]+\.[0-9]+$")
    whatsapp_phone_id: str | None = Field(None, pattern=r"^[0-9]+$")
    whatsapp_token: SecretStr | None = None
    whatsapp_app_secret: SecretStr | None = None
    whatsapp_verify_token: SecretStr | None = None
    # what Meta gives a number at first: https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
    whatsapp_per_second: float = Field(80, gt=0)

    sms_url: ProviderAddress = "https://api.twilio.com"
    sms_account: str | None = Field(None, pattern=r"^[A-Za-z0-9-]+$")
    sms_token: SecretStr | None = None
    sms_from: Annotated[str, AfterValidator(_number_or_service)] | None = None
    sms_per_second: float = Field(10, gt=0)

    @property
    def single_sign_on(self) -> bool:
        """Whether people may log in through the OpenID Connect provider."""
        return self.oidc_issuer is not None

    def sends(self, channel: Channel) -> bool:
        """Whether the channel leaves the house; without its settings the sandbox takes its messages."""
        return all(getattr(self, name) is not None for name in _CHANNELS[channel])

    def callback(self, channel: str) -> str:
        """The address under which the provider of a channel tells us what became of messages."""
        return f"{self.public_url}/hooks/{channel}"

    @model_validator(mode="after")
    def _channels_are_whole(self) -> Self:
        faults = [
            f"{channel} is half configured; missing: {names}"
            for channel in _CHANNELS
            if (names := self._lacks(channel))
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _lacks(self, channel: Channel) -> str:
        """The variables a channel that was begun to be configured still needs."""
        needed = _CHANNELS[channel]
        if all(getattr(self, name) is None for name in (*needed, *_MAY_COME[channel])):
            return ""
        missing = [name for name in (*needed, "public_url") if getattr(self, name) is None]
        if (self.smtp_user is None) != (self.smtp_password is None) and channel is Channel.EMAIL:
            missing.append("smtp_user" if self.smtp_user is None else "smtp_password")
        return ", ".join(f"WORKBENCH_{name.upper()}" for name in missing)

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        missing = [name for name in _OIDC if getattr(self, name) is None]
        if 0 < len(missing) < len(_OIDC):
            names = ", ".join(f"WORKBENCH_{name.upper()}" for name in missing)
            raise ValueError(f"single sign-on is half configured; missing: {names}")
        return self

    @model_validator(mode="after")
    def _idle_ends_first(self) -> Self:
        if self.session_idle_hours > self.session_absolute_hours:
            raise ValueError("WORKBENCH_SESSION_IDLE_HOURS is longer than WORKBENCH_SESSION_ABSOLUTE_HOURS")
        return self


def load() -> Settings:
    """Read the environment now; raises `Refused` naming every variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(_fault(dict(each)) for each in error.errors(include_url=False))
        raise Refused("The settings cannot be used: {faults}.", faults=faults) from None


def _fault(error: dict[str, object]) -> str:
    """One wrong variable in words, without the value it holds."""
    place = error["loc"]
    said = str(error["msg"]).removeprefix("Value error, ")
    if not isinstance(place, tuple) or not place:
        return said
    name = str(place[0])
    return f"{name if name.isupper() else 'WORKBENCH_' + name.upper()}: {said}"
