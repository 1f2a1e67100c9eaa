"""A case opened from the search as a supervisor answers for it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Debtor, Interaction
from tests.actions.test_interactions import LATE, MINUTE, form_for, hold
from tests.cast import Cast, owe
from workbench import db
from workbench.actions.interactions import record
from workbench.rules.access import Viewer
from workbench.rules.unlawful import Unlawful
from workbench.ui import access, i18n

PAGE = str(Path(__file__).parents[2] / "pages/search.py")


@pytest.fixture
def case_id(fresh_cast: Cast) -> int:
    """The case of a debtor whom Ana called too late."""
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        hold(session, fresh_cast)
        form = form_for(session, item, "call.no_answer", started_at=LATE, note="Nadie")
    with pytest.raises(Unlawful), db.transaction() as session:
        record(session, fresh_cast.ana, form, at=LATE + MINUTE)
    return item.case_id


@pytest.fixture
def opened(page_as, monkeypatch: pytest.MonkeyPatch, case_id: int):
    def as_of(who: Viewer) -> AppTest:
        page = page_as(PAGE, who)
        monkeypatch.setattr(access, "now", lambda: LATE + timedelta(minutes=30))
        page.query_params["case"] = str(case_id)
        return page.run()

    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield as_of
    i18n._spoken.reset(token)


def buttons(page: AppTest) -> list[str]:
    assert not page.exception, page.exception
    return [each.label for each in page.button]


def test_sofia_answers_for_a_blocked_call_with_a_reason(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.sofia)
    answer = next(each for each in page.button if each.label == "Save with this reason")
    answer.click().run()  # without a reason nothing is saved
    with db.reading() as session:
        assert session.exec(select(Interaction)).all() == []
    next(each for each in page.text_input if each.label == "Reason for a call that is not lawful").input("lo pidió")
    next(each for each in page.button if each.label == "Save with this reason").click().run()
    assert "Save with this reason" not in buttons(page)
    with db.reading() as session:
        saved = session.exec(select(Interaction)).one()
    assert (saved.user_id, saved.override_by) == (fresh_cast.ana.user_id, fresh_cast.sofia.user_id)
    assert (saved.note, saved.override_reason) == ("Nadie", "lo pidió")


def test_sofia_writes_down_what_is_known_of_a_debtor(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.sofia)
    next(each for each in page.checkbox if each.label == "Does not want to be contacted").check()
    next(each for each in page.button if each.label == "Save what is known").click().run()
    assert not page.exception, page.exception
    with db.reading() as session:
        assert session.exec(select(Debtor)).one().contact_facts == {"opted_out": True}


def test_an_agent_finds_nothing_to_answer_for(fresh_cast: Cast, opened) -> None:
    found = buttons(opened(fresh_cast.ana))
    assert "Back to the results" in found
    assert not {"Save with this reason", "Save what is known"} & set(found)


def test_what_belongs_to_another_team_is_not_there(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.bruno)
    assert "Back to the results" not in buttons(page)
    assert not page.checkbox
