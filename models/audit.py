from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, Index, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, identity, reference


class AuditEntry(SQLModel, table=True):
    """Who did what to what, when. Append-only: a trigger refuses update, delete and truncate."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),
        # how an agent's day went beside its outcomes; no index on everybody's every deed, for each claim would pay for it
        Index("ix_audit_entry_put_down", "by_id", "at", postgresql_where=text("deed IN ('skip', 'release')")),
    )

    id: int | None = identity()
    at: datetime
    by_id: int | None = reference("app_user.id", optional=True, index=False)  # none = the system
    deed: str  # the action's name, for example "record_interaction"
    subject: str  # the noun's table name
    subject_id: int | None = Field(default=None, sa_type=BigInteger)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


APPEND_ONLY = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""
# DDL has no types of its own
event.listen(SQLModel.metadata, "before_create", DDL("CREATE EXTENSION IF NOT EXISTS pg_trgm"))  # type: ignore[no-untyped-call]
event.listen(SQLModel.metadata.tables["audit_entry"], "after_create", DDL(APPEND_ONLY))  # type: ignore[no-untyped-call]
