"""Dispositions on their page: a correction is shown before it is made, and the audit keeps it."""

from pathlib import Path

import pytest

from models import Disposition
from tests.cast import Cast
from tests.supervision.worked import live
from workbench import db
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/dispositions.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


def test_a_manager_sees_what_a_correction_does_and_makes_it(page_as, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        live(session, fresh_cast)
    page = page_as(PAGE, fresh_cast.marta)
    assert not page.exception
    assert "Change something above" in "".join(each.value for each in page.caption)
    page.selectbox(key="disposition").select("call.wrong_number").run()
    page.checkbox(key="disposition-call.wrong_number-counts_contact-0").uncheck().run()
    moves = page.dataframe[1].value
    # with the Sunday before, of thirty days
    assert moves.loc[moves["Figure"] == "Contacts", ["Before", "After"]].to_numpy().tolist() == [["5", "4"]]
    page.checkbox(key="disposition-call.wrong_number-counts_rpc-0").check().run()
    assert "count both" in page.error[0].value
    page.checkbox(key="disposition-call.wrong_number-counts_rpc-0").uncheck().run()
    page.button(key="disposition-save").click().run()
    assert not page.exception
    assert "Saved" in page.success[0].value
    with db.reading() as session:
        assert not session.get_one(Disposition, "call.wrong_number").counts_contact
