"""Evidence taken out as CSV and PDF: what stands in the files, in whose language, and that the taking is noted."""

import csv
import io
import re

import pytest
from sqlmodel import select

from models import AuditEntry, Debtor, LawVersion, User
from tests.cast import NOW, Cast, owe
from tests.queries.test_compliance import block
from tests.queries.test_evidence import STORED, contact
from workbench import db
from workbench.queries.evidence import evidence_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_versions import digest, law_texts
from workbench.rules.refusals import Refused
from workbench.ui import access, i18n
from workbench.ui.compliance_evidence import evidence_file
from workbench.ui.compliance_lines import columns, evidence_csv, on_paper
from workbench.ui.compliance_pdf import paper


def pages_of(pdf: bytes) -> list[str]:
    """The text that each page of an uncompressed reportlab file shows; needs letters of western Europe only."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    texts = ([_unescaped(each) for each in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", stream)] for stream in streams)
    return [" ".join(page) for page in texts if page]


def _unescaped(text: bytes) -> str:
    def one(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 8)]) if found[1].isdigit() else found[1]

    return re.sub(rb"\\([0-7]{3}|.)", one, text).decode("cp1252")


@pytest.fixture
def debtor(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """A Mexican debtor with a past, and Marta's Spanish."""
    monkeypatch.setattr(access, "now", lambda: NOW)
    i18n._spoken.set("es")
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Ximena Núñez Ávila")
        contact(session, item, days=3, user_id=fresh_cast.ana.user_id, decision=STORED, note="=1+1 dijo «mañana»")
        block(session, item, user_id=fresh_cast.ana.user_id)
        contact(session, item, days=0.2, decision=None)
        session.get_one(Debtor, item.debtor_id).contact_facts = {"opted_out": True}
    return item


def evidence(cast: Cast, item):
    with db.reading() as session:
        return evidence_of(session, cast.marta, item.case_id, at=NOW)


def test_the_csv_has_a_row_an_entry_in_words_and_runs_no_formula(fresh_cast: Cast, debtor) -> None:
    rows = list(csv.reader(io.StringIO(evidence_csv(evidence(fresh_cast, debtor)).decode("utf-8-sig"))))
    assert rows[0] == columns()
    first, anew, stopped = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (first["Cuándo (UTC)"], first["Cuándo, allá"]) == ("2026-11-15 16:00", "2026-11-15 10:00")
    assert first["Nota"] == "'=1+1 dijo «mañana»"
    assert (first["Decisión"], first["Juzgado"], first["Versión del archivo de ley"]) == (
        "permitido",
        "al guardarlo",
        "a" * 16,
    )
    assert anew["Juzgado"] == "de nuevo, a hoy"
    assert (stopped["Decisión"], stopped["Resultado"], stopped["Quién"]) == ("bloqueado", "no ocurrió", "Ana")


def test_the_pdf_names_debtor_creditor_maker_version_and_numbers_its_pages(fresh_cast: Cast, debtor) -> None:
    found = evidence(fresh_cast, debtor)
    [page] = pages_of(paper(on_paper(found, "Hecho mié 18 nov 10:00 (Ciudad de México) por Marta"), compressed=False))
    for said in (
        "Evidencia de contactos",
        "Banco del Valle",
        "Ximena Núñez Ávila",
        found.reference,
        "Hecho mié 18 nov 10:00 (Ciudad de México) por Marta",
        f"MX {found.versions['MX']}",
        "No quiere que se le contacte: sí",
        "=1+1 dijo «mañana»",
        "de nuevo, a hoy",
        "Página 1 de 1",
        "No es asesoría legal",
    ):
        assert said in page, said


def test_a_long_history_breaks_into_numbered_pages_with_the_heads_repeated(fresh_cast: Cast, debtor) -> None:
    with db.transaction() as session:
        for number in range(120):
            contact(
                session,
                debtor,
                days=4 + number,
                decision=STORED,
                note=f"Gestión {number} " + "muy larga " * (400 if number == 7 else 5),
            )
    pages = pages_of(paper(on_paper(evidence(fresh_cast, debtor), "hoy"), compressed=False))
    assert len(pages) > 5
    assert all(f"Página {number} de {len(pages)}" in page for number, page in enumerate(pages, start=1))
    assert all("Decisión" in page for page in pages)
    assert all(f"Gestión {number} " in " ".join(pages) for number in range(120))


def test_a_name_in_other_letters_is_written_with_another_font(fresh_cast: Cast, debtor) -> None:
    with db.transaction() as session:
        session.get_one(Debtor, debtor.debtor_id).name = "Łukasz Dvořák"
    made = paper(on_paper(evidence(fresh_cast, debtor), "hoy"), compressed=False)
    assert b"BitstreamVeraSans" in made


def test_a_rule_is_told_as_it_stood_when_it_decided(fresh_cast: Cast, debtor) -> None:
    now = law_texts()["MX"]
    rule = next(each for each in jurisdictions()["MX"].rules if each.kind == "hours" and not each.reading)
    then = now.replace(rule.says.es, "De sol a sol.")
    assert then != now
    stored = STORED | {"rule": rule.id, "version": digest(then)}
    with db.transaction() as session:
        session.add(LawVersion(country="MX", digest=digest(then), content=then, seen_at=NOW))
        contact(session, debtor, days=9, decision=stored)
        contact(session, debtor, days=8, decision=stored | {"version": digest(now)})
        contact(session, debtor, days=7, decision=stored | {"version": "f" * 16})
    rows = list(csv.DictReader(io.StringIO(evidence_csv(evidence(fresh_cast, debtor)).decode("utf-8-sig"))))
    assert [row["En palabras"] for row in rows[:3]] == ["De sol a sol.", rule.says.es, ""]


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF-"), ("csv", b"\xef\xbb\xbf")])
def test_taking_a_file_is_noted(fresh_cast: Cast, debtor, kind: str, begins: bytes) -> None:
    made = evidence_file(fresh_cast.marta.user_id, debtor.case_id, kind)
    assert made.startswith(begins)
    with db.reading() as session:
        [entry] = session.exec(select(AuditEntry).where(AuditEntry.deed == "export_evidence")).all()
    assert (entry.by_id, entry.subject, entry.subject_id) == (fresh_cast.marta.user_id, "debtor", debtor.debtor_id)
    assert entry.details == {"file": kind, "rows": 3}


def test_who_is_no_manager_any_more_takes_nothing(fresh_cast: Cast, debtor) -> None:
    with db.transaction() as session:
        session.get_one(User, fresh_cast.marta.user_id).role = "supervisor"
    with pytest.raises(Refused, match="role"):
        evidence_file(fresh_cast.marta.user_id, debtor.case_id, "pdf")
    with db.reading() as session:
        assert not session.exec(select(AuditEntry).where(AuditEntry.deed == "export_evidence")).all()
