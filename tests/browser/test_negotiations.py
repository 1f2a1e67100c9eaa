"""An agent's loop in the negotiation queue, counted in keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from models import Band
from tests.browser.conftest import House, Seat
from tests.browser.test_my_queue import debtors, rows
from tests.cast import NOW
from workbench import db
from workbench.actions.negotiation_queue import open_negotiation

pytestmark = pytest.mark.browser
COUNTED = """
addEventListener("keydown", () => { window.keys = (window.keys ?? 0) + 1 }, true);
addEventListener("click", event => { if (event.isTrusted) window.clicks += 1 }, true);
"""  # from the page's beginning: the keeper of notes lets nobody hear the key that saves
OUTCOME, NOTE = "negocia", "Pide dos pagos"


def test_ana_works_the_negotiations_by_keyboard(house: House, seat: Callable[..., Seat]) -> None:
    """Nothing but the words and four keys a debtor: the outcome, Enter, the note, Ctrl+Enter."""
    first, second, third = debtors(house, "Uno Ruiz", "Dos Ruiz", "Tres Ruiz")
    with db.transaction() as session:
        open_negotiation(session, [first.case_id, second.case_id], at=NOW)
        open_negotiation(session, [third.case_id], at=NOW, band=Band.BROKEN_PROMISE)
    ana = seat()
    ana.page.add_init_script(COUNTED)
    ana.log_in("ana", "/negotiations")
    expect(ana.page.locator(".cw-table tr td:nth-child(2)")).to_have_text(["Tres Ruiz", "Uno Ruiz", "Dos Ruiz"])
    ana.press("Control+Enter")
    for debtor in ("Tres Ruiz", "Uno Ruiz"):
        ana.sees(debtor)
        expect(ana.page.locator(".cw-engaged")).to_contain_text("Hay una negociación en espera")
        ana.page.evaluate("window.keys = window.clicks = 0")
        ana.choose(OUTCOME)
        ana.write(NOTE)
        ana.save()
        keys, clicks = ana.page.evaluate("[window.keys, window.clicks]")
        assert (keys - len(OUTCOME) - len(NOTE), clicks) == (3, 0), "Enter, Control and Enter; the mouse rests"
    ana.sees("Dos Ruiz")
    saved = rows("SELECT disposition_code, note FROM interaction ORDER BY id")
    assert saved == [("call.negotiating", NOTE)] * 2
    assert rows("SELECT queue FROM work_item WHERE state = 'claimed'") == [("negotiation",)]
