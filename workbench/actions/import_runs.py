"""The life of an upload: noted with its file, claimed by one worker, worked off, finished or failed in plain sight."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import ImportRun
from workbench import db
from workbench.actions import audit
from workbench.actions.imports import ImportFile, Intake, open_file, save_import
from workbench.jobs import Job
from workbench.queries.users import viewer
from workbench.rules.import_reports import ImportReport
from workbench.rules.intake.mappings import checked

SHARES = {"stage": 0.2, "plan": 0.3, "save": 0.5, "rescore": 0.8}  # of the work done when a step begins


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """An import that this process, and no other, does now; `attempt` is its fencing token."""

    id: int
    attempt: int


def request_import(session: Session, intake: Intake, *, by: int, at: datetime) -> int:
    """Notes a file to be imported and wakes a worker; returns the run's id. Raises `Refused` while a question is open."""
    intake.reading.answered()
    assert intake.portfolio.id is not None
    run = ImportRun(
        portfolio_id=intake.portfolio.id,
        by_id=by,
        file_name=intake.file.name,
        sha256=hashlib.sha256(intake.file.data).hexdigest(),
        content=intake.file.data,
        mapping=intake.mapping.model_dump(mode="json", exclude_unset=True),
        business_date=intake.on,
        strict=intake.file.strict,
        kind=intake.file.kind,
        rows_total=intake.reading.read,
        created_at=at,
        enqueued_at=at,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    db.enqueue(session, Job.IMPORT, import_run_id=run.id)
    audit.log(
        session, "request_import", "import_run", run.id, by=by, at=at, portfolio_id=run.portfolio_id, sha256=run.sha256
    )
    return run.id


_CLAIM = text("""
    UPDATE import_run SET state = 'running', started_at = :at, heartbeat_at = :at, finished_at = NULL, error = NULL,
        rows_done = 0
    WHERE id = :id AND state = 'due' AND content IS NOT NULL RETURNING attempts
""")
_BEAT = text("""
    UPDATE import_run SET heartbeat_at = :at, rows_done = greatest(rows_done, CAST(rows_total * :share AS int))
    WHERE id = :id AND state = 'running' AND attempts = :attempt
""")
_FAIL = text("""
    UPDATE import_run SET state = 'failed', error = :error, finished_at = :at, rows_done = 0
    WHERE id = :id AND state = 'running' AND attempts = :attempt RETURNING id
""")


def claim_import(session: Session, run_id: int, *, at: datetime) -> ClaimedImport | None:
    """Takes a due import for this process; none when another has it or has done it."""
    attempt = session.execute(_CLAIM, {"id": run_id, "at": at}).scalar_one_or_none()
    return None if attempt is None else ClaimedImport(run_id, attempt)


def beat(session: Session, run: ClaimedImport, *, at: datetime, share: float = 0.0) -> None:
    """Says that the import is still being done, and how far it came (a share of its rows)."""
    session.execute(_BEAT, {"id": run.id, "attempt": run.attempt, "at": at, "share": share})


def fail_import(session: Session, run: ClaimedImport, *, error: str, at: datetime) -> None:
    """Notes why an import failed; its file is kept, so that a person can try again."""
    values = {"id": run.id, "attempt": run.attempt, "error": error, "at": at}
    if session.execute(_FAIL, values).one_or_none():
        audit.log(session, "fail_import", "import_run", run.id, by=None, at=at, error=error)


def work_off(run: ClaimedImport, *, at: datetime) -> ImportReport | None:
    """Imports a claimed run's file with the rights of who uploaded it; none when the run was given to another."""
    with db.reading() as session:
        intake, by = _reopened(session, run, at=at)
    with db.transaction() as session:
        report = save_import(session, intake, by=by, at=at, run_id=run.id, told=lambda step: _tell(run, step, at))
        # a worker given up for lost meanwhile must not save a second time beside the one that took over
        if report.saved and session.execute(_MINE_DONE, {"id": run.id, "attempt": run.attempt}).one_or_none() is None:
            session.rollback()
            return None
    return report


_MINE_DONE = text("SELECT id FROM import_run WHERE id = :id AND attempts = :attempt")


def _reopened(session: Session, run: ClaimedImport, *, at: datetime) -> tuple[Intake, int | None]:
    kept = session.get_one(ImportRun, run.id)
    who = viewer(session, kept.by_id) if kept.by_id else None
    mapping = checked(kept.mapping)
    file = ImportFile(kept.file_name, kept.content or b"", mapping, kept.business_date, kept.strict, kept.kind)
    return open_file(session, who, kept.portfolio_id, file, at=at), kept.by_id


def _tell(run: ClaimedImport, step: str, at: datetime) -> None:
    with db.transaction() as session:
        beat(session, run, at=at, share=SHARES[step])
