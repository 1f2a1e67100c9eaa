"""The life of a due run: announced, sent, claimed under a lease, finished, or given up and seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from workbench import db
from workbench.actions import audit
from workbench.jobs import BY_TIMETABLE, Job
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.timetable import Slot, business_date

LEASE = timedelta(seconds=90)  # renewed every 20 s: a worker may miss three beats before it is given up for lost
RESEND_AFTER = timedelta(seconds=60)  # Redis may have forgotten the wake-up; sent twice, a run still starts once
ATTEMPTS = 3  # what failed three times fails for a reason that a person has to see; a retry gives it three more


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that this process, and no other, may do now; `attempt` is its fencing token."""

    id: int
    name: str
    portfolio_id: int | None
    due_at: datetime
    attempt: int
    time_zone: str

    @property
    def on(self) -> date:
        """The business date that the run is for, in its portfolio's zone (UTC for a run of no portfolio)."""
        return business_date(self.due_at, self.time_zone)


ANNOUNCE = """
INSERT INTO scheduled_run (name, portfolio_id, due_at, state, attempts)
SELECT slot.name, slot.portfolio_id, slot.due_at, 'due', 0
FROM unnest(CAST(:names AS text[]), CAST(:portfolios AS bigint[]), CAST(:dues AS timestamptz[]))
     AS slot (name, portfolio_id, due_at)
WHERE NOT EXISTS (
    SELECT FROM scheduled_run known
    WHERE known.name = slot.name AND known.due_at = slot.due_at
      AND known.portfolio_id IS NOT DISTINCT FROM slot.portfolio_id)
ON CONFLICT DO NOTHING
"""

# a portfolio moved to another zone, or an entry got another hour: what was announced is not due any more
WITHDRAW = """
DELETE FROM scheduled_run run
WHERE run.state = 'due' AND run.due_at > :at AND NOT EXISTS (
    SELECT FROM unnest(CAST(:names AS text[]), CAST(:portfolios AS bigint[]), CAST(:dues AS timestamptz[]))
         AS slot (name, portfolio_id, due_at)
    WHERE run.name = slot.name AND run.due_at = slot.due_at
      AND run.portfolio_id IS NOT DISTINCT FROM slot.portfolio_id)
"""


def announce_runs(session: Session, slots: Iterable[Slot], *, at: datetime) -> None:
    """Writes down the runs that are due or will be next; a known one stays as it is, one no longer meant goes."""
    known = list(slots)
    values = {
        "names": [slot.name for slot in known],
        "portfolios": [slot.portfolio_id for slot in known],
        "dues": [slot.due_at for slot in known],
        "at": at,
    }
    session.execute(text(WITHDRAW), values)
    session.execute(text(ANNOUNCE), values)


SKIP_OVERTAKEN = """
UPDATE scheduled_run old SET state = 'skipped', finished_at = :at
WHERE old.state = 'due' AND old.due_at <= :at AND EXISTS (
    SELECT FROM scheduled_run later
    WHERE later.name = old.name AND later.portfolio_id IS NOT DISTINCT FROM old.portfolio_id
      AND later.due_at > old.due_at AND later.due_at <= :at)
"""


def skip_overtaken(session: Session, *, at: datetime) -> int:
    """Skips every due run that a later due run of the same entry makes pointless; returns how many."""
    return _count(session, SKIP_OVERTAKEN, at=at)


SEND_DUE = """
UPDATE scheduled_run SET enqueued_at = :at
WHERE state = 'due' AND due_at <= :at AND name = ANY(:names)
  AND (enqueued_at IS NULL OR enqueued_at <= :sent_before)
RETURNING id, name
"""


def send_due(session: Session, *, at: datetime) -> list[int]:
    """Wakes the workers for due runs that are theirs, again when nobody came for a minute; returns their ids."""
    values = {"at": at, "names": list(BY_TIMETABLE), "sent_before": at - RESEND_AFTER}
    rows = session.execute(text(SEND_DUE), values).all()
    for run_id, name in rows:
        db.enqueue(session, BY_TIMETABLE[name], scheduled_run_id=run_id)
    return [run_id for run_id, _ in rows]


