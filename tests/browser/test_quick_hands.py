"""Two clicks while the server is slow: each is a deed, and neither takes the other's place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from models import ApprovalKind, PromiseLimit, Role
from tests.browser.conftest import PRESS_MS, House, Seat
from tests.cast import NOW, TODAY, owe
from tests.workers.scenes import rows, until
from workbench import db
from workbench.actions.approvals import request_approval

pytestmark = pytest.mark.browser
WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def slow(database: str) -> Iterator[None]:
    """Nobody's log-in can be looked up meanwhile: whatever a click asks for waits."""
    engine = create_engine(database)
    with engine.begin() as holding:
        holding.execute(text("LOCK TABLE app_user IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


def test_sofia_approves_two_requests_before_the_server_has_seen_to_the_first(
    house: House, seat: Callable[..., Seat], fresh_db: str
) -> None:
    cast = house.cast
    with db.transaction() as session:
        session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=Role.SUPERVISOR, days_out=40))
        for name in ("Rosa Pérez", "Luis Ortega"):
            item = owe(session, cast.mexico, name=name)
            terms = {"amount": "400.00", "due_on": f"{TODAY + timedelta(days=20)}"}
            kind, key = ApprovalKind.PROMISE, uuid4()
            request_approval(session, cast.ana, item.case_id, kind, terms, reason="Cobra el 8", key=key, at=NOW)
    sofia = seat()
    sofia.log_in("sofia", "/approvals")
    buttons = sofia.page.get_by_role("button", name="Aprobar")
    expect(buttons).to_have_count(2)
    sofia.settle()
    before = sofia.page.evaluate("window.__wire.asked")
    with slow(fresh_db):
        buttons.first.click(delay=PRESS_MS)
        until(lambda: rows(WAITING))
        buttons.last.click(delay=PRESS_MS)
        sofia.page.wait_for_function("before => window.__wire.asked === before + 2", arg=before)
    expect(sofia.page.get_by_text("No hay nada por decidir")).to_be_visible()
    assert rows("SELECT state FROM approval") == [("approved",), ("approved",)]
