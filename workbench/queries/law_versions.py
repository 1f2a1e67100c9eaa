"""Which texts of the law files have been in use, and since when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a country's file, named by its digest as decisions name it."""

    country: str
    digest: str
    seen_at: datetime


def versions(session: Session, country: str | None = None) -> list[Version]:
    """The texts seen so far, of one country or all, the latest first."""
    return [Version(*row) for row in session.execute(_VERSIONS, {"country": country})]


def version_text(session: Session, country: str, digest: str) -> str:
    """The text of one version; refused when it was never seen here."""
    found = session.execute(_TEXT, {"country": country, "digest": digest}).scalar()
    if found is None:
        raise Refused("The law of {country} has no version {digest} here.", country=country, digest=digest)
    return str(found)


_VERSIONS = text("""
    SELECT country, digest, seen_at FROM law_version WHERE CAST(:country AS text) IS NULL OR country = :country
    ORDER BY country, seen_at DESC, id DESC
""")
_TEXT = text("SELECT content FROM law_version WHERE country = :country AND digest = :digest")
