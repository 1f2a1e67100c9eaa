"""The job that brings in a file that was uploaded on the page."""

from workbench import clock
from workbench.actions import import_runs
from workers import leases


def run_import(import_run_id: int) -> None:
    """Imports the run's file, if nobody else does; how it went is on the run's row."""
    with leases.importing(import_run_id) as run:
        if run:
            import_runs.work_off(run, at=clock.now())
