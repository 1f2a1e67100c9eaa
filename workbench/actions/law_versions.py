"""The texts of the law files as they were in use: a decision names one, and what changed can be shown."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.law_versions import law_texts, version_of


def record_versions(session: Session, *, at: datetime) -> int:
    """Keeps the text of every country's file that was not seen before; says how many were new."""
    rows = [
        {"country": country, "digest": version_of(country), "content": content, "at": at}
        for country, content in law_texts().items()
    ]
    return sum(len(session.execute(_KEEP, row).all()) for row in rows)


_KEEP = text("""
    INSERT INTO law_version (country, digest, content, seen_at) VALUES (:country, :digest, :content, :at)
    ON CONFLICT (country, digest) DO NOTHING RETURNING id
""")
