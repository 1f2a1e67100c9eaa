"""The worker: takes the ids that Redis or Valkey hands out and runs the listed jobs, each in a fork of its own."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import redis
from rq import Queue, Worker
from rq.job import Job as RQJob
from rq.serializers import JSONSerializer

from models.interactions import Channel
from workbench import clock, db, jobs
from workbench.logs import logger
from workbench.rules.contact_law import Question, may_contact
from workbench.rules.contact_places import country_zones
from workbench.rules.law_files import jurisdictions

log = logger(__name__)

LONGEST_PAUSE_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


class NotOurJob(Exception):
    """A queue entry asks for something that is not in the list of jobs."""


class SafeJob(RQJob):
    """A queue entry that can do nothing but call a listed job with ids: who writes to Redis must not own the worker."""

    @property
    def func(self) -> Callable[..., Any]:
        """The job's function; raises `NotOurJob` for any other name, and for methods of an object."""
        if self.func_name not in set(jobs.Job) or self.instance is not None:
            raise NotOurJob("not in the list of jobs")
        room, name = str(self.func_name).rsplit(".", 1)
        return getattr(import_module(room), name)  # type: ignore[no-any-return]

    def restore(self, raw_data: Any) -> Any:
        """Reads the entry, leaving out what else it may name: callbacks are import paths, webhooks are addresses."""
        restored = super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        return restored


class Workman(Worker):
    """RQ's forking worker that remembers whether it was asked to go, and takes its fork along when it is killed."""

    asked_to_go = False

    def handle_warm_shutdown_request(self) -> None:
        """Notes SIGTERM or SIGINT: the job at hand is finished, no other is begun; sending messages is cut short."""
        self.asked_to_go = True
        if self.horse_pid and self._heeds_sigterm():
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]

    def setup_work_horse_signals(self) -> None:
        """Asks the fork to end with its worker (Linux only): nobody would see it, and its lease brings the run back."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        if self._heeds_sigterm():  # a message that is being sent is sent to its end, whoever is killed meanwhile
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
            if os.getppid() != self.pid:  # it was gone before we asked
                os._exit(1)

    def _heeds_sigterm(self) -> bool:
        """Whether this worker's jobs see to SIGTERM by themselves, and are soon at their end."""
        return bool(self.queues[0].name == jobs.Queue.MESSAGES)


def queue(name: jobs.Queue = jobs.Queue.WORKBENCH) -> Queue:
    """A process's one queue: with several RQ pops without a safety copy, and a crash in between loses the job."""
    return Queue(name.value, connection=db.valkey(), serializer=JSONSerializer, job_class=SafeJob)


def worker(name: jobs.Queue = jobs.Queue.WORKBENCH) -> Workman:
    """A worker that notices within a minute that another one died, and keeps no arguments in its log."""
    return Workman(
        [queue(name)],
        connection=db.valkey(),
        serializer=JSONSerializer,
        job_class=SafeJob,
        worker_ttl=60,
        maintenance_interval=30,
        job_monitoring_interval=15,
        default_result_ttl=0,
        log_job_description=False,
    )


def run_worker(name: jobs.Queue = jobs.Queue.WORKBENCH, *, burst: bool = False) -> None:
    """Serves one queue until SIGTERM or SIGINT (the job at hand is finished first), or with `burst` until the queue is empty.

    Outlives an outage of Redis: RQ's worker leaves when it cannot report, and a new one takes its place.
    """
    for job in jobs.Job:  # before the fork, so that no job pays for the imports again
        if jobs.queue_of(job) == name:
            import_module(job.rsplit(".", 1)[0])
    _learn_the_law()
    pause = 1.0
    while not _work(name, burst=burst):
        log.warning("worker_broke_off", again_in_seconds=pause)  # Redis is away, most likely
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _learn_the_law() -> None:
    """Reads the law files and the calendars before the fork too: the first decision of a process costs half a second."""
    for country in jurisdictions():
        zone = country_zones(country)[0]
        may_contact(Question(country=country, at=clock.now(), zones=(zone,), channel=Channel.SMS))


def _work(name: jobs.Queue, *, burst: bool) -> bool:
    """One worker's life; whether it ended because it should."""
    mine, before = None, {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        mine = worker(name)
        mine.work(burst=burst, logging_level="WARNING")
    except redis.RedisError:
        if burst:
            raise
    finally:  # the handlers of a worker that is gone would only ask that one to stop
        for signum, handler in before.items():
            signal.signal(signum, handler)
    return burst or (mine is not None and _ended_well(mine))


def _ended_well(mine: Workman) -> bool:
    if mine.pubsub_thread:  # it broke off before it could hang up
        mine.pubsub_thread.stop()
    if mine.horse_pid:  # it broke off while its fork was at work: one process does one job
        mine.wait_for_horse()
    return mine.asked_to_go
