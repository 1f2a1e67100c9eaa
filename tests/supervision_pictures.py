"""Pictures of supervision: the floor, the boards of a team and of a book, work dealt out, an agent's day, the order's rules."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.compliance_pictures import settled
from workbench import db

SUPERVISOR = {
    "team-goals": "team-performance?part=goals",
    "team-settings": "team-settings",
    "last-night": "last-night",
    "order-report": "order-report",
    "portfolio-health": "portfolio-health?part=book",
    "health-rolls": "portfolio-health?part=rolls",
    "health-vintages": "portfolio-health?part=vintages",
    "health-forecast": "portfolio-health?part=forecast",
}
BOARDS = {"team-performance": "team-performance", "team-side-by-side": "team-performance?part=compare"}
DEALT = ("work", "history")
PORTFOLIO, RESULT = "Tarjetas México", "Sin compromiso"
Enter = Callable[[Browser, str, str, int, str], Page]


def supervision(browser: Browser, address: str, into: Path, enter: Enter, width: int, scheme: str) -> None:
    """Every page as who reads it daily."""
    suffix = f"{width}-{scheme}"
    page = enter(browser, address, "marta", width, scheme)  # the floor first: who is there is not seen for long
    managed(page, address, into, suffix)
    page.close()
    page = enter(browser, address, "sofia", width, scheme)
    for picture, path in SUPERVISOR.items():
        visit(page, f"{address}/{path}", into / f"{picture}-{suffix}.png")
    month(page, address, into, suffix)
    page.goto(f"{address}/past-queue")
    settled(page)
    page.get_by_test_id("stDateInput").get_by_role("spinbutton").first.click()
    page.keyboard.type("11")  # of the same month
    page.keyboard.press("Escape")
    page.get_by_text("Cartera", exact=True).first.click()
    shoot(page, into / f"past-queue-{suffix}.png")
    visit(page, f"{address}/agent-day?agent={one(_CALLED)[0]}", into / f"agent-day-{suffix}.png")
    dealing(page, address, into, suffix)
    page.close()
    page = enter(browser, address, "ana", width, scheme)
    visit(page, f"{address}/my-figures", into / f"my-figures-{suffix}.png")
    page.close()


def month(page: Page, address: str, into: Path, suffix: str) -> None:
    """The team's figures of a whole month so far, and when debtors answer."""
    for picture, path in BOARDS.items():
        page.goto(f"{address}/{path}")
        settled(page)
        page.get_by_test_id("stButtonGroup").get_by_text("Mes", exact=True).click()
        shoot(page, into / f"{picture}-{suffix}.png")
        if picture == "team-performance":
            page.get_by_test_id("stVegaLiteChart").first.evaluate("it => it.scrollIntoView({ block: 'center' })")
            shoot(page, into / f"team-heat-map-{suffix}.png")


def dealing(page: Page, address: str, into: Path, suffix: str) -> None:
    """A deal before it is done; then whose work it is, a cover, the people, what was dealt."""
    page.goto(f"{address}/assignment")
    settled(page)
    page.get_by_role("button", name="Vista previa").click(delay=80)
    expect(page.get_by_role("button", name="Repartir")).to_be_visible()
    shoot(page, into / f"assignment-{suffix}.png")
    for part in DEALT:
        page.goto(f"{address}/assignment?part={part}")
        settled(page)
        if part == "work":
            row = page.locator("[data-testid=stDataFrame]").first.bounding_box()
            assert row
            page.mouse.click(row["x"] + 15, row["y"] + 52)
        shoot(page, into / f"assignment-{part}-{suffix}.png")


def managed(page: Page, address: str, into: Path, suffix: str) -> None:
    """What a manager looks at: every team's floor, the rules of the order, what a result counts as."""
    visit(page, f"{address}/floor", into / f"floor-{suffix}.png")
    page.goto(f"{address}/order-report?part=rules")
    settled(page)
    choose(page, "Cartera", PORTFOLIO)
    shoot(page, into / f"order-rules-{suffix}.png")
    page.goto(f"{address}/dispositions")
    settled(page)
    choose(page, "Cartera", PORTFOLIO)
    choose(page, "Resultado", RESULT)
    page.locator("[data-testid=stCheckbox] label, [data-testid=stToggle] label").filter(
        has_text="titular"
    ).first.click()
    settled(page)
    page.locator("[data-testid=stSelectbox]").first.evaluate("it => it.scrollIntoView({ block: 'start' })")
    page.mouse.move(300, 500)
    page.mouse.wheel(0, -80)  # the bar of the pages lies over the first lines
    shoot(page, into / f"dispositions-{suffix}.png")


def choose(page: Page, label: str, value: str) -> None:
    """Chooses in a list by its label."""
    page.get_by_label(label).first.click()
    page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    settled(page)


def visit(page: Page, address: str, into: Path) -> None:
    page.goto(address)
    settled(page)
    shoot(page, into)


def shoot(page: Page, into: Path) -> None:
    settled(page)
    page.wait_for_timeout(1500)  # a chart or a table draws itself after its page
    page.screenshot(path=into)


def one(sql: str) -> tuple[Any, ...]:
    """The row that a picture is of."""
    with db.reading() as session:
        return tuple(session.execute(text(sql)).one())


_CALLED = "SELECT id FROM app_user WHERE email = 'luis@example.com'"
