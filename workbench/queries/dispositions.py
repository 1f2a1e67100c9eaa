"""The outcomes an agent may choose, and the table that a manager corrects."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from models import Outcome
from workbench.rules.access import Permission, Viewer


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


@dataclass(frozen=True, slots=True)
class Line:
    """One disposition as its page lists it, in use or not."""

    code: str
    outcome: Outcome
    label_es: str
    label_en: str
    counts_attempt: bool
    counts_contact: bool
    counts_rpc: bool
    counts_promise: bool
    invalidates_phone: bool
    follow_up_hours: int
    requires: tuple[str, ...]
    active: bool

    def label(self, language: str) -> str:
        """Its name in a language."""
        return self.label_es if language == "es" else self.label_en


_ALL = text("""
SELECT code, outcome, label_es, label_en, counts_attempt, counts_contact, counts_rpc, counts_promise, invalidates_phone,
    follow_up_hours, requires, active
FROM disposition ORDER BY position, code
""")


def all_dispositions(session: Session, who: Viewer) -> dict[str, Line]:
    """Every disposition by code, as who may correct them sees them."""
    who.require(Permission.EDIT_DISPOSITIONS)
    rows = session.execute(_ALL).mappings()
    lines = (
        Line(**dict(row) | {"outcome": Outcome(row["outcome"]), "requires": tuple(row["requires"])}) for row in rows
    )
    return {line.code: line for line in lines}
