"""The one error a person may see and mend."""

from collections.abc import Callable
from typing import Any

Trace = Callable[[Any], None]  # takes the session of a transaction of its own


class Refused(Exception):
    """What was asked cannot be done, and this is why; nothing was saved.

    `because` is an English message id with `{named}` places; the edge (page, command, route) puts it in the
    reader's language and fills `values` in. `trace` is what has to be saved although the deed is not: whoever
    ends the deed's transaction undoes it and then saves the trace (`db.transaction`).
    """

    def __init__(self, because: str, /, **values: Any) -> None:
        super().__init__(because)
        self.because = because
        self.values = values
        self.trace: Trace | None = None

    def __str__(self) -> str:
        return self.because.format(**self.values)
