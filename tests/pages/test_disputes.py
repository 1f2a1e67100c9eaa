"""The page Disputes as each role sees it, and the switch under a case."""

from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from models import Dispute, DisputeKind, WorkItem
from tests.cast import NOW, Cast, owe
from tests.pages.test_outbox import shown
from tests.rules.test_evidence_files import PDF, PNG
from workbench import db
from workbench.actions.disputes import open_dispute
from workbench.actions.evidence import add_evidence
from workbench.ui import i18n

PAGES = Path(__file__).parents[2] / "pages"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")
    yield partial(page_as, str(PAGES / "disputes.py"))
    i18n._spoken.reset(token)


@pytest.fixture
def item(fresh_cast: Cast) -> WorkItem:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, name=f"Ximena {HOSTILE}")


def claimed(session: Session, cast: Cast, item: WorkItem, who=None) -> int:
    note = f"dice que no es suya {HOSTILE}"
    return open_dispute(session, who or cast.ana, item.case_id, DisputeKind.DISPUTE, "not_theirs", note=note, at=NOW).id


def the(page, key: str):
    found = [*page.button, *page.text_area, *page.radio, *page.number_input, *page.text_input, *page.toggle]
    return next(each for each in found if each.key == key)


def test_an_admin_does_not_open_it(fresh_cast: Cast, opened) -> None:
    assert shown(opened(fresh_cast.alma)).strip() == "Your role does not allow this."


def test_empty_lists_say_what_fills_them(fresh_cast: Cast, opened) -> None:
    assert "Claims, payments to verify" in shown(opened(fresh_cast.sofia))
    assert "A claim is opened from a debtor" in shown(opened(fresh_cast.ana))


def test_a_supervisor_decides_and_the_case_is_back(fresh_cast: Cast, opened, item) -> None:
    with db.transaction() as session:
        claim = claimed(session, fresh_cast, item)
        add_evidence(session, fresh_cast.ana, claim, "factura.pdf", PDF, at=NOW)
        add_evidence(session, fresh_cast.ana, claim, "foto.png", PNG, at=NOW)
    page = opened(fresh_cast.sofia)
    assert HOSTILE not in shown(page)
    page = the(page, f"look-{item.case_id}").click().run()
    assert not page.exception, page.exception
    assert {"factura.pdf", "foto.png"} <= {each.value for each in page.text}
    page = the(page, f"decide-note-{claim}").input("la firma es suya").run()
    page = the(page, f"decide-save-{claim}").click().run()
    assert not page.exception, page.exception
    with db.reading() as session:
        assert session.get(Dispute, claim).resolution_note == "la firma es suya"
        assert session.get(WorkItem, item.id).state == "ready"


def test_a_supervisors_write_down_is_asked_of_a_manager(fresh_cast: Cast, opened, item) -> None:
    with db.transaction() as session:
        claim = claimed(session, fresh_cast, item)
    page = opened(fresh_cast.sofia)
    page = the(page, f"look-{item.case_id}").click().run()
    page = the(page, f"decide-how-{claim}").set_value("written_down").run()
    page = the(page, f"decide-note-{claim}").input("error de facturación").run()
    page = the(page, f"decide-save-{claim}").click().run()
    assert "a manager decides" in " ".join(each.value for each in page.success)
    with db.reading() as session:
        assert session.get(Dispute, claim).resolution is None


def test_an_agent_only_withdraws_their_own(fresh_cast: Cast, opened, item) -> None:
    with db.transaction() as session:
        claim = claimed(session, fresh_cast, item)
        other = claimed(session, fresh_cast, owe(session, fresh_cast.mexico), fresh_cast.sofia)
    page = opened(fresh_cast.ana)
    mine = the(page, f"claim-{claim}").click().run()
    assert the(mine, f"decide-how-{claim}").options == ["Withdrawn by who opened it"]
    page = opened(fresh_cast.ana)
    assert "A supervisor decides on this claim." in shown(the(page, f"claim-{other}").click().run())


def test_bruno_does_not_open_a_mexican_claim_by_its_number(fresh_cast: Cast, opened, item) -> None:
    with db.transaction() as session:
        claim = claimed(session, fresh_cast, item)
    page = opened(fresh_cast.bruno)
    page.query_params["claim"] = str(claim)
    assert "Ximena" not in shown(page.run())


def test_the_card_of_who_died_shows_no_number_to_dial(fresh_cast: Cast, page_as, item) -> None:
    with db.transaction() as session:
        about = (DisputeKind.DECEASED, "death_reported")
        open_dispute(session, fresh_cast.ana, item.case_id, *about, note="lo dice su hija", at=NOW)
    page = page_as(str(PAGES / "search.py"), fresh_cast.sofia)
    page.query_params["case"] = str(item.case_id)
    told = shown(page.run())
    assert "Nobody contacts this debtor: deceased" in told
    assert "tel:" not in told
    assert "May be called" not in told


def test_the_switch_under_a_case_opens_a_claim_once(fresh_cast: Cast, opened, page_as, item) -> None:
    page = page_as(str(PAGES / "search.py"), fresh_cast.ana)
    page.query_params["case"] = str(item.case_id)
    page = page.run()
    page = the(page, f"claim-on-{item.case_id}").set_value(True).run()
    assert not page.exception, page.exception
    page = the(page, f"claim-note-{item.case_id}").input("la factura trae otro importe").run()
    page = the(page, f"claim-save-{item.case_id}").click().run()
    assert not page.exception, page.exception
    assert "Paused since" in shown(page)
    with db.reading() as session:
        [made] = session.exec(select(Dispute)).all()
        assert (made.category, made.note) == ("wrong_amount", "la factura trae otro importe")
