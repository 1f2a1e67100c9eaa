"""Pictures of negotiation: an agent's offers and the answer to what she asked, and what a supervisor and a manager see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.cast import TODAY
from tests.compliance_pictures import settled
from workbench import db

CODE = "MX-TARJETAS"
SUPERVISOR = {
    "approvals": "approvals",
    "promises": "promises?part=week",
    "payments": "payments",
    "payments-verification": "payments?part=verification",
    "disputes": "disputes?part=review",
    "hand-overs": "hand-overs",
}
Enter = Callable[[Browser, str, str, int, str], Page]


def negotiation(browser: Browser, address: str, into: Path, enter: Enter, width: int, scheme: str) -> None:
    """Every page of negotiation as who works with it daily."""
    suffix = f"{width}-{scheme}"
    for name, shoot in (("ana", offers), ("sofia", supervision), ("marta", policies)):
        page = enter(browser, address, name, width, scheme)
        shoot(page, address, into, suffix)
        page.close()
    asker, case_id = one(_COUNTERED)
    page = enter(browser, address, asker, width, scheme)
    counter_offer(page, address, into, suffix, case_id)
    page.close()


def offers(page: Page, address: str, into: Path, suffix: str) -> None:
    """The negotiation queue, and a debtor of it with what may be offered; the debtor is given back."""
    visit(page, f"{address}/negotiations", into / f"negotiations-{suffix}.png")
    (case_id,) = one(_ENGAGED)
    on_the_desk(page, address, case_id)
    page.keyboard.press("Alt+N", delay=80)
    settled(page)
    page.screenshot(path=into / f"negotiation-offers-{suffix}.png")
    give_back(page)


def counter_offer(page: Page, address: str, into: Path, suffix: str, case_id: int) -> None:
    """The agent's page with the counter-offer to what they asked."""
    on_the_desk(page, address, case_id)
    expect(page.get_by_role("button", name="Aceptar y cerrar")).to_be_visible()
    page.screenshot(path=into / f"counter-offer-{suffix}.png")
    give_back(page)


def supervision(page: Page, address: str, into: Path, suffix: str) -> None:
    """The lists of a supervisor's day; then one debtor's movements and one claim."""
    for name, path in SUPERVISOR.items():
        visit(page, f"{address}/{path}", into / f"{name}-{suffix}.png")
    (case_id,), (claim_id,) = one(_MOVED), one(_CLAIMED)
    visit(page, f"{address}/statement?case={case_id}", into / f"statement-{suffix}.png")
    visit(page, f"{address}/disputes?claim={claim_id}", into / f"dispute-{suffix}.png")


def policies(page: Page, address: str, into: Path, suffix: str) -> None:
    """How far each role may go, of the portfolio that the others work."""
    page.goto(f"{address}/policies")
    settled(page)
    page.locator("[data-testid=stSelectbox] input").first.click()
    page.keyboard.type("Tarjetas México")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)
    settled(page)
    page.screenshot(path=into / f"policies-{suffix}.png")


def visit(page: Page, address: str, into: Path) -> None:
    page.goto(address)
    settled(page)
    page.wait_for_timeout(1000)  # a table draws itself after its page
    page.screenshot(path=into)


def on_the_desk(page: Page, address: str, case_id: int) -> None:
    """Takes a debtor that was found."""
    page.goto(f"{address}/search?case={case_id}")
    settled(page)
    page.get_by_role("button", name="Tomar y trabajar").click(delay=80)
    expect(page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
    settled(page)


def give_back(page: Page) -> None:
    page.get_by_role("tab", name="Resultado").click(delay=80)
    settled(page)
    page.get_by_role("button", name="Pausar").click(delay=80)
    settled(page)
    with db.transaction() as session:
        session.execute(text("DELETE FROM draft"))


def one(sql: str) -> tuple[Any, ...]:
    """The row that a picture is of."""
    with db.reading() as session:
        return tuple(session.execute(text(sql), {"code": CODE, "on": TODAY} if ":on" in sql else {"code": CODE}).one())


_COUNTERED = """
    SELECT split_part(u.email, '@', 1), a.case_id FROM approval a JOIN app_user u ON u.id = a.requested_by
    JOIN portfolio p ON p.id = a.portfolio_id
    WHERE p.code = :code AND a.state = 'countered' ORDER BY a.kind = 'agreement' DESC, a.id DESC LIMIT 1
"""
_ENGAGED = """
    SELECT w.case_id FROM work_item w JOIN portfolio p ON p.id = w.portfolio_id JOIN case_standing s ON s.case_id = w.case_id
    WHERE p.code = :code AND w.queue = 'negotiation' AND w.state = 'ready'
      AND (w.reserved_for IS NULL OR w.reserved_for = (SELECT u.id FROM app_user u WHERE u.email = 'ana@example.com'))
      AND NOT EXISTS (SELECT FROM agreement a WHERE a.case_id = w.case_id AND a.state = 'active')
      AND NOT EXISTS (SELECT FROM approval a WHERE a.case_id = w.case_id)
    ORDER BY coalesce(s.oldest_due_on < CAST(:on AS date) - 61, false) DESC, s.balance DESC LIMIT 1  -- for a discount
"""
_MOVED = """
    SELECT y.case_id FROM payment y JOIN portfolio p ON p.id = y.portfolio_id WHERE p.code = :code
    GROUP BY y.case_id
    ORDER BY bool_or(y.reversed_on IS NOT NULL) AND bool_or(y.kind = 'discount') DESC, bool_or(y.reversed_on IS NOT NULL) DESC,
      count(*) DESC LIMIT 1
"""
_CLAIMED = """
    SELECT d.id FROM dispute d JOIN portfolio p ON p.id = d.portfolio_id
    WHERE p.code = :code AND d.resolution IS NULL
    ORDER BY EXISTS (SELECT FROM document o WHERE o.dispute_id = d.id) DESC, d.id DESC LIMIT 1
"""
