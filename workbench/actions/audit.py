from datetime import datetime
from typing import Any

from sqlmodel import Session, insert

from models import AuditEntry


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
    session.execute(
        insert(AuditEntry).values(at=at, by_id=by, deed=deed, subject=subject, subject_id=subject_id, details=details)
    )
