"""Between a worker and a provider: what came of a call is always known, and always written down."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from workbench import clock, db
from workbench.channels import pace
from workbench.channels.adapters import Adapter
from workbench.channels.letters import NotSent, Outgoing, Passing, Sent, Unknown
from workbench.logs import logger
from workers import leases

log = logger(__name__)

NOTE_SECONDS = 60.0  # what came of a call is written down also when PostgreSQL is away for so long
THROTTLED = timedelta(seconds=5)  # the pause of a provider that found us too fast and did not say until when


def handed_over(adapter: Adapter, outgoing: Outgoing, **ids: int) -> Sent | NotSent:
    """What came of one call; `ids` say in the log what it was about."""
    try:
        return adapter.send(outgoing)
    except Passing as told:
        if told.throttled:
            pace.pause(adapter.provider, told.not_before or clock.now() + THROTTLED)
        return told
    except NotSent as told:
        return told
    except Exception as error:  # noqa: BLE001 - the call had begun: it may have left
        log.error("adapter_broke", provider=adapter.provider, error=leases.reason(error), **ids)
        return Unknown(adapter.provider, type(error).__name__)


def note(finish: Callable[[Any], None], **ids: int) -> None:
    """Writes down what came of the call, again and again while PostgreSQL is away: nobody else will ever know."""
    ends, pause = time.monotonic() + NOTE_SECONDS, 0.2
    while True:
        try:
            with db.transaction() as session:
                finish(session)
        except Exception as error:
            if time.monotonic() + pause > ends:
                raise
            log.warning("outcome_not_noted", error=leases.reason(error), **ids)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
        else:
            return
