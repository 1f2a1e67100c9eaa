"""The job that works off what providers told us: receipts and replies."""

from importlib import import_module

from workbench import clock, db
from workbench.logs import logger
from workers import leases

log = logger(__name__)


def work_events(event_ids: list[int]) -> None:
    """Works each event off in a transaction of its own; what fails is found again by the sweep."""
    inbound = import_module("workbench.actions.inbound")
    for event_id in event_ids:
        try:
            with db.transaction() as session:
                inbound.work_off(session, event_id, at=clock.now())
        except Exception as error:  # noqa: BLE001 - the other events have nothing to do with it
            log.error("inbound_not_worked_off", inbound_event=event_id, error=leases.reason(error))
