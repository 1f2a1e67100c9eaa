"""The one error a person may see and mend."""

from typing import Any


class Refused(Exception):
    """What was asked cannot be done, and this is why; nothing was saved.

    `because` is an English message id with `{named}` places; the edge (page, command, route) puts it in the
    reader's language and fills `values` in.
    """

    def __init__(self, because: str, /, **values: Any) -> None:
        super().__init__(because)
        self.because = because
        self.values = values

    def __str__(self) -> str:
        return self.because.format(**self.values)
