"""The strategy of each pretend book: the shipped one, on trial in one region, with a share held out and a challenger."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from seed.portfolios import BOOKS, Book
from workbench.actions.strategies import create_draft, publish, save_draft
from workbench.actions.templates import set_contact_phone
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Viewer
from workbench.rules.strategies import Definition, read_definition

MANAGER = "marta@example.com"
# local time before which each step does not leave, of the champion and of the challenger
HOURS = {
    "courtesy": ("10:00", "18:00"),
    "first": ("12:30", "17:00"),
    "second": ("17:30", "09:00"),
    "second_formal": ("09:00", "16:00"),
    "firm": ("11:00", "13:00"),
    "final": ("16:00", "10:00"),
}
# US dollars a message, invented
COSTS = {"whatsapp": "0.0150", "sms": "0.0450", "email": "0.0004"}
BY_ID = ("strategy", "message", "message_event", "inbound_event", "opt_out", "pause", "step_task")


def publish_pilots(session: Session, opened: dict[str, int], *, at: datetime) -> None:
    """Publishes every book's strategy as the manager would have at the beginning of the trial; `opened` are ids by code."""
    for table in BY_ID:  # nothing is there: the same number gives the same ids, of which keys are made
        session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)"))
    who = viewer_by_email(session, MANAGER)
    assert who is not None
    for book in BOOKS:
        _publish(session, who, book, opened[book.code], at - timedelta(days=book.pilot_days, hours=1))


def _publish(session: Session, who: Viewer, book: Book, portfolio_id: int, since: datetime) -> None:
    set_contact_phone(session, who, portfolio_id, _switchboard(book), at=since)
    draft = create_draft(session, who, portfolio_id, at=since)
    assert draft.id is not None
    save_draft(session, who, draft.id, piloted(read_definition(draft.definition), book), at=since)
    publish(session, who, draft.id, at=since)


def piloted(shipped: Definition, book: Book) -> Definition:
    """The shipped definition for one region, messages at chosen hours; thanks wait until the trial has ended."""
    found: dict[str, Any] = shipped.as_json()
    steps = found["segments"][0]["steps"]
    champion, challenger = (_at_hours(steps, place, book) for place in (0, 1))
    pilot = {
        "code": "pilot",
        "name": f"Piloto {book.pilot}",
        "when": {"regions": [book.pilot]},
        "steps": champion,
        "challenger": {"share": 0.3, "steps": challenger},
        "held_out": book.held_out,
    }
    found["segments"] = [pilot]
    found["events"].pop("payment_thanks")
    return read_definition(found | {"costs": COSTS})


def _at_hours(steps: list[dict[str, Any]], place: int, book: Book) -> list[dict[str, Any]]:
    written = []
    for step in steps:
        changed = dict(step)
        if hours := HOURS.get(step["code"]):
            changed["at"] = hours[place]
            if place:
                changed["order"] = "best"
            elif step["code"] in book.by_sms:
                changed["channels"] = ["sms", "whatsapp", "email"]
        written.append(changed)
    return written


def _switchboard(book: Book) -> str:
    """Where debtors may call: a number like theirs, that rings nowhere."""
    length = {"MX": 12, "CO": 12, "CL": 11, "PE": 10}[book.country]
    return "+" + (book.towns[0].landline + "2750364")[:length]
