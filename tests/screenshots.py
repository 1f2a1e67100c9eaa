"""Pictures of the pages for the README, of the demonstration at a lawful hour.

uv run python -m tests.screenshots [--into docs/screenshots] [--only law]
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import product
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import text

from seed.load import seed_demo
from seed.people import DEMO_PASSWORD
from tests.browser.clocks import jump
from tests.browser.conftest import CHROMIUM
from tests.cast import NOW
from tests.cluster import throwaway_folder
from tests.compliance_pictures import compliance, prepare
from tests.message_pictures import conversation, messages
from tests.message_pictures import prepare as prepare_messages
from tests.negotiation_pictures import negotiation
from tests.supervision_pictures import supervision
from workbench import db, embedded
from workers.schedule import tick

SIZES = {1440: 900, 1024: 768}
SCHEMES = ("light", "dark")


def settled(page: Page) -> None:
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-testid=stAppSkeleton], [data-testid=stSkeleton]")).to_have_count(0)
    page.wait_for_timeout(600)


def enter(browser: Browser, address: str, name: str, width: int, scheme: str) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        locale="es-MX",
        timezone_id="America/Mexico_City",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(address)
    page.locator("input[name=email]").fill(f"{name}@example.com")
    page.locator("input[name=password]").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    settled(page)
    return page


def my_queue(page: Page, into: Path, suffix: str) -> None:
    """A debtor with a promise half typed; what is typed is dropped again, the debtor given back."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
    page.keyboard.type("promesa", delay=20)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[class*=st-key-fields-] :focus")).to_have_count(1)
    settled(page)
    page.keyboard.press("Tab")
    page.keyboard.type("25112026", delay=20)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Cobra el martes; pide que le llamen el mismo día.", delay=10)
    page.wait_for_timeout(1500)
    page.screenshot(path=into / f"my-queue-{suffix}.png")
    page.get_by_role("button", name="Pausar").click(delay=80)
    settled(page)
    with db.transaction() as session:  # the next picture begins with an empty form
        session.execute(text("DELETE FROM draft"))


def search(page: Page, address: str, into: Path, suffix: str) -> None:
    page.goto(f"{address}/search")
    settled(page)
    page.get_by_label("Nombre, identificación").fill("hernandes")
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    settled(page)
    page.screenshot(path=into / f"search-{suffix}.png")


OTHERS = {
    "marta": ("portfolios", "import-file", "operations", "templates"),
    "alma": ("users",),
}


def visit(page: Page, address: str, path: str, into: Path, suffix: str) -> None:
    page.goto(f"{address}/{path}")
    settled(page)
    page.wait_for_timeout(1500)  # a chart draws itself after its page
    page.screenshot(path=into / f"{path}-{suffix}.png")


def law(browser: Browser, address: str, into: Path, at: Callable[[datetime], None]) -> None:
    """The contact law on an agent's screens: at closing time, on a holiday, after a talk, and a call that came too late."""
    closing, holiday = (
        datetime.fromisoformat(f"{moment}-05:00") for moment in ("2026-11-18T18:58", "2026-11-16T10:00")
    )
    with db.reading() as session:
        talked = session.execute(text(TALKED_YESTERDAY), {"at": NOW}).scalar_one()
    for shoot, name, moment, path in (
        (closing_time, "bruno", closing, ""),
        (as_it_is, "ines", holiday, "law-holiday"),  # has made no call since, and the clock stands before the others'
        (as_it_is, "diego", NOW, f"law-talked-yesterday search?case={talked}"),
        (too_late, "bruno", closing, ""),
    ):
        for width in SIZES:
            for scheme in SCHEMES:
                at(moment)
                page = enter(browser, address, name, width, scheme)
                shoot(page, address, path, into, f"{width}-{scheme}", at)
                page.close()


def as_it_is(page: Page, address: str, path: str, into: Path, suffix: str, _at: Callable[[datetime], None]) -> None:
    name, _, leads_to = path.partition(" ")
    page.goto(f"{address}/{leads_to}")
    settled(page)
    page.screenshot(path=into / f"{name}-{suffix}.png")


