"""What a rule that always holds is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule and the statement that finds what breaks it; `:portfolio` is an id or null."""

    rule: str
    subject: str
    broken: str
