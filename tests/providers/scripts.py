"""How a provider behaves, call by call."""

import random
import threading
from collections import deque
from enum import StrEnum


class How(StrEnum):
    """What the next call meets. The second block has taken the message, whatever the caller is told."""

    # turned away: it certainly did not leave
    THROTTLED = "throttled"  # 429 with Retry-After; SMTP 421
    UNAVAILABLE = "unavailable"  # 503; SMTP 451
    BAD_NUMBER = "bad_number"  # Meta 131026, Twilio 21211, SMTP 550 5.1.1
    WINDOW = "window"  # Meta 131047; Twilio 21612; SMTP 550 5.7.1
    UNSUBSCRIBED = "unsubscribed"  # Meta 131050; Twilio 21610; SMTP 550 5.2.1
    PAIR = "pair"  # Meta 131056; Twilio 21611; SMTP 450
    TOKEN = "token"  # Meta 190, Twilio 20003; SMTP 535 at the next log-in
    PARAMETER = "parameter"  # Meta 132000, Twilio 21602; SMTP 554 after the text
    HANG_UP = "hang_up"  # the connection is cut before the message was there
    # taken
    OK = "ok"
    SLOW = "slow"  # answers well after `slow_seconds`
    TIME_OUT = "time_out"  # never answers within `patience_seconds`
    CUT = "cut"  # cuts the connection instead of answering
    ERROR = "error"  # 500
    BAD_GATEWAY = "bad_gateway"  # 502
    GATEWAY_TIMEOUT = "gateway_timeout"  # 504
    GARBAGE = "garbage"  # says 200 and nothing that can be read


REFUSED = frozenset(list(How)[: list(How).index(How.OK)])
FAILURES = frozenset(How) - {How.OK, How.SLOW}


class Script:
    """First what was said with `then`, in order; after that by the rates, else `default`."""

    def __init__(self, *, seed: int = 7) -> None:
        self.default = How.OK
        self.rates: dict[How, float] = {}
        self._next: deque[How] = deque()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def then(self, *hows: How | str) -> None:
        """The next calls meet these, one each."""
        with self._lock:
            self._next.extend(How(how) for how in hows)

    def take(self) -> How:
        with self._lock:
            if self._next:
                return self._next.popleft()
            drawn = self._random.random()
            for how, rate in self.rates.items():
                drawn -= rate
                if drawn < 0:
                    return how
            return self.default