def closing_time(
    page: Page, _address: str, _path: str, into: Path, suffix: str, _at: Callable[[datetime], None]
) -> None:
    """Two minutes before the hours end, the article opened."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
    settled(page)
    page.locator(".cw-badges .cw-cite summary").click()
    page.screenshot(path=into / f"law-closing-{suffix}.png")
    give_back(page)


def too_late(page: Page, _address: str, _path: str, into: Path, suffix: str, at: Callable[[datetime], None]) -> None:
    """A call begun when the hours were over, refused."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
    settled(page)
    at(datetime.fromisoformat("2026-11-18T19:00-05:00"))
    page.evaluate("addEventListener('click', (e) => e.target.closest('a') && e.preventDefault(), { once: true })")
    page.locator("a[href^='tel:']").first.click()
    page.wait_for_timeout(500)
    settled(page)
    page.locator("[class*=st-key-outcome-] input").click()
    page.keyboard.type("sin compromiso", delay=20)
    page.keyboard.press("Enter")
    expect(page.locator("[class*=st-key-note-] :focus")).to_have_count(1)
    page.keyboard.type("Pide hablar mañana con su hija.", delay=10)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-testid=stAlert]")).to_be_visible()
    settled(page)
    page.screenshot(path=into / f"law-too-late-{suffix}.png")
    give_back(page)


def give_back(page: Page) -> None:
    page.get_by_role("button", name="Pausar").click(delay=80)
    settled(page)
    with db.transaction() as session:
        session.execute(text("DELETE FROM draft"))


TALKED_YESTERDAY = """
    SELECT i.case_id FROM interaction i JOIN disposition d ON d.code = i.disposition_code
    JOIN portfolio p ON p.id = i.portfolio_id
    WHERE p.code = 'CL-TIENDA' AND d.counts_rpc AND i.started_at < CAST(:at AS timestamptz) - interval '12 hours'
    ORDER BY i.started_at DESC LIMIT 1
"""


def log_in_page(browser: Browser, address: str, width: int, scheme: str, into: Path) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        locale="es-MX",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(address)
    page.screenshot(path=into / f"log-in-{width}-{scheme}.png")
    page.close()


def pages(browser: Browser, address: str, into: Path) -> None:
    """Every page as somebody whose daily work it is."""
    for width in SIZES:
        for scheme in SCHEMES:
            page = enter(browser, address, "ana", width, scheme)
            my_queue(page, into, f"{width}-{scheme}")
            search(page, address, into, f"{width}-{scheme}")
            page.close()
            for name, paths in OTHERS.items():
                page = enter(browser, address, name, width, scheme)
                for path in paths:
                    visit(page, address, path, into, f"{width}-{scheme}")
                page.close()
            log_in_page(browser, address, width, scheme, into)


def take(address: str, into: Path, at: Callable[[datetime], None], *, only: str | None) -> None:
    into.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        if only in (None, "pages"):
            pages(browser, address, into)
        if only in (None, "compliance"):
            for width, scheme in product(SIZES, SCHEMES):
                page = enter(browser, address, "marta", width, scheme)
                compliance(page, address, into, f"{width}-{scheme}")
                page.close()
        if only in (None, "messages"):
            for width, scheme in product(SIZES, SCHEMES):
                page = enter(browser, address, "marta", width, scheme)
                messages(page, address, into, f"{width}-{scheme}")
                page.close()
                page = enter(browser, address, "carmen", width, scheme)
                conversation(page, into, f"{width}-{scheme}")
                page.close()
        shoots = {"negotiation": negotiation, "supervision": supervision}
        for name, width, scheme in product(shoots, SIZES, SCHEMES):
            if only in (None, name):
                at(NOW)  # whoever is at work then is not seen for long
                shoots[name](browser, address, into, enter, width, scheme)
        if only in (None, "law"):
            law(browser, address, into, at)
        browser.close()


def serve(home: Path, at: datetime, into: Path, *, only: str | None) -> None:
    """Seeds a database of its own and photographs the real server on it."""
    with embedded.using(home, durable=False) as servers, socket.socket() as free:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        seed_demo(at=at, number=1, progress=lambda *_: None)
        tick(at)  # Operations shows a timetable that has begun
        with db.transaction() as session:
            prepare(session, at)
            if only in (None, "messages"):
                prepare_messages(session, at)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ,
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "WORKBENCH_DATA": str(home),
        }
        command = [sys.executable, "-m", "tests.browser.serve", str(port), at.isoformat()]
        server = subprocess.Popen(command, env=environment)
        try:
            wait_for(f"http://127.0.0.1:{port}")
            take(f"http://127.0.0.1:{port}", into, partial(jump, server, home), only=only)
        finally:
            server.terminate()
            server.wait(20)
            db.engine().dispose()


def wait_for(address: str) -> None:
    for _ in range(3000):  # a busy machine takes a minute to start
        try:
            urllib.request.urlopen(address + "/healthz", timeout=2).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("docs/screenshots"))
    parser.add_argument(
        "--only",
        choices=("pages", "compliance", "messages", "negotiation", "law", "supervision"),
        help="not all of them",
    )
    asked = parser.parse_args()
    with throwaway_folder() as folder:
        serve(Path(folder), NOW, asked.into, only=asked.only)
