"""An offer inside the authority is closed by two keystrokes, counted where they are pressed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from models import Portfolio
from tests.browser.conftest import House, Seat
from tests.browser.test_my_queue import debtors, rows
from workbench import db
from workbench.actions.policies import install_policies

pytestmark = pytest.mark.browser
COUNTED = """
window.strokes = 0;
addEventListener("keydown", event => {
    if (!["Alt", "Control", "Shift", "Meta"].includes(event.key)) window.strokes += 1;
}, true);
addEventListener("click", event => { if (event.isTrusted) window.clicks = (window.clicks ?? 0) + 1 }, true);
"""  # a chord is one stroke; from the page's beginning, before the keeper of notes listens


def test_ana_closes_an_offer_with_two_keystrokes(house: House, seat: Callable[..., Seat]) -> None:
    """Alt+N opens the offers, the best one chosen; Ctrl+Enter signs it, saves the call and brings the next debtor."""
    with db.transaction() as session:
        install_policies(session, session.get_one(Portfolio, house.cast.mexico.id))
    first, _second = debtors(house, "Uno Ruiz", "Dos Ruiz")
    ana = seat()
    ana.page.add_init_script(COUNTED)
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.settle()
    ana.page.evaluate("window.strokes = window.clicks = 0")
    ana.press("Alt+N")
    expect(ana.page.get_by_role("button", name="Cerrar convenio")).to_be_visible()
    ana.settle()
    ana.press("Control+Enter")
    ana.sees("Dos Ruiz")
    assert ana.page.evaluate("[window.strokes, window.clicks]") == [2, 0]
    assert rows("SELECT case_id, state FROM agreement") == [(first.case_id, "active")]
    assert rows("SELECT disposition_code FROM interaction") == [("call.agreement",)]
