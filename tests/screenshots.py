"""Pictures of the pages for the README, of the demonstration at a lawful hour.

uv run python -m tests.screenshots [--into docs/screenshots]
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import text

from seed.load import seed_demo
from seed.people import DEMO_PASSWORD
from tests.browser.conftest import CHROMIUM
from tests.cast import NOW
from tests.cluster import throwaway_folder
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
    "sofia": ("last-night", "order-report"),
    "marta": ("portfolios", "import-file", "operations"),
    "alma": ("users",),
}


def visit(page: Page, address: str, path: str, into: Path, suffix: str) -> None:
    page.goto(f"{address}/{path}")
    settled(page)
    page.wait_for_timeout(1500)  # a chart draws itself after its page
    page.screenshot(path=into / f"{path}-{suffix}.png")


def log_in_page(browser: Browser, address: str, width: int, scheme: str, into: Path) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        locale="es-MX",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(address)
    page.screenshot(path=into / f"log-in-{width}-{scheme}.png")
    page.close()


def take(address: str, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
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
        browser.close()


def serve(home: Path, at: datetime, into: Path) -> None:
    """Seeds a database of its own and photographs the real server on it."""
    with embedded.using(home, durable=False) as servers, socket.socket() as free:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        seed_demo(at=at, debtors_in_all=2000, number=1, progress=lambda *_: None)
        tick(at)  # Operations shows a timetable that has begun
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
            take(f"http://127.0.0.1:{port}", into)
        finally:
            server.terminate()
            server.wait(20)
            db.engine().dispose()


def wait_for(address: str) -> None:
    for _ in range(600):
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
    with throwaway_folder() as folder:
        serve(Path(folder), NOW, parser.parse_args().into)
