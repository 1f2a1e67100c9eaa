"""Pictures of messages: a draft that would write to everybody, a debtor who answers an agent's answer, and the pages."""

from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from tests.compliance_pictures import settled
from workbench.actions.inbound import receive, work_off
from workbench.actions.outbox import begin, finish
from workbench.actions.strategies import create_draft, save_draft
from workbench.channels.sandbox.receipts import reply
from workbench.channels.sandbox.sending import PROVIDER, Sandbox
from workbench.queries.users import viewer_by_email
from workbench.rules.strategies import read_definition

PORTFOLIO, CODE = "Tarjetas México", "MX-TARJETAS"
AGENT = "carmen@example.com"  # what is hers comes before what is everybody's
SAYS = "Gracias. ¿Puedo pagar la mitad hoy y el resto el viernes?"
PATHS = {
    "outbox": "outbox",
    "outbox-held": "outbox?part=held",
    "strategies": "strategies?part=ladder",
    "strategies-dry-run": "strategies?part=draft",
    "strategies-effect": "strategies?part=effect",
    "templates": "templates",
    "channel-effectiveness": "channel-effectiveness",
}


def prepare(session: Session, at: datetime) -> None:
    """A draft for the whole portfolio, and a debtor who writes once more after an agent's answer."""
    who = viewer_by_email(session, "marta@example.com")
    assert who is not None
    portfolio_id = session.scalar(text("SELECT id FROM portfolio WHERE code = :code"), {"code": CODE})
    draft = create_draft(session, who, portfolio_id, at=at)
    assert draft.id is not None
    [pilot] = draft.definition["segments"]
    everybody = {name: value for name, value in pilot.items() if name != "when"} | {"name": "Todos"}
    save_draft(session, who, draft.id, read_definition(draft.definition | {"segments": [everybody]}), at=at)
    for message_id in session.execute(_QUEUED).scalars().all():  # the timetable's first round: no worker runs here
        outgoing = begin(session, message_id, at=at)
        if outgoing:
            finish(session, message_id, Sandbox().send(outgoing), at=at)
    row = session.execute(_ANSWERED, {"code": CODE}).one()
    wrote = at - timedelta(minutes=12)
    said = reply(row.value, SAYS, at=wrote, number="picture", answers_key=row.key)
    for event_id in receive(session, Channel(row.channel), PROVIDER, [said], {}, at=wrote):
        work_off(session, event_id, at=wrote)
    session.execute(_CALLED_BACK, {"portfolio": portfolio_id, "at": at + timedelta(days=1)})
    session.execute(_FIRST, {"key": row.key, "agent": AGENT})


def messages(page: Page, address: str, into: Path, suffix: str) -> None:
    """The manager's pages, of the portfolio that `prepare` made ready."""
    for name, path in PATHS.items():
        page.goto(f"{address}/{path}")
        settled(page)
        page.locator("[data-testid=stSelectbox] input").first.click()
        page.keyboard.type(PORTFOLIO)
        page.keyboard.press("Enter")
        settled(page)
        if name == "strategies-dry-run":
            page.get_by_role("button", name="Probar").click(delay=80)
            settled(page)
            page.get_by_role("button", name="Probar").evaluate("it => it.scrollIntoView({ block: 'start' })")
            page.mouse.move(300, 500)
            page.mouse.wheel(0, -110)  # the bar of the pages lies over the first lines
        page.wait_for_timeout(1500)  # a chart draws itself after its page
        page.screenshot(path=into / f"{name}-{suffix}.png")
    page.goto(f"{address}/operations")
    settled(page)
    page.get_by_role("tab", name="Mensajes").click()
    settled(page)
    page.screenshot(path=into / f"operations-messages-{suffix}.png")


def conversation(page: Page, into: Path, suffix: str) -> None:
    """An agent's next debtor, who has written; the debtor is given back."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("[class*=st-key-outcome-] input:focus")).to_have_count(1)
    settled(page)
    said = page.get_by_text(SAYS).first
    said.evaluate("it => { for (let box = it; box; box = box.parentElement) box.scrollTop = box.scrollHeight; }")
    page.wait_for_timeout(300)
    said.evaluate("it => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.screenshot(path=into / f"my-queue-conversation-{suffix}.png")
    page.get_by_role("button", name="Pausar").click(delay=80)
    settled(page)


_QUEUED = text("SELECT id FROM message WHERE state = 'queued'")
_CALLED_BACK = text("""
    UPDATE work_item SET state = 'waiting', not_before = :at, ready_at = NULL WHERE portfolio_id = :portfolio AND band < 3 AND state = 'ready'
""")
_FIRST = text("""
    UPDATE work_item w SET score = 1000, state = 'ready', not_before = NULL, ready_at = coalesce(w.ready_at, now()), reserved_for = u.id
    FROM message m, app_user u WHERE m.key = :key AND w.case_id = m.case_id AND w.queue = 'call' AND u.email = :agent
""")
_ANSWERED = text("""
    SELECT m.key, m.channel, v.value FROM message m JOIN portfolio p ON p.id = m.portfolio_id
    JOIN contact_point v ON v.id = m.contact_point_id
    WHERE p.code = :code AND m.cause = 'reply' AND m.sent_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM opt_out o WHERE o.debtor_id = m.debtor_id)
    ORDER BY m.channel = 'whatsapp' DESC, m.sent_at DESC LIMIT 1
""")
