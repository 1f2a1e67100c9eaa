"""The real server with a given entrypoint, in a process of its own: `python -m tests.web.serve ENTRYPOINT PORT`."""

import os
import sys
from pathlib import Path

from workbench import db, settings
from workbench.server import run

if __name__ == "__main__":
    db.connect(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
    run(settings.load(), "127.0.0.1", int(sys.argv[2]), entrypoint=Path(sys.argv[1]))
