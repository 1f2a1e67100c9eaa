"""Pictures of the boards: a supervisor's figures, people side by side, trends, goals; an agent's own figures."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.compliance_pictures import settled
from tests.negotiation_pictures import Enter

SEEN = {
    "sofia": {
        "team-performance": "team-performance",
        "team-side-by-side": "team-performance?part=compare",
        "team-trends": "team-performance?part=trends",
        "team-goals": "team-performance?part=goals",
        "team-settings": "team-settings",
    },
    "ana": {"my-figures": "my-figures"},
}


def boards(browser: Browser, address: str, into: Path, enter: Enter, width: int, scheme: str) -> None:
    """The boards as who reads them daily."""
    for name, paths in SEEN.items():
        page = enter(browser, address, name, width, scheme)
        for picture, path in paths.items():
            page.goto(f"{address}/{path}")
            settled(page)
            page.wait_for_timeout(1500)  # a chart draws itself after its page
            page.screenshot(path=into / f"{picture}-{width}-{scheme}.png")
        page.close()
