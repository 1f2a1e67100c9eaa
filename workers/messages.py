"""The job that sends messages: each is judged again, noted as begun, handed to its provider, and noted as ended."""

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from workbench import clock, db
from workbench.channels.letters import NotSent, Sent, Unknown
from workers import leases

log = logging.getLogger(__name__)

THREADS = 8
SECONDS = 20.0  # after which a job begins no other message: a worker that is asked to go is gone within half a minute


def send_messages(message_ids: list[int]) -> None:
    """Sends those that are still meant to leave, each at most once; what it does not come to waits for another job."""
    outbox = import_module("workbench.actions.outbox")
    waiting = deque(message_ids)
    with _asked_to_go() as asked:
        ends = time.monotonic() + SECONDS
        crew = [threading.Thread(target=_work_off, args=(outbox, waiting, ends, asked)) for _ in range(THREADS)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
    if waiting:
        with db.transaction() as session:
            outbox.release(session, list(waiting), at=clock.now())


def _work_off(outbox: Any, waiting: deque[int], ends: float, asked: Callable[[], bool]) -> None:
    while waiting and time.monotonic() < ends and not asked():
        try:
            message_id = waiting.popleft()
        except IndexError:  # another thread took the last one
            return
        try:
            _send(outbox, message_id)
        except Exception as error:  # noqa: BLE001 - the others still have to leave; the sweep finds this one
            log.error("message %s: %s", message_id, leases.reason(error))


def _send(outbox: Any, message_id: int) -> None:
    with db.transaction() as session:
        outgoing = outbox.begin(session, message_id, at=clock.now())
    if outgoing is None:
        return
    outcome = _handed_over(outgoing)
    with db.transaction() as session:
        outbox.finish(session, message_id, outcome, at=clock.now())


def _handed_over(outgoing: Any) -> Sent | NotSent:
    adapters, settings = import_module("workbench.channels.adapters"), import_module("workbench.settings")
    adapter = adapters.adapter_for(outgoing.channel, settings.load())
    try:
        return adapter.send(outgoing)  # type: ignore[no-any-return]
    except NotSent as told:
        return told
    except Exception as error:  # noqa: BLE001 - the call had begun: it may have left
        return Unknown(adapter.provider, type(error).__name__)


@contextmanager
def _asked_to_go() -> Iterator[Callable[[], bool]]:
    """SIGTERM lets what has begun come to its end; a fork would die of it in the middle of a sending."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGTERM, lambda signum, _frame: asked.append(signum))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, before)