TAKE_DUE = """
UPDATE scheduled_run SET enqueued_at = :at
WHERE state = 'due' AND due_at <= :at AND name = :name AND (enqueued_at IS NULL OR enqueued_at <= :sent_before)
RETURNING id
"""


def take_due(session: Session, name: str, *, at: datetime) -> list[int]:
    """The due runs of an entry that the timetable does itself; one that failed is offered again after a minute."""
    values = {"at": at, "name": name, "sent_before": at - RESEND_AFTER}
    return list(session.execute(text(TAKE_DUE), values).scalars())


CLAIM = """
UPDATE scheduled_run run
SET state = 'running', attempts = attempts + 1, started_at = :at, lease_until = :until, finished_at = NULL, error = NULL
WHERE run.id = :id AND run.state = 'due' AND run.due_at <= :at AND NOT EXISTS (
    SELECT FROM scheduled_run other
    WHERE other.name = run.name AND other.portfolio_id IS NOT DISTINCT FROM run.portfolio_id
      AND other.state = 'running' AND other.lease_until > :at)
RETURNING id, name, portfolio_id, due_at, attempts,
          coalesce((SELECT time_zone FROM portfolio WHERE portfolio.id = run.portfolio_id), 'UTC')
"""


def claim_run(session: Session, run_id: int, *, at: datetime) -> ClaimedRun | None:
    """Takes a due run for this process; none when another has it, has done it, or runs the same entry right now."""
    row = session.execute(text(CLAIM), {"id": run_id, "at": at, "until": at + LEASE}).one_or_none()
    if row is None:
        return None
    return ClaimedRun(row[0], row[1], row[2], row[3].astimezone(UTC), row[4], row[5])


RENEW = "UPDATE scheduled_run SET lease_until = :until WHERE id = :id AND state = 'running' AND attempts = :attempt"


def renew_lease(session: Session, run: ClaimedRun, *, at: datetime) -> bool:
    """Says that the run is still being done; false when it was given up for lost meanwhile."""
    return _count(session, RENEW, id=run.id, attempt=run.attempt, until=at + LEASE) == 1


FINISH = """
UPDATE scheduled_run SET state = 'done', lease_until = NULL, finished_at = :at, error = NULL
WHERE id = :id AND state = 'running' AND attempts = :attempt
"""


def finish_run(session: Session, run: ClaimedRun, *, at: datetime) -> bool:
    """Notes that the run is done; false when it was given up for lost meanwhile."""
    return _count(session, FINISH, id=run.id, attempt=run.attempt, at=at) == 1


FAIL = """
UPDATE scheduled_run SET state = :state, lease_until = NULL, finished_at = :at, enqueued_at = :at, error = :error
WHERE id = :id AND state = 'running' AND attempts = :attempt
"""


def fail_run(session: Session, run: ClaimedRun, *, error: str, at: datetime) -> None:
    """Notes why the run failed, without personal data; it is tried again in a minute, the third time a person has to."""
    state = "failed" if run.attempt % ATTEMPTS == 0 else "due"
    if _count(session, FAIL, id=run.id, attempt=run.attempt, at=at, error=error, state=state) and state == "failed":
        audit.log(session, "fail_run", "scheduled_run", run.id, by=None, at=at, error=error)


LOST = """
UPDATE scheduled_run
SET state = CASE WHEN attempts % :attempts = 0 THEN 'failed' ELSE 'due' END, lease_until = NULL, enqueued_at = NULL,
    finished_at = :at, error = 'The worker was lost.'
WHERE state = 'running' AND lease_until < :at
RETURNING id, state
"""


def sweep_lost(session: Session, *, at: datetime) -> list[int]:
    """Frees the runs whose worker died, to be sent again or, the third time, to be seen by a person; returns their ids."""
    rows = session.execute(text(LOST), {"at": at, "attempts": ATTEMPTS}).all()
    for run_id, state in rows:
        audit.log(session, "sweep_run", "scheduled_run", run_id, by=None, at=at, state=state)
    return [run_id for run_id, _ in rows]


