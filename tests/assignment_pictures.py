"""Pictures of assignment: a deal before it is done, whose work it is, a cover, the people, the history."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.compliance_pictures import settled
from workbench import db

PARTS = ("work", "cover", "people", "history")
Enter = Callable[[Browser, str, str, int, str], Page]


def assignment(browser: Browser, address: str, into: Path, enter: Enter, width: int, scheme: str) -> None:
    """The supervisor's morning; what she deals is undone again, so that the next picture shows the same."""
    suffix = f"{width}-{scheme}"
    page = enter(browser, address, "sofia", width, scheme)
    page.goto(f"{address}/assignment")
    settled(page)
    page.get_by_role("button", name="Vista previa").click(delay=80)
    expect(page.get_by_role("button", name="Repartir")).to_be_visible()
    shoot(page, into / f"assignment-{suffix}.png")
    page.get_by_role("button", name="Repartir").click(delay=80)
    settled(page)
    for part in PARTS:
        page.goto(f"{address}/assignment?part={part}")
        settled(page)
        if part == "work":
            row = page.locator("[data-testid=stDataFrame]").first.bounding_box()
            assert row
            page.mouse.click(row["x"] + 15, row["y"] + 52)
        shoot(page, into / f"assignment-{part}-{suffix}.png")
    page.get_by_role("button", name="Deshacer").first.click(delay=80)
    settled(page)
    page.close()
    page = enter(browser, address, "marta", width, scheme)
    page.goto(f"{address}/assignment?part=portfolios")
    settled(page)
    page.get_by_role("button", name="Vista previa").click(delay=80)
    shoot(page, into / f"assignment-portfolios-{suffix}.png")
    page.close()


def prepare() -> None:
    """Somebody of the team is away, somebody is full."""
    with db.transaction() as session:
        session.execute(text(_AWAY))
        session.execute(text(_FULL))


def shoot(page: Page, into: Path) -> None:
    settled(page)
    page.wait_for_timeout(1200)  # a table draws itself after its page
    page.screenshot(path=into)


_AWAY = """
    INSERT INTO absence (user_id, from_on, until_on, reason, made_at)
    SELECT id, DATE '2026-11-17', DATE '2026-11-20', 'Vacaciones', now() FROM app_user WHERE email = 'raul@example.com'
"""
_FULL = """
    INSERT INTO work_profile (user_id, case_cap, stages)
    SELECT id, 60, '{administrative}' FROM app_user WHERE email = 'carmen@example.com'
"""
