"""`python -m tests.providers --port N [--rate-of-failures 0.05] [--json-log FILE] [--seed N]`, for fault runs.

Meta and Twilio on one port until SIGTERM; prints its variables as JSON when it is ready. `GET /received` counts,
`POST /script` with `{"then": [...], "rates": {...}, "clear": true}` changes how it behaves.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from tests.providers.meta_and_twilio import MetaAndTwilio
from tests.providers.scripts import FAILURES


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.providers")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--rate-of-failures", type=float, default=0.0)
    options.add_argument("--patience", type=float, default=3.0, help="seconds a time-out is held open")
    options.add_argument("--json-log", type=Path)
    options.add_argument("--seed", type=int, default=7)
    asked = options.parse_args()
    done = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: done.set())
    with MetaAndTwilio(asked.port, json_log=asked.json_log, seed=asked.seed) as provider:
        provider.patience_seconds = asked.patience
        provider.script.rates = {how: asked.rate_of_failures / len(FAILURES) for how in sorted(FAILURES)}
        json.dump({"url": provider.url, "settings": provider.settings()}, sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()
        done.wait()


if __name__ == "__main__":
    main()
