"""The moment at the edges: pages, routes, commands and workers ask here, and hand it down as an argument.

A demonstration can be given another moment (`workbench up --clock`), for nobody may be called on a Sunday night; the
clock then runs on from there in every process that `up` starts. Servers of your own always have the real time.
"""

import os
from datetime import UTC, datetime, timedelta

AHEAD = "WORKBENCH_CLOCK_AHEAD"  # seconds, handed from `up` to the processes it starts; not a setting


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC) + timedelta(seconds=float(os.environ.get(AHEAD, "0")))


def start_at(moment: datetime) -> None:
    """Makes this process, and those it starts, believe that it is `moment` now."""
    os.environ[AHEAD] = str((moment - datetime.now(UTC)).total_seconds())
