"""What a watcher reads, and who may."""

from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware

from models import Channel, InboundEvent, MessageState, NightlyRun, OptOut, ScheduledRun
from tests.cast import Cast, owe
from tests.queries.written import written
from tests.web.door import Door
from workbench import db
from workbench.jobs import Job
from workbench.settings import Settings
from workbench.web import metrics
from workbench.web.gate import AuthGate

TOKEN = "a token of the watcher's"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def asked(headers: dict, token: str | None = TOKEN) -> httpx.Response:
    """The answer of the route behind the gate."""
    routes = metrics.routes(Settings(metrics_token=token))
    app = Starlette(routes=routes, middleware=[Middleware(AuthGate, https=False)])

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house") as client:
            return await client.get("/metrics", headers=headers)

    return anyio.run(ask)


def scraped() -> dict[tuple[str, ...], float]:
    answer = asked(BEARER)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name.removeprefix("workbench_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        (TOKEN, BEARER, 200),
        (TOKEN, {}, 401),
        (TOKEN, {"Authorization": f"Bearer {TOKEN} "[:-2]}, 401),
        (TOKEN, {"Authorization": f"Basic {TOKEN}"}, 401),
        (TOKEN, {"Authorization": "Bearer ñ".encode("latin-1")}, 401),
        (None, {}, 404),
        (None, {"Authorization": "Bearer None"}, 404),
        (None, {"Authorization": "Bearer "}, 404),
    ],
)
def test_the_figures_are_shown_to_the_token_only(fresh_cast: Cast, token, headers, status) -> None:
    answer = asked(headers, token)
    assert answer.status_code == status
    assert ("workbench_up" in answer.text) == (status == 200)
    assert answer.headers["cache-control"] == "no-store"


def test_the_gate_lets_a_watcher_through_and_the_real_server_has_no_such_page(door: Door) -> None:
    browser = door.browser()
    assert browser.get("/metrics").status_code == 404
    assert browser.get("/metrics/more").status_code == 303
    assert browser.get("/_stcore/metrics").status_code == 303


def test_an_empty_house_is_up_and_has_nothing_to_do(fresh_cast: Cast) -> None:
    seen = scraped()
    assert (seen["up", "database"], seen["up", "valkey"]) == (1, 1)
    assert (seen["messages_due",], seen["inbound_waiting",], seen["messages_in_flight", "sending"]) == (0, 0, 0)
    assert seen["messages_unconfirmed", "MX-BANK"] == 0


def test_messages_are_counted_by_channel_and_state_and_those_that_are_late_by_age(fresh_cast: Cast) -> None:
    now = datetime.now(UTC)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        for state in (MessageState.SENT, MessageState.SENT, MessageState.QUEUED, MessageState.UNCONFIRMED):
            written(session, item, state=state, at=now, channel=Channel.SMS)
        written(session, item, state=MessageState.PLANNED, at=now, not_before=now - timedelta(minutes=5))
        written(session, item, state=MessageState.PLANNED, at=now, not_before=now + timedelta(hours=5))
        written(session, item, state=MessageState.READ, at=now - timedelta(days=2))
    seen = scraped()
    assert seen["messages_today", "sms", "MX-BANK", "sent"] == 2
    assert seen["messages_today", "whatsapp", "MX-BANK", "planned"] == 2
    assert ("messages_today", "whatsapp", "MX-BANK", "read") not in seen
    assert seen["messages_due",] == 1
    assert 300 <= seen["messages_due_oldest_seconds",] < 330
    assert (seen["messages_in_flight", "queued"], seen["messages_unconfirmed", "MX-BANK"]) == (1, 1)


def test_events_stops_nights_and_failures_are_counted(fresh_cast: Cast) -> None:
    now = datetime.now(UTC)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        came = {"channel": Channel.SMS, "provider": "twilio", "payload": {}}
        session.add(InboundEvent(event_key="1", received_at=now - timedelta(seconds=40), **came))
        session.add(InboundEvent(event_key="2", received_at=now, worked_at=now, **came))
        session.add(OptOut(debtor_id=item.debtor_id, channel=Channel.SMS, since=now, source="stop_word"))
        heard = {"started_at": now, "heartbeat_at": now}
        yesterday = {"business_date": now.date() - timedelta(days=1), "state": "done", "finished_at": now}
        session.add(NightlyRun(portfolio_id=fresh_cast.mexico.id, **yesterday, **heard))
        session.add(NightlyRun(portfolio_id=fresh_cast.mexico.id, business_date=now.date(), state="failed", **heard))
        session.add(ScheduledRun(name="night", portfolio_id=fresh_cast.mexico.id, due_at=now, state="failed"))
    seen = scraped()
    assert (seen["inbound_waiting",], seen["opt_outs_day", "sms"], seen["runs_failed", "night"]) == (1, 1, 1)
    assert 40 <= seen["inbound_oldest_seconds",] < 70
    assert seen["night_state", "MX-BANK", "failed"] == 1
    assert ("night_state", "MX-BANK", "done") not in seen
    assert ("night_finished_timestamp_seconds", "MX-BANK") not in seen


def test_each_queue_is_told_apart(fresh_cast: Cast) -> None:
    before = scraped()
    with db.transaction() as session:
        db.enqueue(session, Job.SEND, message_ids=[0])
    seen = scraped()
    assert seen["queue_jobs", "messages", "waiting"] == before["queue_jobs", "messages", "waiting"] + 1
    assert seen["queue_jobs", "workbench", "waiting"] == before["queue_jobs", "workbench", "waiting"]
    db.valkey().delete("rq:queue:messages")


def test_a_valkey_that_is_away_hides_its_own_figures_only(fresh_cast: Cast, fresh_db: str) -> None:
    db.connect(fresh_db, "unix:///nowhere/valkey.sock")
    seen = scraped()
    assert (seen["up", "database"], seen["up", "valkey"], seen["messages_due",]) == (1, 0, 0)
    assert not [name for name in seen if name[0] == "queue_jobs"]


def test_a_database_that_is_away_hides_its_own_figures_only(fresh_cast: Cast, servers) -> None:
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/nothing", servers.redis_url)
    seen = scraped()
    assert (seen["up", "database"], seen["up", "valkey"]) == (0, 1)
    assert ("messages_due",) not in seen
    assert ("queue_jobs", "messages", "waiting") in seen
