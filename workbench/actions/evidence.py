"""Evidence for a claim: files that somebody brings, kept once and never changed."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import text
from sqlmodel import Session, select

from models import Dispute, Document, DocumentKind
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.evidence_files import MOST, checked
from workbench.rules.refusals import Refused


def add_evidence(session: Session, who: Viewer, dispute_id: int, name: str, data: bytes, *, at: datetime) -> Document:
    """Keeps a file with an open claim; the same file brought twice is kept once.

    Raises `Refused` for a file that `rules.evidence_files` does not take, for too many, and when the claim is decided.
    """
    who.require(Permission.OPEN_DISPUTES)
    dispute = session.get(Dispute, dispute_id, with_for_update=True)
    who.require_portfolio(dispute.portfolio_id if dispute else 0)
    assert dispute is not None  # no portfolio has the number 0
    if dispute.resolution is not None:
        raise Refused("This claim was decided already.")
    file, print_of = checked(name, data), sha256(data).hexdigest()
    known = session.exec(select(Document).where(Document.dispute_id == dispute_id, Document.sha256 == print_of)).first()
    if known:
        return known
    if session.execute(_COUNT, {"dispute": dispute_id}).scalar_one() >= MOST:
        raise Refused("A claim takes {max} files at most.", max=MOST, field="file")
    document = Document(
        portfolio_id=dispute.portfolio_id,
        case_id=dispute.case_id,
        dispute_id=dispute_id,
        kind=DocumentKind.EVIDENCE,
        name=file.name,
        media_type=file.media_type,
        size=len(data),
        sha256=print_of,
        content=data,
        by_id=who.user_id,
        created_at=at,
    )
    session.add(document)
    session.flush()
    details = {"case_id": dispute.case_id, "dispute_id": dispute_id, "size": len(data), "sha256": print_of}
    audit.log(session, "add_evidence", "document", document.id, by=who.user_id, at=at, **details)
    return document


_COUNT = text("SELECT count(*) FROM document WHERE dispute_id = :dispute")
