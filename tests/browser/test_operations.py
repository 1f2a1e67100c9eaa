"""Marta looks after what runs by itself."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect
from sqlmodel import select

from models import NightlyRun, ScheduledRun
from tests.browser.conftest import House, Seat
from tests.cast import NOW, TODAY
from workbench import db


def test_marta_sees_progress_and_retries_what_failed(house: House, seat: Callable[..., Seat]) -> None:
    mexico = house.cast.mexico.id
    with db.transaction() as session:
        past = {"due_at": NOW - timedelta(hours=7, minutes=30), "attempts": 3, "error": "ValueError at nights.py:7"}
        session.add(ScheduledRun(name="night", portfolio_id=mexico, state="failed", **past))
        session.add(ScheduledRun(name="night", portfolio_id=mexico, due_at=NOW + timedelta(hours=16, minutes=30)))
        session.add(ScheduledRun(name="worklist", due_at=NOW, state="done"))
        heard = {"started_at": NOW, "heartbeat_at": NOW}
        session.add(NightlyRun(portfolio_id=mexico, business_date=TODAY, cases_total=400, cases_done=100, **heard))
    marta = seat()
    marta.log_in("marta", "/operations")
    expect(marta.page.locator("h1")).to_have_text("Operaciones")
    marta.click(marta.page.get_by_role("tab", name="Fallas"))
    expect(marta.page.get_by_text("ValueError at nights.py:7")).to_be_visible()
    marta.page.get_by_role("button", name="Reintentar").dblclick()
    expect(marta.page.get_by_text("Se reintenta sin intervención.")).to_be_visible()
    with db.reading() as session:
        assert session.exec(select(ScheduledRun.state).where(ScheduledRun.attempts == 3)).all() == ["due"]
    db.valkey().delete("rq:queue:workbench")
