"""`workbench web`, `worker` and `schedule`: the parts of `up` one by one, each loading only what it runs on."""

import signal
import threading
from importlib import import_module
from typing import Annotated

import typer

from workbench import logs, settings
from workbench.jobs import Queue
from workbench.supervise import LEAVE
from workbench.terminal import connected


def web(
    host: Annotated[str | None, typer.Option(help="Address to listen on (WORKBENCH_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (WORKBENCH_PORT).")] = None,
) -> None:
    """Serve the pages, the log-in, and `/healthz` and `/readyz` for whoever watches.

    One process uses one core; behind a proxy, run several and keep each browser with its own.
    """
    server = import_module("workbench.server")
    using = settings.load()
    with connected(using):
        server.run(using, host or using.host, port or using.port)


def worker(
    name: Annotated[
        Queue, typer.Option("--queue", help="What it serves: nights and imports, or messages.")
    ] = Queue.WORKBENCH,
    burst: Annotated[bool, typer.Option("--burst", help="Leave when nothing is waiting.")] = False,
) -> None:
    """Do what the timetable and the pages leave for later: nights and imports, or with `--queue messages` sending.

    Each process serves one queue: run at least one for each, and more as there are cores. SIGTERM lets the job at hand
    finish. A night or import cut off by `kill -9` is done again; a message is never sent again by itself.
    """
    process = import_module("workers.process")
    using = settings.load()
    logs.set_up(using.log_format)
    with connected(using):
        process.run_worker(name, burst=burst)


def schedule() -> None:
    """Keep the timetable: nights in each portfolio's zone, due callbacks and messages, what was left behind.

    Several may run: one leads, another takes over when it is gone. Runs missed meanwhile are made up.
    """
    stop = threading.Event()
    for signum in LEAVE:
        # From a thread: the signal may find us inside the very lock that `set` needs.
        signal.signal(signum, lambda *_: threading.Thread(target=stop.set).start())
    timetable = import_module("workers.schedule")
    using = settings.load()
    logs.set_up(using.log_format)
    with connected(using):
        timetable.run_schedule(stop)
