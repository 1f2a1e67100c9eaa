"""A part of the product with shorter patience: `python -m tests.faults.parts worker|schedule|night PORTFOLIO DATE`.

What a lost worker left is found after seconds, not minutes; everything else is the product's own, without the command
line around it, which takes long to load for something that is killed so often.
"""

import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import date, timedelta

from workbench import clock, db, logs, settings
from workbench.actions import message_sending, outbox
from workbench.jobs import Queue
from workbench.rules import message_states
from workbench.rules.refusals import Refused
from workers import messages, process, schedule

SECONDS = "FAULTS_LEASE_SECONDS"


def be_impatient() -> None:
    patience = timedelta(seconds=float(os.environ[SECONDS]))
    outbox.QUEUED_LEASE = patience
    message_sending.SENDING_LEASE = patience
    message_states.BACK_OFF = tuple(timedelta(seconds=2 * n) for n in range(1, 9))
    messages.BUSY = timedelta(seconds=2)
    schedule.POLL_SECONDS = 0.5
    schedule.TIMETABLE = tuple(
        replace(entry, action=None) if entry.name == "messages" else entry for entry in schedule.TIMETABLE
    )
    tick = schedule.tick

    def impatient(at):
        schedule.sweep_messages(at)
        tick(at)

    schedule.tick = impatient


def keep_timetable() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    schedule.run_schedule(stop)


def night(portfolio_id: int, on: date) -> None:
    from workbench.actions import nights

    try:
        print(nights.run_night(portfolio_id, on=on, at=clock.now()))
    except Refused as refused:
        raise SystemExit(f"refused: {refused}") from None


if __name__ == "__main__":
    be_impatient()
    using = settings.load()
    logs.set_up(using.log_format)
    db.connect(using.database_url, using.redis_url)
    part, *more = sys.argv[1:]
    if part == "night":
        night(int(more[0]), date.fromisoformat(more[1]))
    else:
        {"worker": lambda: process.run_worker(Queue.MESSAGES), "schedule": keep_timetable}[part]()