RETRY = """
UPDATE scheduled_run run
SET state = 'due', enqueued_at = NULL, finished_at = NULL
WHERE run.id = :id AND run.state = 'failed' AND (run.portfolio_id IS NULL OR run.portfolio_id = ANY(:portfolios))
  AND NOT EXISTS (
    SELECT FROM scheduled_run later
    WHERE later.name = run.name AND later.portfolio_id IS NOT DISTINCT FROM run.portfolio_id
      AND later.due_at > run.due_at AND later.due_at <= :at)
RETURNING id, name
"""


def retry_run(session: Session, who: Viewer, run_id: int, *, at: datetime) -> None:
    """Makes a failed run due again and wakes a worker for it; a second click, or one too late, is refused."""
    who.require(Permission.RUN_NIGHT)
    values = {"id": run_id, "at": at, "portfolios": list(who.portfolio_ids)}
    row = session.execute(text(RETRY), values).one_or_none()
    if row is None:
        raise Refused("This run has not failed, or a later one has taken its place.")
    if row.name in BY_TIMETABLE:
        db.enqueue(session, BY_TIMETABLE[row.name], scheduled_run_id=run_id)
    audit.log(session, "retry_run", "scheduled_run", run_id, by=who.user_id, at=at)


LOST_IMPORTS = """
UPDATE import_run
SET state = CASE WHEN (attempts + 1) % :attempts = 0 THEN 'failed' ELSE 'due' END, attempts = attempts + 1,
    enqueued_at = NULL, finished_at = :at, error = 'The worker was lost.'
WHERE state = 'running' AND heartbeat_at < :silent_before
RETURNING id, state
"""

UNSENT_IMPORTS = """
UPDATE import_run SET enqueued_at = :at
WHERE state = 'due' AND coalesce(enqueued_at, created_at) <= :sent_before
RETURNING id
"""


def sweep_imports(session: Session, *, at: datetime) -> list[int]:
    """Frees imports whose worker died and wakes a worker for those nobody came for; returns the ids sent again."""
    values = {"at": at, "attempts": ATTEMPTS, "silent_before": at - LEASE, "sent_before": at - RESEND_AFTER}
    for run_id, state in session.execute(text(LOST_IMPORTS), values).all():
        audit.log(session, "sweep_run", "import_run", run_id, by=None, at=at, state=state)
    sent = list(session.execute(text(UNSENT_IMPORTS), values).scalars())
    for run_id in sent:
        db.enqueue(session, Job.IMPORT, import_run_id=run_id)
    return sent


RETRY_IMPORT = """
UPDATE import_run SET state = 'due', enqueued_at = :at, finished_at = NULL
WHERE id = :id AND state = 'failed' AND content IS NOT NULL AND portfolio_id = ANY(:portfolios)
RETURNING id
"""


def retry_import(session: Session, who: Viewer, import_run_id: int, *, at: datetime) -> None:
    """Makes a failed import due again, as long as its file is still kept; a second click is refused."""
    who.require(Permission.IMPORT)
    values = {"id": import_run_id, "at": at, "portfolios": list(who.portfolio_ids)}
    if session.execute(text(RETRY_IMPORT), values).one_or_none() is None:
        raise Refused("This import has not failed, or its file is not kept any more.")
    db.enqueue(session, Job.IMPORT, import_run_id=import_run_id)
    audit.log(session, "retry_import", "import_run", import_run_id, by=who.user_id, at=at)


FORGET = """
DELETE FROM scheduled_run
WHERE state IN ('done', 'skipped') AND finished_at < CASE WHEN portfolio_id IS NULL THEN :day ELSE :year END
"""


def forget_old_runs(session: Session, *, at: datetime) -> int:
    """Deletes what was done: the minutes' runs after a day, the portfolios' after a year; failures stay."""
    return _count(session, FORGET, day=at - timedelta(days=1), year=at - timedelta(days=366))


def _count(session: Session, statement: str, **values: object) -> int:
    return session.connection().execute(text(statement), values).rowcount
