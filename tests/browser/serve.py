"""The real server on the servers of the environment, with a clock that starts at a moment of our choice and ticks on.

python -m tests.browser.serve PORT 2026-11-18T16:00:00+00:00

On SIGUSR1 the clock jumps to the moment written in the file `clock` of WORKBENCH_DATA, which is then removed.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import time_machine

from tests.browser.clocks import FILE


def jump(*_signal: object) -> None:
    """Puts the clock forward or back by the screens' own means; the log-ins of the same hours stay good."""
    from workbench import clock

    file = Path(os.environ["WORKBENCH_DATA"]) / FILE
    clock.start_at(datetime.fromisoformat(file.read_text()))
    file.unlink()


if __name__ == "__main__":
    time_machine.travel(datetime.fromisoformat(sys.argv[2]), tick=True).start()

    from workbench import db, server, settings  # the clock stands first

    using = settings.load()
    assert using.database_url
    assert using.redis_url
    signal.signal(signal.SIGUSR1, jump)
    db.connect(using.database_url, using.redis_url)
    server.run(using, "127.0.0.1", int(sys.argv[1]))
