from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    UNKNOWN = "unknown"


class ContactStatus(StrEnum):
    """Whether it may be used: `unusable` never was (the file's value), the others were learned by trying."""

    ACTIVE = "active"
    UNUSABLE = "unusable"
    INVALID = "invalid"
    WRONG_PERSON = "wrong_person"
    OPTED_OUT = "opted_out"


class ContactPoint(SQLModel, table=True):
    """One phone (E.164) or e-mail of a debtor, with what came of trying it."""

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("debtor_id", "kind", "value"),
        CheckConstraint("0 <= right_parties AND right_parties <= attempts", name="tally"),
        CheckConstraint("kind <> 'phone' OR status = 'unusable' OR value ~ '^\\+[1-9][0-9]{6,14}$'", name="e164"),
        Index("ix_contact_point_value", "value"),
    )

    id: int | None = identity()
    debtor_id: int = reference("debtor.id", index=False)  # the unique constraint leads with it
    kind: ContactKind = choice(ContactKind, "kind")
    value: str
    raw: str
    phone_kind: PhoneKind | None = choice(PhoneKind, "phone_kind", default=None, nullable=True)
    status: ContactStatus = choice(ContactStatus, "status", default=ContactStatus.ACTIVE)
    status_reason: str | None = None
    time_zone_hint: str | None = None
    source: str
    attempts: int = 0
    right_parties: int = 0
    last_disposition: str | None = None
    last_at: datetime | None = None
    # channels on which nobody has this number or address, as their providers said
    unreachable: list[str] = Field(default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": "{}"})
