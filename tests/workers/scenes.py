"""Real worker and schedule processes for tests that kill them: `python -m tests.workers.scenes SCENE DATABASE REDIS`.

Only the night itself is replaced, by one that writes a line, waits, and writes another.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from workbench import db
from workbench.actions import nights
from workbench.jobs import Queue
from workers import process, schedule

ROOT = Path(__file__).parents[2]
TRACES = "CREATE TABLE trace (id serial, what text, pid int, portfolio_id bigint, business_date date)"
SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS", "0"))


def night(portfolio_id: int, *, on: date, at: datetime, by: int | None = None) -> None:
    leave("begins", portfolio_id, on)
    time.sleep(SLOW_SECONDS)
    leave("ends", portfolio_id, on)


def leave(what: str, portfolio_id: int | None = None, on: date | None = None) -> None:
    with db.transaction() as session:
        session.execute(
            text("INSERT INTO trace (what, pid, portfolio_id, business_date) VALUES (:what, :pid, :p, :on)"),
            {"what": what, "pid": os.getpid(), "p": portfolio_id, "on": on},
        )


def keep_timetable() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    schedule.POLL_SECONDS = 0.2
    tick = schedule.tick

    def traced(at: datetime) -> None:
        leave("leads")
        tick(at)

    schedule.tick = traced
    schedule.run_schedule(stop)


SCENES: dict[str, Callable[[], None]] = {
    "worker": process.run_worker,
    "messages": lambda: process.run_worker(Queue.MESSAGES),
    "burst": lambda: process.run_worker(burst=True),
    "schedule": keep_timetable,
}


@contextmanager
def playing(scene: str, database: str, valkey: str, *, slow_seconds: float = 0) -> Iterator[subprocess.Popen]:
    """The scene in a process of its own, killed at the end if it is still there."""
    command = [sys.executable, "-m", "tests.workers.scenes", scene, database, valkey]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"SLOW_SECONDS": str(slow_seconds)}) as playing:
        try:
            yield playing
        finally:
            playing.kill()


def rows(statement: str, **values: Any) -> list[tuple]:
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text(statement), values)]


def traces(what: str) -> list[tuple[int, int, date]]:
    return rows("SELECT pid, portfolio_id, business_date FROM trace WHERE what = :what ORDER BY id", what=what)


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def until(true: Callable[[], Any], seconds: float = 240) -> Any:
    """Waits until `true()` is, and returns what it said; a busy machine takes a minute to start a process."""
    deadline = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return said


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    db.connect(sys.argv[2], sys.argv[3])
    nights.run_night = night
    SCENES[sys.argv[1]]()
