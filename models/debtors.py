from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class DebtorKind(StrEnum):
    PERSON = "person"
    FIRM = "firm"


class ZoneOrigin(StrEnum):
    """How we know a debtor's time zone, best first."""

    ADDRESS = "address"
    PHONE = "phone"
    PORTFOLIO = "portfolio"


PLACE = "time_zone || coalesce('#' || law_region, '')"


class Debtor(SQLModel, table=True):
    """A person or firm that owes, known to one creditor by its reference."""

    __table_args__ = (
        UniqueConstraint("creditor_id", "reference"),
        Index(
            "ix_debtor_folded_name",
            "folded_name",
            postgresql_using="gin",
            postgresql_ops={"folded_name": "gin_trgm_ops"},
        ),
        Index("ix_debtor_contact_facts", "id", postgresql_where=text("contact_facts <> '{}'")),
    )

    id: int | None = identity()
    creditor_id: int = reference("creditor.id", index=False)
    reference: str
    name: str
    folded_name: str  # rules.names.fold(name): lower case, no accents; searched by trigrams
    kind: DebtorKind = choice(DebtorKind, "kind", default=DebtorKind.PERSON)
    tax_id: str | None = Field(default=None, index=True)
    tax_id_valid: bool | None = None
    language: str | None = None
    address: str | None = None
    city: str | None = None
    region: str | None = None
    time_zone: str
    zone_origin: ZoneOrigin = choice(ZoneOrigin, "zone_origin", default=ZoneOrigin.PORTFOLIO)
    # what is known of them that decides over contacts; the names are those of rules.law_words.FACTS
    contact_facts: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"}
    )
    # its code, where the debtor's region has a law or holidays of its own
    law_region: str | None = None
    # where the same hours are lawful for all: the zone, and that region
    place: str = Field(sa_column=Column(Text, Computed(PLACE, persisted=True), nullable=False), default=None)
