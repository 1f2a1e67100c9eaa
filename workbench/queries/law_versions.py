"""The texts of a country's law file that were in use, and since when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Version:
    """A text of a law file that was once in use, by its digest as decisions name it."""

    digest: str
    content: str
    seen_at: datetime


def law_versions(session: Session, who: Viewer, country: str) -> list[Version]:
    """The texts of a country's law file that were in use, the newest first."""
    who.require(Permission.SEE_LAW_CHANGES)
    return [Version(*row) for row in session.execute(_VERSIONS, {"country": country})]


_VERSIONS = text("""
    SELECT digest, content, seen_at FROM law_version WHERE country = :country ORDER BY seen_at DESC, id DESC
""")
