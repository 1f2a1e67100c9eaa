"""A job that Redis keeps as failed, sent once more: only such as can do no harm when they run twice."""

from datetime import datetime

from rq.job import Job as RQJob
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlmodel import Session

from workbench import db
from workbench.actions import audit
from workbench.jobs import Job, Queue
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

# They carry ids of rows, and the rows decide: what is not queued, or is worked off, is left alone.
SAFE = {Job.SEND.value: "message_ids", Job.INBOUND.value: "event_ids"}


def may_retry(who: Viewer) -> bool:
    """Whether this person may send a failed job again."""
    return who.may(Permission.RUN_NIGHT) or who.may(Permission.RESOLVE_MESSAGES)


def retry_job(session: Session, who: Viewer, job_id: str, *, at: datetime) -> None:
    """Sends the ids of a failed job again in a new one; a second click, or a job of another kind, is refused."""
    if not may_retry(who):
        raise Refused("Your role does not allow this.")
    registry = FailedJobRegistry(Queue.MESSAGES.value, connection=db.valkey(), serializer=JSONSerializer)
    found = (
        RQJob.fetch_many([job_id], connection=db.valkey(), serializer=JSONSerializer)[0] if job_id in registry else None
    )
    name, ids = _asked(found)
    if name not in SAFE or not ids:
        raise Refused("This job is not among the failed ones any more.")
    registry.remove(job_id, delete_job=True)
    db.enqueue(session, Job(name), **{SAFE[name]: ids})
    audit.log(session, "retry_job", "job", None, by=who.user_id, at=at, job=name, ids=ids)


def _asked(job: RQJob | None) -> tuple[str, list[int]]:
    """What a job was to do with which ids; nothing when somebody else wrote it."""
    try:
        name = str(job.func_name) if job else ""
        ids = job.kwargs.get(SAFE.get(name, ""), []) if job else []
    except Exception:  # noqa: BLE001 - whatever is in Redis, nothing else is done with it
        return "", []
    return name, [each for each in ids if isinstance(each, int)]
