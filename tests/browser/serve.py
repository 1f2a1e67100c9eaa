"""The real server on the servers of the environment, with a clock that starts at a moment of our choice and ticks on.

python -m tests.browser.serve PORT 2026-11-18T16:00:00+00:00
"""

import sys
from datetime import datetime

import time_machine

if __name__ == "__main__":
    time_machine.travel(datetime.fromisoformat(sys.argv[2]), tick=True).start()

    from workbench import db, server, settings  # the clock stands first

    using = settings.load()
    assert using.database_url
    assert using.redis_url
    db.connect(using.database_url, using.redis_url)
    server.run(using, "127.0.0.1", int(sys.argv[1]))
