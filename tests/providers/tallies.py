"""What reached the provider, counted per key of ours."""

import json
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.providers.scripts import REFUSED, How


@dataclass(frozen=True)
class Taken:
    """One call, with what it carried."""

    provider: str
    key: str
    to: str
    how: How
    provider_id: str
    at: float
    carried: dict[str, Any] = field(default_factory=dict, compare=False)


class Tally:
    """Every call by key; those that were not turned away are the messages a debtor may have got."""

    def __init__(self, json_log: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._log = json_log.open("a", buffering=1) if json_log else None
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self.asked: Counter[str] = Counter()
            self.received: Counter[str] = Counter()
            self.taken: list[Taken] = []

    def note(self, provider: str, key: str, to: str, how: How, provider_id: str, **carried: Any) -> None:
        taken = Taken(provider, key, to, how, provider_id, time.time(), carried)
        with self._lock:
            self.asked[key] += 1
            self.taken.append(taken)
            if how not in REFUSED:
                self.received[key] += 1
            if self._log:
                self._log.write(json.dumps(asdict(taken), default=str) + "\n")

    @property
    def last(self) -> Taken:
        return self.taken[-1]

    def told(self) -> dict[str, Any]:
        """`per_key` has the messages not turned away; `asked` counts every call."""
        with self._lock:
            per_how = Counter(taken.how.value for taken in self.taken)
            return {
                "messages": self.received.total(),
                "keys": len(self.received),
                "most_per_key": max(self.received.values(), default=0),
                "asked": self.asked.total(),
                "hows": dict(per_how),
                "per_key": dict(self.received),
            }
