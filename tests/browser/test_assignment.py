"""A supervisor deals work out while an agent works, from a figure down to the undo."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import PRESS_MS, House, Seat
from tests.browser.test_my_queue import debtors, rows

pytestmark = pytest.mark.browser
HEADER, LINE = 35, 35  # of a table, in pixels
OWNED = "SELECT count(*) FROM collection_case WHERE owner_id IS NOT NULL"


def test_sofia_deals_from_a_figure_and_takes_it_back_while_ana_works(house: House, seat: Callable[..., Seat]) -> None:
    """What Ana has in hand stays in her hands; the figure, the preview, the deed and its undo speak of the same cases."""
    debtors(house, "Uno Ruiz", "Dos Ruiz", "Tres Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    sofia = seat()
    sofia.log_in("sofia", "/assignment?part=work")
    tables = sofia.page.locator("[data-testid=stDataFrame]")
    for level in range(2):  # the queue of calls, and in it what is nobody's
        choose_first(sofia, tables.nth(level))
    sofia.page.get_by_role("button", name="Repartir estos 3 casos").click(delay=PRESS_MS)
    expect(sofia.page.get_by_text("3 casos coinciden")).to_be_visible()
    expect(sofia.page.get_by_text("1 en gestión ahora se queda")).to_be_visible()
    sofia.page.get_by_role("button", name="Vista previa").click(delay=PRESS_MS)
    deal = sofia.page.get_by_role("button", name="Repartir 2 casos")
    expect(deal).to_be_visible()
    sofia.settle()
    assert rows(OWNED) == [(0,)]
    deal.click(delay=PRESS_MS)
    expect(sofia.page.get_by_text("2 casos cambiaron de manos.")).to_be_visible()
    assert rows(OWNED) == [(2,)]
    assert rows("SELECT count(*) FROM work_item WHERE state = 'claimed'") == [(1,)]
    sofia.page.get_by_role("radio", name="Historial").click(delay=PRESS_MS)
    sofia.page.get_by_role("button", name="Deshacer").click(delay=PRESS_MS)
    expect(sofia.page.get_by_text("2 casos volvieron.")).to_be_visible()
    assert rows(OWNED) == [(0,)]


def choose_first(person: Seat, table: Locator) -> None:
    """Ticks the first line of a table, which is drawn and has no elements."""
    expect(table).to_be_visible()
    person.settle()
    table.scroll_into_view_if_needed()
    person.page.wait_for_timeout(500)
    table.click(position={"x": 15, "y": HEADER + LINE // 2}, delay=PRESS_MS)
    person.settle()
