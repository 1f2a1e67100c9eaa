"""The real server on the servers of the environment, with a clock that starts at a moment of our choice and ticks on.

python -m tests.browser.serve PORT 2026-11-18T16:00:00+00:00

On SIGUSR1 the clock jumps to the moment written in the file `clock` of WORKBENCH_DATA, which is then removed.

Without arguments it is where the servers of many tests come from: it loads once what each of them would, and forks one
for every line on standard input; all of them end with it.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import time_machine

from tests.browser.clocks import FILE


def jump(*_signal: object) -> None:
    """Puts the clock forward or back by the screens' own means; the log-ins of the same hours stay good."""
    from workbench import clock

    file = Path(os.environ["WORKBENCH_DATA"]) / FILE
    clock.start_at(datetime.fromisoformat(file.read_text()))
    file.unlink()


def serve(port: int, moment: str) -> None:
    time_machine.travel(datetime.fromisoformat(moment), tick=True).start()

    from workbench import db, server, settings  # the clock stands first, where nothing is loaded yet

    using = settings.load()
    assert using.database_url
    assert using.redis_url
    signal.signal(signal.SIGUSR1, jump)
    db.connect(using.database_url, using.redis_url)
    server.run(using, "127.0.0.1", port)


def raise_servers() -> None:
    logging.disable(logging.WARNING)  # Streamlit's, that nothing runs yet
    asyncio.run(_load())
    logging.disable(logging.NOTSET)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks here
    for line in sys.stdin:
        asked = json.loads(line)
        if not (pid := os.fork()):
            _become(asked)
        print(pid, flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


async def _load() -> None:
    """What a server does before its first visitor."""
    from workbench import server

    async with server._awake(None):
        pass


def _become(asked: dict) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(asked["environment"])
    serve(asked["port"], asked["moment"])
    sys.exit()


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(int(sys.argv[1]), sys.argv[2])
    else:
        raise_servers()
