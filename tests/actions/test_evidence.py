import pytest
from sqlmodel import select

from models import AuditEntry, DisputeKind, Document, Resolution
from tests.cast import NOW, owe
from tests.rules.test_evidence_files import JPEG, PDF, PNG
from workbench.actions.disputes import open_dispute, resolve_dispute
from workbench.actions.evidence import add_evidence
from workbench.queries.disputes import evidence_content, evidence_of
from workbench.rules.refusals import Refused


@pytest.fixture
def claim(session, cast) -> int:
    case_id = owe(session, cast.mexico).case_id
    about = (DisputeKind.DISPUTE, "wrong_amount")
    return open_dispute(session, cast.ana, case_id, *about, note="otro importe", at=NOW).id


def test_a_file_is_kept_once_with_its_claim(session, cast, claim) -> None:
    first = add_evidence(session, cast.ana, claim, "factura.pdf", PDF, at=NOW)
    assert add_evidence(session, cast.sofia, claim, "la misma.pdf", PDF, at=NOW).id == first.id
    add_evidence(session, cast.ana, claim, "foto.png", PNG, at=NOW)
    files = evidence_of(session, cast.sofia, claim, at=NOW)
    assert [(each.name, each.size, each.by) for each in files] == [
        ("factura.pdf", len(PDF), "Ana"), ("foto.png", len(PNG), "Ana")
    ]  # fmt: skip
    assert evidence_content(session, cast.marta, first.id) == PDF
    deeds = session.exec(select(AuditEntry.deed).where(AuditEntry.subject == "document")).all()
    assert deeds == ["add_evidence", "add_evidence"]


def test_ten_files_are_the_most(session, cast, claim) -> None:
    for number in range(10):
        add_evidence(session, cast.ana, claim, f"{number}.jpg", JPEG[:-2] + bytes([number]) + JPEG[-2:], at=NOW)
    with pytest.raises(Refused, match="10 files at most"):
        add_evidence(session, cast.ana, claim, "once.pdf", PDF, at=NOW)
    assert len(session.exec(select(Document).where(Document.dispute_id == claim)).all()) == 10


def test_a_refused_file_leaves_nothing(session, cast, claim) -> None:
    with pytest.raises(Refused, match="empty"):
        add_evidence(session, cast.ana, claim, "nada.pdf", b"", at=NOW)
    assert evidence_of(session, cast.ana, claim, at=NOW) == []


def test_a_decided_claim_takes_no_more_and_strangers_see_none(session, cast, claim) -> None:
    kept = add_evidence(session, cast.ana, claim, "factura.pdf", PDF, at=NOW)
    for deed in (
        lambda: add_evidence(session, cast.bruno, claim, "x.pdf", PDF, at=NOW),
        lambda: evidence_of(session, cast.bruno, claim, at=NOW),
        lambda: evidence_content(session, cast.bruno, kept.id),
        lambda: evidence_content(session, cast.ana, 0),
    ):
        with pytest.raises(Refused, match="nothing here"):
            deed()
    resolve_dispute(session, cast.sofia, claim, Resolution.RESUMED, note="no es así", at=NOW)
    with pytest.raises(Refused, match="decided already"):
        add_evidence(session, cast.ana, claim, "foto.png", PNG, at=NOW)
