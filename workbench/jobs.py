"""The jobs' names and queues, so that actions never import workers."""

from enum import StrEnum


class Job(StrEnum):
    """An importable function under `workers`; the worker runs nothing that is not in this list."""

    NIGHT = "workers.nights.run_night"
    IMPORT = "workers.imports.run_import"
    SEND = "workers.messages.send_messages"
    INBOUND = "workers.inbound.work_events"
    DIGEST = "workers.digests.send_digests"


class Queue(StrEnum):
    """A line that workers of its own serve: a message must not wait until a night is over."""

    WORKBENCH = "workbench"
    MESSAGES = "messages"


BY_TIMETABLE = {"night": Job.NIGHT}  # the timetable's entries that a worker does
_LONGEST_SECONDS = {Queue.WORKBENCH: 7_200, Queue.MESSAGES: 300}


def queue_of(job: Job) -> Queue:
    """The queue on which a job waits."""
    return Queue.MESSAGES if job in {Job.SEND, Job.INBOUND} else Queue.WORKBENCH


def longest_seconds(queue: Queue) -> int:
    """After how many seconds a job of this queue is given up; whoever began it is long gone by then."""
    return _LONGEST_SECONDS[queue]
