"""Sofía watches the floor while Ana works: the page follows by itself and stays where it was."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from models import Role, TeamMember, User
from tests.browser.conftest import House, Seat
from tests.cast import NOW, owe
from workbench import db

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]
SOON_MS = 6_000  # one refresh, and the time it takes
# counts the frames in which the table was away or paler than it should be
FLICKER = """() => {
  window.__gone = [];
  const watch = () => {
    const table = document.querySelector(".cw-floor");
    if (!table) window.__gone.push("away");
    for (let box = table; box; box = box.parentElement)
      if (getComputedStyle(box).opacity !== "1") window.__gone.push(getComputedStyle(box).opacity);
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
}"""


def crowd(house: House, n: int) -> None:
    """So many agents that the page has to be scrolled."""
    with db.transaction() as session:
        for number in range(n):
            user = User(email=f"zoe{number}@example.com", name=f"Zoe {number:02}", role=Role.AGENT, created_at=NOW)
            session.add(user)
            session.flush()
            session.add(TeamMember(team_id=next(iter(house.cast.ana.team_ids)), user_id=user.id))


def row_of(page: Page, user_id: int):
    return page.locator(f".cw-floor tr[data-agent='{user_id}']")


def test_the_floor_follows_an_agent_and_stays_where_it_was(house: House, seat: Take) -> None:
    crowd(house, 40)
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Elena Ruiz")
        owe(session, house.cast.mexico, name="Omar Paz", score=0.5)
    ana, sofia = seat(), seat(height=700)
    sofia.log_in("sofia", "/floor")
    ana.log_in("ana")
    page, mine = sofia.page, row_of(sofia.page, house.cast.ana.user_id)
    expect(mine).to_contain_text("Sin caso", timeout=SOON_MS)
    expect(mine).not_to_contain_text("Elena Ruiz")

    agent = page.get_by_role("combobox", name="Agente")
    agent.click()
    page.get_by_role("option", name="Ana").click()
    expect(page.locator(".cw-chosen")).to_contain_text("Ana")
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 320)")
    page.evaluate(FLICKER)

    ana.press("Control+Enter")
    expect(mine).to_contain_text("Elena Ruiz", timeout=SOON_MS)
    expect(mine).to_contain_text("En un caso")
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") == 320
    expect(page.locator(".cw-chosen")).to_contain_text("En un caso")
    assert page.evaluate("window.__gone") == []

    page.get_by_role("button", name="Tomar el caso").click(delay=80)
    sofia.settle()
    expect(page.locator(".cw-who h2")).to_have_text("Elena Ruiz")
    ana.press("Control+Enter")  # nothing is saved on a debtor whom she no longer holds
    expect(ana.page.locator(".cw-who h2", has_text="Elena Ruiz")).to_have_count(0)


def test_a_break_by_the_key_is_seen_on_the_floor(house: House, seat: Take) -> None:
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Elena Ruiz")
    ana, marta = seat(), seat()
    marta.log_in("marta", "/floor")
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Elena Ruiz")
    ana.press("Alt+b")
    expect(ana.page.locator(".cw-away")).to_be_visible()
    expect(row_of(marta.page, house.cast.ana.user_id)).to_contain_text("Descanso", timeout=SOON_MS)
    expect(marta.page.get_by_role("button", name="Tomar el caso")).to_have_count(0)
    ana.press("Control+Enter")
    ana.sees("Elena Ruiz")
    expect(row_of(marta.page, house.cast.ana.user_id)).to_contain_text("En un caso", timeout=SOON_MS)
