from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, ForeignKeyConstraint, Index, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference
from models.interactions import Channel


class BlockedContact(SQLModel, table=True):
    """A contact that the law or a portfolio's policy did not allow, and the rule. Append-only: a trigger sees to it.

    `form` is what had been typed, so that nothing is lost and a supervisor can save it with a reason.
    """

    __tablename__ = "blocked_contact"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
        ),
        Index("ix_blocked_contact_portfolio_id_at", "portfolio_id", "at"),
        Index("ix_blocked_contact_debtor_id_at", "debtor_id", "at"),
    )

    id: int | None = identity()
    at: datetime  # when the contact would have begun
    portfolio_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    debtor_id: int = Field(sa_type=BigInteger)
    user_id: int | None = reference("app_user.id", optional=True, index=False)  # none = the system
    channel: Channel = choice(Channel, "channel")
    contact_point_id: int | None = reference("contact_point.id", optional=True, index=False)
    target: str
    rule: str
    law: str
    confidence: str
    because: dict[str, Any] = Field(sa_type=JSONB)  # msgid and params
    next_allowed: datetime | None = None  # none = time does not cure it
    version: str  # digest of the jurisdiction's file
    form: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


APPEND_ONLY = """
CREATE FUNCTION refuse_blocked_contact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'blocked contacts cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER blocked_contact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blocked_contact
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_blocked_contact_change();
"""
# DDL has no types of its own
event.listen(SQLModel.metadata.tables["blocked_contact"], "after_create", DDL(APPEND_ONLY))  # type: ignore[no-untyped-call]
