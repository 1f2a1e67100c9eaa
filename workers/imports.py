"""The job that brings in a file that was uploaded on the page."""

from collections.abc import Iterator
from contextlib import contextmanager

from workbench import clock, db
from workbench.actions import import_runs
from workbench.actions.import_runs import ClaimedImport
from workbench.logs import logger
from workers import leases

log = logger(__name__)


def run_import(import_run_id: int) -> None:
    """Imports the run's file, if nobody else does; how it went is on the run's row."""
    with _claimed(import_run_id) as run:
        if run:
            import_runs.work_off(run, at=clock.now())


@contextmanager
def _claimed(import_run_id: int) -> Iterator[ClaimedImport | None]:
    """The run, if nobody else does it; a failure is written on its row, and the file is kept for another try."""
    with db.transaction() as session:
        run = import_runs.claim_import(session, import_run_id, at=clock.now())
    if run is None:
        yield None
        return
    try:
        with leases.beating(lambda session, at: import_runs.beat(session, run, at=at)):
            yield run
    except Exception as error:  # noqa: BLE001 - whatever it was belongs on the run's row
        log.error("import_failed", import_run=run.id, error=leases.reason(error))
        with db.transaction() as session:
            import_runs.fail_import(session, run, error=leases.reason(error), at=clock.now())
        raise leases.RunFailed(f"import {run.id}: {leases.reason(error)}") from None
