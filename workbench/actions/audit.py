from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlmodel import Session


def log(
    session: Session,
    deed: str,
    subject: str,
    subject_id: int | None,
    *,
    by: int | None,
    at: datetime,
    **details: Any,
) -> None:
    """Notes who did what to what; `by` is a user's id, none is the system itself."""
    values = {"at": at, "by": by, "deed": deed, "subject": subject, "subject_id": subject_id, "details": Jsonb(details)}
    session.execute(_NOTE, values)


_NOTE = text("""
    INSERT INTO audit_entry (at, by_id, deed, subject, subject_id, details)
    VALUES (:at, :by, :deed, :subject, :subject_id, :details)
""")
