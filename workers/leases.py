"""A run is done under a lease that is renewed while its process lives, and ends as done or as a failure that is seen."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from workbench import clock, db
from workbench.actions import schedules
from workbench.actions.schedules import ClaimedRun
from workbench.logs import logger
from workbench.rules.refusals import Refused

log = logger(__name__)

BEAT_SECONDS = 20.0


class RunFailed(Exception):
    """The run is written down as failed; this only tells RQ, in words without personal data."""


@contextmanager
def claimed(run_id: int) -> Iterator[ClaimedRun | None]:
    """The run, if it is this process's to do; none when it is done, under way elsewhere, or not due.

    Raises `RunFailed` after writing the reason down when the block fails.
    """
    with db.transaction() as session:
        run = schedules.claim_run(session, run_id, at=_now())
    if run is None:
        yield None
        return
    try:
        with beating(lambda session, at: schedules.renew_lease(session, run, at=at)):
            yield run
    except Exception as error:  # noqa: BLE001 - whatever it was belongs on the run's row
        _fail(run, error)
        raise RunFailed(f"{run.name} {run.id}: {reason(error)}") from None
    with db.transaction() as session:
        schedules.finish_run(session, run, at=_now())


@contextmanager
def beating(beat: Callable[[Any, datetime], object]) -> Iterator[None]:
    """Calls `beat` in a transaction of its own every 20 s, from a thread, for as long as the block lasts."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(beat, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def reason(error: Exception) -> str:
    """What went wrong and where, without what the values were: a driver's message quotes rows."""
    if isinstance(error, Refused):
        return str(error)
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _fail(run: ClaimedRun, error: Exception) -> None:
    log.error("run_failed", run=run.id, entry=run.name, error=reason(error))
    with db.transaction() as session:
        schedules.fail_run(session, run, error=reason(error), at=_now())


def _beat(beat: Callable[[Any, datetime], object], over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        try:
            with db.transaction() as session:
                beat(session, _now())
        except Exception as error:  # noqa: BLE001 - the next beat may reach the database again
            log.warning("lease_not_renewed", error=type(error).__name__)


def _now() -> datetime:
    return clock.now()
