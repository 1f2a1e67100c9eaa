"""A manager changes a step in the real table, tries the draft out, and puts it in force."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, Seat
from tests.cast import NOW, owe
from workbench import db
from workbench.actions.strategies import create_draft
from workbench.actions.templates import install_templates
from workbench.queries.strategies import published

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]
ROW = 35  # pixels


def type_into(seat: Seat, *, row: int, right: int, words: str) -> None:
    """Types over a cell of the first table: its rows count from 0, `right` is how far from its left edge it is."""
    table = seat.page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": right, "y": ROW + row * ROW + ROW / 2})
    seat.press("Enter")
    seat.page.locator("#portal textarea").fill(words)
    seat.press("Enter")
    seat.settle()


def test_marta_edits_a_step_tries_it_out_and_publishes(house: House, seat: Take) -> None:
    with db.transaction() as session:
        install_templates(session, at=NOW)
        owe(session, house.cast.mexico, name="Ximena Villaseñor", days_past_due=2)
        create_draft(session, house.cast.marta, house.cast.mexico.id, at=NOW)
    marta = seat()
    marta.log_in("marta", "/strategies?part=draft")
    save = marta.page.get_by_role("button", name="Guardar borrador")
    expect(save).to_be_disabled()
    type_into(marta, row=1, right=180, words="Aviso amable")
    expect(save).to_be_enabled()
    marta.click("Probar")
    expect(marta.page.get_by_test_id("stMetric").first).to_contain_text("1")
    expect(marta.page.get_by_role("button", name="Publicar")).to_be_disabled()
    marta.click(save)
    expect(marta.page.get_by_text("El borrador está guardado.")).to_be_visible()
    marta.click("Publicar")
    expect(marta.page.get_by_text("La versión 1 rige desde")).to_be_visible()
    with db.reading() as session:
        force = published(session, house.cast.mexico.id)
    assert [step.name for step in force.definition.segments[0].steps[:2]] == [
        "Recordatorio de cortesía",
        "Aviso amable",
    ]
