"""Jumping the clock of a running test server: it reads the moment from a file when it is told to."""

import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

FILE = "clock"  # in the server's WORKBENCH_DATA


def jump(process: "subprocess.Popen[bytes]", home: Path, moment: datetime) -> None:
    """Lets the server's clock tick on from another moment."""
    file = home / FILE
    file.write_text(moment.isoformat())
    process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 60
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not file.exists(), "the clock did not jump"
