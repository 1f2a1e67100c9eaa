"""Pictures of Compliance: calls that the law stopped that morning, and a law that was looser until last month."""

from datetime import datetime, time, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from sqlmodel import Session, col, select

from models import Case, Disposition, LawVersion, Portfolio, Role, User
from workbench.actions.blocked_contacts import blocked
from workbench.queries.contact_history import known_debtor
from workbench.queries.contact_rules import places
from workbench.rules.law_versions import digest, law_texts
from workbench.rules.outcomes import InteractionForm

PORTFOLIO = "Telefonía móvil Colombia"
STOPPED = 7
LOOSER = ("mon-fri: 07:00-19:00", "mon-fri: 07:00-21:00")


def prepare(session: Session, at: datetime) -> None:
    """Some calls before the hours of that day, each judged as a real one, and the version before of the law."""
    portfolio = session.exec(select(Portfolio).where(Portfolio.name == PORTFOLIO)).one()
    place = places(session, [portfolio.id])[portfolio.id]
    there = ZoneInfo(place.time_zone)
    agents = session.exec(select(User.id).where(User.role == Role.AGENT).order_by(col(User.id))).all()
    code = session.exec(select(Disposition.code).where(Disposition.counts_attempt).limit(1)).one()
    cases = session.exec(select(Case).where(Case.portfolio_id == portfolio.id).order_by(col(Case.id)).limit(STOPPED))
    for number, case in enumerate(cases):
        began = datetime.combine(at.astimezone(there).date(), time(6, 12), there) + timedelta(minutes=6 * number)
        known = known_debtor(session, case.debtor_id, at=began)
        refused = blocked(
            place.judge(known, began, debt=str(case.id)),
            country=place.country,
            zone=known.zone,
            case={"case": case.id, "portfolio": portfolio.id, "debtor": case.debtor_id},
            form=InteractionForm(uuid4(), None, case.id, code, began),
            by=agents[number % len(agents)],
        )
        assert refused.trace
        refused.trace(session)
    before = law_texts()[place.country].replace(*LOOSER)
    seen = at - timedelta(days=40)
    session.add(LawVersion(country=place.country, digest=digest(before), content=before, seen_at=seen))


def compliance(page: Page, address: str, into: Path, suffix: str) -> None:
    """Every part, of the portfolio that `prepare` made ready."""
    for part in ("law", "blocked", "hours", "evidence", "changes"):
        page.goto(f"{address}/compliance?part={part}")
        settled(page)
        page.locator("[data-testid=stSelectbox] input").first.click()
        page.keyboard.type(PORTFOLIO)
        page.keyboard.press("Enter")
        settled(page)
        if part == "evidence":
            page.get_by_label("Referencia, nombre").fill("hernandes")
            page.keyboard.press("Enter")
            page.wait_for_timeout(800)
            settled(page)
        page.wait_for_timeout(1500)  # a chart draws itself after its page
        page.screenshot(path=into / f"compliance-{part}-{suffix}.png")


def settled(page: Page) -> None:
    app = page.locator("[data-testid=stApp]")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-testid=stAppSkeleton], [data-testid=stSkeleton]")).to_have_count(0)
    page.wait_for_timeout(600)
