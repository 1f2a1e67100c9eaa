"""The jobs' names and queues, so that actions never import workers."""

from enum import StrEnum


class Job(StrEnum):
    """An importable function under `workers`; the worker runs nothing that is not in this list."""

    NIGHT = "workers.nights.run_night"
    IMPORT = "workers.imports.run_import"


QUEUE = "workbench"
BY_TIMETABLE = {"night": Job.NIGHT}  # the timetable's entries that a worker does
