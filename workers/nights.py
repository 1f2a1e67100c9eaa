"""The job that lets a night pass over one portfolio."""

from workbench import clock
from workbench.actions import nights
from workers import leases


def run_night(scheduled_run_id: int) -> None:
    """Does the night of the date on which the run fell due."""
    with leases.claimed(scheduled_run_id) as run:
        if run and run.portfolio_id:
            nights.run_night(run.portfolio_id, on=run.on, at=clock.now())
