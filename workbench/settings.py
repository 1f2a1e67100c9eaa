"""Environment -> one frozen object; refuses to start half configured."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench.rules.refusals import Refused

_DRIVER = re.compile(r"^(postgres|postgresql)(\+psycopg)?://")
_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")


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

    # Off by default: a laptop serves plain http, where a Secure cookie is never sent back.
    secure_cookies: bool = False
    # Signs Streamlit's own cookies; several web processes need the same one, a single one makes its own.
    cookie_secret: SecretStr | None = None
    session_idle_hours: float = Field(2, gt=0)
    session_absolute_hours: float = Field(12, gt=0)
    lease_minutes: int = Field(15, ge=1)

    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None

    @property
    def single_sign_on(self) -> bool:
        """Whether people may log in through the OpenID Connect provider."""
        return self.oidc_issuer is not None

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
