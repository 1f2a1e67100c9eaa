from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class DocumentKind(StrEnum):
    EVIDENCE = "evidence"
    AGREEMENT_LETTER = "agreement_letter"
    HAND_OVER = "hand_over"


class Document(SQLModel, table=True):
    """A file that is kept: evidence somebody brought, or what was written for a debtor or an agency."""

    __table_args__ = (
        CheckConstraint("size = octet_length(content) AND size > 0", name="size"),
        CheckConstraint("(kind = 'evidence') = (dispute_id IS NOT NULL)", name="evidence_of"),
        CheckConstraint("(kind = 'agreement_letter') = (agreement_id IS NOT NULL)", name="letter_of"),
    )

    id: int | None = identity()
    portfolio_id: int = reference("portfolio.id", index=False)
    case_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="collection_case.id", index=True)
    dispute_id: int | None = reference("dispute.id", optional=True)
    agreement_id: int | None = reference("agreement.id", optional=True)
    kind: DocumentKind = choice(DocumentKind, "kind")
    name: str
    media_type: str
    language: str | None = None
    size: int
    sha256: str
    content: bytes = Field(sa_type=LargeBinary)
    by_id: int | None = reference("app_user.id", optional=True, index=False)
    created_at: datetime
