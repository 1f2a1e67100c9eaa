"""A manager takes a debtor's evidence out of the real page, in her own language, and the audit knows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from models import AuditEntry, User
from tests.browser.conftest import House, Seat
from tests.cast import owe
from tests.queries.test_evidence import contact
from workbench import db

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]


def test_marta_downloads_evidence_in_english(house: House, seat: Take, tmp_path: Path) -> None:
    with db.transaction() as session:
        item = owe(session, house.cast.mexico, name="Ximena Villaseñor")
        contact(session, item, note="Contestó su hermana")
        session.get_one(User, house.cast.marta.user_id).language = "en"
    marta = seat()
    marta.log_in("marta", "/compliance?part=evidence")
    marta.page.get_by_label("Debtor's reference, name").fill("ximena")
    marta.press("Enter")
    files = {}
    for kind in ("CSV", "PDF"):
        marta.settle()
        with marta.page.expect_download(timeout=60_000) as taken:
            marta.click(f"Download {kind}")
        taken.value.save_as(tmp_path / taken.value.suggested_filename)
        files[kind] = (tmp_path / taken.value.suggested_filename).read_bytes()
    assert files["CSV"].decode("utf-8-sig").startswith("When (UTC),")
    assert "Contestó su hermana" in files["CSV"].decode("utf-8-sig")
    assert files["PDF"].startswith(b"%PDF-")
    assert b"Evidence of contacts" in files["PDF"]  # its title, which is never compressed
    with db.reading() as session:
        taken = session.exec(select(AuditEntry).where(AuditEntry.deed == "export_evidence")).all()
    assert [entry.details["file"] for entry in taken] == ["csv", "pdf"]
    assert {entry.by_id for entry in taken} == {house.cast.marta.user_id}
