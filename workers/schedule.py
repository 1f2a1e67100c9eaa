"""The only timetable: what runs by itself, when, and what becomes of a run that was missed.

Every due run is a row before it runs, unique by entry, portfolio and moment, so two schedulers or a restart never
make it twice. Of the runs that were missed while nothing was up, an entry makes up the last one only: a night is a
function of the data and its date, so the night of the last missed date says everything the earlier ones would have,
and the minute's and the hour's work is the same whenever it is done. The earlier ones are kept as skipped.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from workbench import clock, db
from workbench.actions import (
    approvals,
    deals,
    digests,
    inbound,
    outbox,
    planning,
    presences,
    schedules,
    sessions,
    worklist,
)
from workbench.logs import logger
from workbench.queries import operations
from workbench.rules.timetable import Slot, last_due, next_due
from workers import leases

log = logger(__name__)

POLL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable: `cron` is read in each portfolio's zone, or in UTC when there is none.

    Either a worker does it (a job by this name in `workbench.jobs`, which gets the row's id), or the `action` here.
    """

    name: str
    cron: str
    per_portfolio: bool = False
    action: Callable[[datetime], None] | None = None


def keep_worklist(at: datetime) -> None:
    """Brings waiting items whose moment has come into the queue, frees expired claims, and sees who has gone."""
    with db.transaction() as session:
        worklist.promote_due(session, at=at)
        worklist.free_expired(session, at=at)
        presences.end_lost(session, at=at)


def send_lost_imports(at: datetime) -> None:
    """Wakes a worker again for imports that nobody is working on."""
    with db.transaction() as session:
        schedules.sweep_imports(session, at=at)


def sweep_messages(at: datetime) -> None:
    """Finds the messages and events that lost workers left behind, and sends those events again; ends what expired."""
    with db.transaction() as session:
        swept = outbox.sweep(session, at=at)
        events = inbound.sweep_inbound(session, at=at)
    if swept.planned or swept.unconfirmed or swept.expired or events:
        log.warning("swept", **asdict(swept), events=events)


def plan_events(at: datetime) -> None:
    """Writes the messages that promises and payments ask for."""
    with db.transaction() as session:
        planning.plan_events(session, at=at)


def keep_digests(at: datetime) -> None:
    """Writes the digests whose hour has come and queues them; finds those that lost workers left behind."""
    with db.transaction() as session:
        planned, unconfirmed, ended = digests.sweep(session, at=at)
        digests.plan_issues(session, at=at)
    with db.transaction() as session:
        digests.dispatch(session, at=at)
    if planned or unconfirmed or ended:
        log.warning("digests_swept", planned=planned, unconfirmed=unconfirmed, ended=ended)


def end_approvals(at: datetime) -> None:
    """Ends the requests and counter-offers that nobody answered in time."""
    with db.transaction() as session:
        approvals.expire_approvals(session, at=at)


def end_covers(at: datetime) -> None:
    """Gives back the cases of covers whose last day is over."""
    with db.transaction() as session:
        deals.revert_covers(session, at=at)


def clean_up(at: datetime) -> None:
    """Forgets ended sessions, old log-in attempts, and the timetable's own small runs."""
    with db.transaction() as session:
        sessions.forget_old_log_ins(session, at=at)
        schedules.forget_old_runs(session, at=at)


TIMETABLE = (
    Entry("night", "30 2 * * *", per_portfolio=True),
    Entry("worklist", "* * * * *", action=keep_worklist),
    Entry("lost_imports", "* * * * *", action=send_lost_imports),
    Entry("messages", "* * * * *", action=sweep_messages),
    Entry("events", "* * * * *", action=plan_events),
    Entry("approvals", "* * * * *", action=end_approvals),
    Entry("covers", "* * * * *", action=end_covers),
    Entry("digests", "* * * * *", action=keep_digests),
    Entry("cleanup", "17 * * * *", action=clean_up),
)


def run_schedule(stop: threading.Event) -> None:
    """Keeps the timetable until `stop` is set; of several processes one leads, the next takes over when it is gone."""
    while not stop.is_set():
        try:
            _lead(stop)
        except Exception as error:  # noqa: BLE001 - PostgreSQL may be away for a while
            log.error("timetable_pauses", error=leases.reason(error))
            stop.wait(POLL_SECONDS)


def _lead(stop: threading.Event) -> None:
    with db.leading("timetable") as leads:
        while not stop.is_set():
            if leads():
                tick(clock.now())
            stop.wait(POLL_SECONDS)


def tick(at: datetime) -> None:
    """Writes down what is due, sends what workers do, and does the rest; again and again with the same outcome.

    Messages that are due are queued at every tick, not once a minute: a debtor waits for the answer to a reply.
    """
    with db.transaction() as session:
        schedules.announce_runs(session, slots(operations.clocks(session), at), at=at)
        schedules.skip_overtaken(session, at=at)
        schedules.sweep_lost(session, at=at)
        schedules.send_due(session, at=at)
    for entry in TIMETABLE:
        if entry.action:
            _do(entry.name, entry.action, at)
    with db.transaction() as session:
        outbox.dispatch(session, at=at)


def slots(clocks: list[operations.Clock], at: datetime) -> Iterator[Slot]:
    """The last due and the next run of every entry; no portfolio is due before it existed."""
    for entry in TIMETABLE:
        for place in clocks if entry.per_portfolio else [operations.EVERYWHERE]:
            last = last_due(entry.cron, place.time_zone, at)
            if last > place.since:
                yield Slot(entry.name, place.portfolio_id, last)
            yield Slot(entry.name, place.portfolio_id, next_due(entry.cron, place.time_zone, at))


def _do(name: str, action: Callable[[datetime], None], at: datetime) -> None:
    with db.transaction() as session:
        due = schedules.take_due(session, name, at=at)
    for run_id in due:
        try:
            with leases.claimed(run_id) as run:
                if run:
                    action(at)
        except leases.RunFailed as error:
            log.warning("run_given_back", run=run_id, entry=name, error=str(error))
