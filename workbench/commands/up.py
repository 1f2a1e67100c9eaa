"""`workbench up`: everything on one machine, in one command."""

import os
import socket
import sys
import threading
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from workbench import clock, embedded, settings
from workbench.commands import demo
from workbench.commands.upgrades import bring_up_to_date
from workbench.jobs import Queue
from workbench.rules.refusals import Refused
from workbench.supervise import Part, supervise
from workbench.terminal import _, connected, console, embedded_kinds, say

PARTS = {
    "web": ("web",),
    "worker": ("worker",),
    "messages": ("worker", "--queue", Queue.MESSAGES.value),
    "schedule": ("schedule",),
}
PORTS_TRIED = 50
READY_SECONDS = 120


def up(
    port: Annotated[int | None, typer.Option(help="Port of the pages; the next free one if it is taken.")] = None,
    demo_data: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill an empty database of our own.")] = True,
    moment: Annotated[
        datetime | None,
        typer.Option("--clock", formats=["%Y-%m-%dT%H:%M"], help="Let the demonstration begin at this moment (UTC)."),
    ] = None,
) -> None:
    """Run everything: servers, migrations, the pages, one worker of each queue and the timetable.

    The first start fills the database with a pretend portfolio and prints who may log in; one that DATABASE_URL names
    is never filled (`workbench seed` does that).

    Nobody may be called at night, on Sundays or on public holidays, not even pretend debtors: `--clock
    2026-11-18T16:00` shows the working day of that moment, best in a data directory of its own.

    Ctrl-C or SIGTERM ends all of it; what was entered is kept in the data directory.
    """
    using = settings.load()
    if moment and using.database_url:
        raise Refused("--clock is for a demonstration; the database of DATABASE_URL has the real time.")
    if moment:
        clock.start_at(moment.replace(tzinfo=UTC))
    with connected(using) as servers:
        with console.status(_("Preparing the database…")):
            bring_up_to_date()
        demo.first_start(fill=demo_data and using.database_url is None)
        wanted = port or using.port
        chosen = free_port(using.host, wanted)
        if chosen != wanted:
            say(_("Port {wanted} is taken; using {chosen}.", wanted=wanted, chosen=chosen))
        address = f"http://{using.host}:{chosen}"
        threading.Thread(target=_announce, args=(address,), daemon=True).start()
        supervise(
            [Part(name, [sys.executable, "-m", "workbench.cli", *words]) for name, words in PARTS.items()],
            environment={
                **os.environ,
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "WORKBENCH_PORT": str(chosen),
            },
            said=_restarting,
            chore=lambda: _heal(using),
        )
        say(_("Stopped. Everything entered is kept in {path}.", path=using.data))


def free_port(host: str, wanted: int) -> int:
    """The first port from `wanted` on which nobody listens; raises `Refused` after `PORTS_TRIED`."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return port
    raise Refused("No free port from {wanted} on; choose another with --port.", wanted=wanted)


def _announce(address: str) -> None:
    """Print the address once the pages answer there."""
    pause = threading.Event()
    for _second in range(READY_SECONDS):
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 (our own)
            say(_("Open {address}", address=address))
            return
        pause.wait(0.5)


def _restarting(name: str, code: int, pause: float) -> None:
    say(_("{part} ended with code {code}; starting it again in {seconds} s.", part=name, code=code, seconds=int(pause)))


def _heal(using: settings.Settings) -> None:
    """Bring back an embedded server that was killed under us."""
    needed = embedded_kinds(using)
    if needed and not embedded.running(using.data, needed=needed):
        say(_("A server was gone; starting it again."))
        try:
            embedded.start(using.data, needed=needed)
        except Refused as refused:  # the next round tries again
            say(_(refused.because, **refused.values))
