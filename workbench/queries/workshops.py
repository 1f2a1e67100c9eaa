"""The queues in Redis and the workers that serve them: numbers and jobs' names, never their arguments."""

from dataclasses import dataclass
from datetime import datetime

import redis
from rq import Queue, worker_registration
from rq.job import Job as RQJob
from rq.serializers import JSONSerializer
from rq.utils import as_text, utcparse

from workbench import db, jobs


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One worker process: what it says it does, and when it last said so."""

    host: str
    state: str
    heartbeat_at: datetime | None
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that Redis keeps as failed: which, and when; never its arguments or its trace."""

    id: str
    name: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workshop:
    """A queue and its workers as Redis knows them now."""

    queue: jobs.Queue
    waiting: int
    started: int
    failures: int
    failed: list[FailedJob]  # the last twenty
    workers: list[WorkerState]


def every_workshop() -> list[Workshop]:
    """The state of every queue and its workers; nothing when Redis is away."""
    try:
        return [_workshop(name) for name in jobs.Queue]
    except redis.RedisError:
        return []


def _workshop(name: jobs.Queue) -> Workshop:
    queue = Queue(name.value, connection=db.valkey(), serializer=JSONSerializer)
    return Workshop(
        queue=name,
        waiting=queue.count,
        started=queue.started_job_registry.get_job_count(cleanup=False),
        failures=queue.failed_job_registry.get_job_count(cleanup=False),
        failed=_failed_jobs(queue),
        workers=_workers(queue),
    )


def _failed_jobs(queue: Queue) -> list[FailedJob]:
    ids = queue.failed_job_registry.get_job_ids(0, 19, desc=True, cleanup=False)
    found = RQJob.fetch_many(ids, connection=queue.connection, serializer=JSONSerializer)
    return [FailedJob(job.id, _name(job), job.ended_at) for job in found if job]


def _name(job: RQJob) -> str:
    try:
        return str(job.func_name)
    except Exception:  # noqa: BLE001 - whatever is in Redis, the page has to open
        return "?"


def _workers(queue: Queue) -> list[WorkerState]:
    """Read from the workers' own hashes: RQ's Worker.all would lengthen the time-outs of this process's connections."""
    with queue.connection.pipeline(transaction=False) as pipeline:
        for key in sorted(worker_registration.get_keys(queue)):
            pipeline.hmget(key, "hostname", "state", "last_heartbeat", "successful_job_count", "failed_job_count")
        found = pipeline.execute()
    return [_worker(*(as_text(each or b"") for each in fields)) for fields in found if any(fields)]


def _worker(host: str, state: str, heard: str, done: str, failed: str) -> WorkerState:
    return WorkerState(host, state, utcparse(heard) if heard else None, int(done or 0), int(failed or 0))
