"""The job that sends messages: each is judged again, noted as begun, handed to its provider, and noted as ended."""

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workbench import clock, db, settings
from workbench.actions import outbox
from workbench.channels import adapters, pace
from workbench.channels.adapters import Adapter
from workbench.channels.letters import Passing
from workbench.logs import logger
from workbench.queries.message_channels import channels_of
from workers import leases
from workers.handing_over import handed_over, note

log = logger(__name__)

THREADS = 8
SECONDS = 20.0  # after which a job begins no other message: a worker that is asked to go is gone within half a minute
BUSY = timedelta(seconds=15)  # no turn at a provider, or a case in somebody else's hands: tried again after so long
# Between the law's answer and the call lie microseconds, unless the machine slept: then the law is asked again.
FRESH = timedelta(seconds=10)


@dataclass(slots=True)
class _Round:
    """One job's messages: those waiting, and those that cannot leave for a moment."""

    waiting: deque[tuple[int, Adapter]]
    ends: float
    asked_to_go: Callable[[], bool]
    later: list[int] = field(default_factory=list)

    def over(self) -> bool:
        return self.asked_to_go() or time.monotonic() >= self.ends


def send_messages(message_ids: list[int]) -> None:
    """Sends those that are still meant to leave, each at most once; what it does not come to waits for another job."""
    using = settings.load()
    with db.reading() as session:
        channels = channels_of(session, message_ids)
    with _heeding_sigterm() as asked_to_go:
        waiting = deque((each, adapters.adapter_for(channel, using)) for each, channel in channels.items())
        job = _Round(waiting, time.monotonic() + SECONDS, asked_to_go)
        crew = [threading.Thread(target=_work_off, args=(job,)) for _ in range(min(THREADS, len(waiting)))]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
    _give_back([each for each, _ in job.waiting], None)
    _give_back(job.later, clock.now() + BUSY)


def _give_back(message_ids: list[int], not_before: datetime | None) -> None:
    if not message_ids:
        return
    try:
        with db.transaction() as session:
            outbox.release(session, message_ids, at=clock.now(), not_before=not_before)
    except Exception as error:
        if not db.is_away(error):
            raise
        log.warning("not_given_back", messages=len(message_ids))  # the sweep finds them


def _work_off(job: _Round) -> None:
    while not job.over():
        try:
            message_id, adapter = job.waiting.popleft()
        except IndexError:
            return
        try:
            if pace.wait_turn(adapter.provider, adapter.per_second, patience=max(0.0, job.ends - time.monotonic())):
                _send(message_id, adapter)
            else:
                job.later.append(message_id)
        except Exception as error:  # noqa: BLE001 - the others still have to leave; the sweep finds this one
            log.error("message_not_worked_off", message=message_id, error=leases.reason(error))
            if db.is_away(error):
                job.later.append(message_id)


def _send(message_id: int, adapter: Adapter) -> None:
    judged_at = clock.now()
    try:
        with db.transaction() as session:
            outgoing = outbox.begin(session, message_id, at=judged_at)
    except Exception as error:
        if not db.is_away(error):  # else the message is not to blame
            with db.transaction() as session:
                outbox.put_off(session, message_id, error=leases.reason(error), at=clock.now())
        raise
    if outgoing is not None:
        fresh = clock.now() - judged_at < FRESH
        stale = Passing(adapter.provider, "judged too long ago", throttled=True)  # costs it no try
        outcome = handed_over(adapter, outgoing, message=message_id) if fresh else stale
        note(lambda session: outbox.finish(session, message_id, outcome, at=clock.now()), message=message_id)


@contextmanager
def _heeding_sigterm() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM came: what has begun comes to its end, where the signal would have cut it off in the middle."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda signum, _frame: came.append(signum))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)
