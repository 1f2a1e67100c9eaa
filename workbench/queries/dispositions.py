"""The outcomes an agent may choose."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from models import Outcome


@dataclass(frozen=True, slots=True)
class Choice:
    """One disposition as a form shows it; `requires` names the fields that must be filled."""

    code: str
    outcome: Outcome
    label_es: str
    label_en: str
    requires: frozenset[str]
    counts_promise: bool
    invalidates_phone: bool

    def label(self, language: str) -> str:
        """What the agent reads."""
        return self.label_es if language == "es" else self.label_en


ACTIVE = text("""
SELECT code, outcome, label_es, label_en, requires, counts_promise, invalidates_phone
FROM disposition WHERE active AND action NOT IN ('message', 'reply')
    AND (NOT counts_promise OR 'amount' = ANY(requires)) -- an agreement is closed with its terms, not by naming it
ORDER BY position, code
""")


def active_dispositions(session: Session) -> dict[str, Choice]:
    """The dispositions in use that a person may choose, by code, in the order they are shown."""
    choices = (
        Choice(
            row.code,
            Outcome(row.outcome),
            row.label_es,
            row.label_en,
            frozenset(row.requires),
            row.counts_promise,
            row.invalidates_phone,
        )
        for row in session.execute(ACTIVE)
    )
    return {choice.code: choice for choice in choices}
