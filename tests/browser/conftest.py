"""A real server, a real Chromium, and people in front of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright

from tests.browser.clocks import jump
from tests.cast import NOW, PASSWORD, Cast, hire
from workbench import db, embedded
from workbench.rules.passwords import hashed

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PRESS_MS = 80  # an instant click after typing loses the page switch: no human is that fast
WAIT_MS = 45_000  # a busy machine is ten times slower
QUIET_MS = 150  # a field or a table that waits for the last key waits no longer
TURNS = count()
LISTEN = (Path(__file__).parent / "wire.js").read_text()
# whatever was due sooner has happened when a timer of the page itself rings: a slow page is slow about both
RESTS = f"""asked => {{
  const wire = window.__wire, app = document.querySelector("[data-testid=stApp]");
  if (!wire || wire.rest?.asked !== asked || wire.rest.heard !== wire.heard) {{
    const rest = {{ asked, heard: wire?.heard, long: false }};
    setTimeout(() => {{ rest.long = true; }}, {QUIET_MS});
    if (wire) wire.rest = rest;
    return false;
  }}
  return wire.rest.long && !wire.waits && !wire.runs
    && app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
    && document.querySelector("[data-testid=stMain] h1")
    && !document.querySelector("[data-testid=stAppSkeleton], [data-testid=stSkeleton]");
}}"""


@dataclass
class House:
    """A running server: where it is, what it said, and who works there."""

    address: str
    log: Path
    cast: Cast
    process: psutil.Process

    def at(self, moment: datetime) -> None:
        """Lets the server's clock jump to a moment, from where it ticks on."""
        jump(self.process, self.log.parent, moment)

    def stop(self) -> str:
        with suppress(psutil.NoSuchProcess):
            self.process.terminate()
        self.process.wait(60)
        return self.log.read_text()


@dataclass
class Seat:
    """One person's browser."""

    page: Page
    house: House
    foreign: list[str] = field(default_factory=list)

    def log_in(self, name: str, path: str = "/") -> None:
        self.page.goto(self.house.address + path)
        self.page.locator("input[name=email]").fill(f"{name}@example.com")
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.settle()

    def settle(self) -> None:
        """Waits until what the page has asked for is answered: no script runs or is about to, nothing is a skeleton."""
        self.page.wait_for_function(RESTS, arg=next(TURNS), timeout=60_000)

    def go(self, path: str) -> None:
        self.page.goto(self.house.address + path)
        self.settle()

    def sees(self, debtor: str) -> None:
        """Waits until this debtor is on screen and the cursor stands in the form's first field."""
        expect(self.page.locator(".cw-who h2")).to_have_text(debtor)
        expect(self.page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
        self.settle()

    def click(self, target: str | Locator) -> None:
        """Clicks a button by its name, or what stands there; on a page at rest: what is still being drawn moves away."""
        self.settle()
        found = self.page.get_by_role("button", name=target) if isinstance(target, str) else target
        found.click(delay=PRESS_MS)
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key, delay=PRESS_MS)

    def choose(self, typed: str) -> None:
        """Finds an outcome by typing; returns when the cursor has gone on to what it asks for."""
        self.page.keyboard.type(typed, delay=20)
        expect(self.page.locator("[role=option]").first).to_be_visible()
        self.press("Enter")
        expect(self.page.locator(":is([class*=st-key-fields-], [class*=st-key-note-]) :focus")).to_have_count(1)
        self.settle()

    def write(self, text: str) -> None:
        self.page.keyboard.type(text, delay=5)

    @property
    def note(self) -> Locator:
        return self.page.locator("[class*=st-key-note-] textarea")

    def save(self) -> None:
        self.press("Control+Enter")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
            pytest.fail("WORKBENCH_REQUIRE_BROWSER=1, but there is no Chromium")
        pytest.skip("there is no Chromium; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator["subprocess.Popen[str]"]:
    """What the servers are forked from: loading the product takes longer than most of what is done with it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.browser.serve"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process


@pytest.fixture
def redis_url(servers: embedded.Servers) -> str:
    """What the house wakes its workers with: everybody's, unless a test brings its own."""
    return servers.redis_url


@pytest.fixture
def house(
    request: pytest.FixtureRequest, nursery: "subprocess.Popen[str]", redis_url: str, fresh_db: str, tmp_path: Path
) -> Iterator[House]:
    """A freshly started server on a database of its own; a traceback in its log fails the test.

    Its clock starts at the cast's moment, or at the one a test is parametrized with.
    """
    start: datetime = getattr(request, "param", NOW)
    with db.transaction() as session:
        cast = hire(session, password_hash=hashed(PASSWORD))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "server.log"
    environment = {
        **os.environ,
        "DATABASE_URL": fresh_db,
        "REDIS_URL": redis_url,
        "WORKBENCH_DATA": str(tmp_path),
    }
    asked = {"port": port, "moment": start.isoformat(), "environment": environment, "log": str(log)}
    nursery.stdin.write(json.dumps(asked) + "\n")
    nursery.stdin.flush()
    process = psutil.Process(int(nursery.stdout.readline()))
    running = House(f"http://127.0.0.1:{port}", log, cast, process)
    _wait_for(running)
    yield running
    said = running.stop()
    assert "Traceback" not in said, said
    assert "page_error" not in said, said


def _wait_for(house: House) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and house.process.is_running():
        try:
            urllib.request.urlopen(house.address + "/healthz", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {house.stop()}")


@pytest.fixture
def seat(chromium: Browser, house: House) -> Iterator[Callable[[], Seat]]:
    """Gives browsers to people; none of them may talk to any other host."""
    expect.set_options(timeout=WAIT_MS)
    contexts: list[BrowserContext] = []
    seats: list[Seat] = []

    def take(*, width: int = 1440, height: int = 900, scheme: str = "light") -> Seat:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="es-MX",
            timezone_id="America/Mexico_City",
            reduced_motion="reduce",
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(LISTEN)
        contexts.append(context)
        seat = Seat(context.new_page(), house)

        def note(request: Request) -> None:
            if not request.url.startswith((house.address, "data:", "blob:", "tel:")):
                seat.foreign.append(request.url)

        context.on("request", note)
        seats.append(seat)
        return seat

    yield take
    for number, each in enumerate(seats):  # what a failed test left on screen
        each.page.screenshot(path=house.log.with_name(f"seat{number}.png"))
    for context in contexts:
        context.close()
    assert not [url for each in seats for url in each.foreign]
