"""What every command shares: the servers it works on, and how it speaks to people and to scripts."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from workbench import db, embedded, settings
from workbench.embedded import Servers
from workbench.rules.words import DEFAULT, translate

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
console = Console()
complaints = Console(stderr=True)


def say(text: str) -> None:
    """Print a sentence as it is: no wrapping, no markup, so that scripts can read it."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def spoken() -> str:
    """The language of the terminal: WORKBENCH_LANGUAGE, else Spanish."""
    return os.environ.get("WORKBENCH_LANGUAGE") or DEFAULT


def _(msgid: str, /, **values: object) -> str:
    return translate(msgid, spoken(), **values)


@contextmanager
def connected(using: settings.Settings) -> Iterator[Servers]:
    """Put this process on the servers of the settings; those that no URL names are started, shared and stopped."""
    if not (needed := embedded_kinds(using)):
        yield _connect(using, None)
        return
    with embedded.using(using.data, needed=needed) as own:
        yield _connect(using, own)


def _connect(using: settings.Settings, own: Servers | None) -> Servers:
    servers = Servers(
        database_url=using.database_url or (own.database_url if own else ""),
        redis_url=using.redis_url or (own.redis_url if own else ""),
    )
    db.connect(servers.database_url, servers.redis_url)
    return servers


def embedded_kinds(using: settings.Settings) -> list[embedded.Kind]:
    """The servers that no URL names."""
    postgres: list[embedded.Kind] = [] if using.database_url else ["postgres"]
    return [*postgres, "valkey-server"] if using.redis_url is None else postgres


def answer(facts: object) -> None:
    """Print facts as JSON for a script: dates as ISO 8601, amounts as text so that no digit is lost."""
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2, default=str) + "\n")
