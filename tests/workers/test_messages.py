"""The job that sends, with real threads, a real database and a provider that answers over HTTP."""

import logging
import os
import signal
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from models import Channel, MessageState
from tests.cast import NOW, Cast, owe
from tests.letters import approve, plan
from tests.providers.meta_and_twilio import MetaAndTwilio
from tests.providers.scripts import How
from tests.workers.conftest import Valkey
from tests.workers.scenes import lives, playing, rows, until
from workbench import clock, db, logs
from workbench.actions import outbox
from workbench.channels import pace
from workbench.channels.adapters import adapter_for
from workbench.jobs import Job, Queue
from workers import messages, process
from workers.messages import send_messages

STATES = "SELECT state, count(*) FROM message GROUP BY 1"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MetaAndTwilio]:
    """SMS leave through a server on this machine, on a Wednesday at ten in Mexico City."""
    with MetaAndTwilio() as provider:
        fast = {"WORKBENCH_SMS_PER_SECOND": "1000", "WORKBENCH_PROVIDER_TIMEOUT_SECONDS": "2"}
        for name, value in (provider.settings() | fast).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(clock.AHEAD, str((NOW - datetime.now(UTC)).total_seconds()))
        provider.retry_after = "600"
        yield provider


def slow(provider: MetaAndTwilio, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer takes so long, and is waited for however busy this machine is."""
    provider.script.default, provider.slow_seconds = How.SLOW, seconds
    monkeypatch.setenv("WORKBENCH_PROVIDER_TIMEOUT_SECONDS", "30")


def queued(cast: Cast, number: int, **fields) -> list[int]:
    with db.transaction() as session:
        approve(session)
        debtors = [owe(session, cast.mexico, phone=f"+52551000{each:04}") for each in range(number)]
        fields = {"lease_until": clock.now() + timedelta(minutes=3)} | fields
        return [plan(session, item, **fields).id for item in debtors]


def states() -> dict[str, int]:
    return dict(rows(STATES))


def test_each_message_leaves_once_and_is_noted_as_sent(stage: Cast, provider: MetaAndTwilio) -> None:
    ids = queued(stage, 20)
    send_messages(ids)
    send_messages(ids)
    assert states() == {"sent": 20}
    assert sorted(provider.tally.asked.values()) == [1] * 20
    assert rows("SELECT count(DISTINCT provider_id) FROM message") == [(20,)]


def test_two_jobs_with_the_same_ids_at_once_send_each_once(stage: Cast, provider: MetaAndTwilio) -> None:
    ids = queued(stage, 40)
    jobs = [threading.Thread(target=send_messages, args=(ids,)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert states() == {"sent": 40}
    assert set(provider.tally.asked.values()) == {1}


@pytest.mark.parametrize(
    ("how", "state"),
    [
        (How.OK, "sent"),
        (How.SLOW, "sent"),
        (How.UNAVAILABLE, "planned"),
        (How.BAD_NUMBER, "failed"),
        (How.CUT, "unconfirmed"),
        (How.TIME_OUT, "unconfirmed"),
        (How.BAD_GATEWAY, "unconfirmed"),
    ],
)
def test_what_the_provider_does_decides_what_becomes_of_it(
    stage: Cast, provider: MetaAndTwilio, how: How, state: str
) -> None:
    ids = queued(stage, 1)
    provider.script.then(how)
    send_messages(ids)
    assert states() == {state: 1}
    send_messages(ids)
    assert provider.tally.asked.total() == 1


def test_a_provider_that_found_us_too_fast_is_left_alone_and_the_rest_waits(
    stage: Cast, provider: MetaAndTwilio
) -> None:
    ids = queued(stage, 30)
    provider.script.default = How.THROTTLED
    begun = time.monotonic()
    send_messages(ids)
    assert time.monotonic() - begun < messages.SECONDS
    assert provider.tally.asked.total() <= messages.THREADS
    assert states() == {"planned": 30}
    waits = rows("SELECT min(not_before) FROM message")[0][0]
    assert waits > clock.now() + messages.BUSY / 2


def test_an_adapter_that_breaks_after_the_call_began_leaves_the_message_to_a_person(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_adapter, outgoing) -> None:
        raise RuntimeError(outgoing.to)

    monkeypatch.setattr("workbench.channels.sms.sending.Twilio.send", breaks)
    send_messages(queued(stage, 1))
    assert states() == {"unconfirmed": 1}
    assert rows("SELECT details->>'reason' FROM message_event WHERE state = 'unconfirmed'") == [("RuntimeError",)]


def test_a_message_that_cannot_be_judged_is_put_off_and_stops_no_other(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, began = queued(stage, 4), outbox.begin

    def breaks(session, message_id, *, at):
        if message_id == ids[1]:
            raise ValueError("about Rosa Mora")
        if message_id == ids[2]:
            raise psycopg.OperationalError("gone")
        return began(session, message_id, at=at)

    monkeypatch.setattr(outbox, "begin", breaks)
    send_messages(ids)
    found = {each: more for each, *more in rows("SELECT id, state, error, not_before FROM message")}
    assert [found[each][0] for each in ids] == ["sent", "planned", "planned", "sent"]
    _, error, not_before = found[ids[1]]
    assert error.startswith("ValueError at test_messages.py:")
    assert not_before > clock.now() + outbox.PUT_OFF - timedelta(minutes=1)


def test_after_its_time_a_job_begins_no_other_and_gives_the_rest_back(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "SECONDS", 2.0)
    slow(provider, 1.2, monkeypatch)
    send_messages(queued(stage, 40))
    seen = states()
    assert set(seen) == {"sent", "planned"}
    assert seen["sent"] == provider.tally.asked.total() <= 3 * messages.THREADS
    assert rows("SELECT count(*) FROM message WHERE lease_until IS NOT NULL") == [(0,)]


def test_sigterm_lets_what_has_begun_come_to_its_end(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(provider, 3.0, monkeypatch)
    ids = queued(stage, 40)

    def ends() -> None:
        until(provider.tally.asked.total)
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=ends)
    ending.start()
    send_messages(ids)
    ending.join()
    seen = states()
    assert set(seen) == {"sent", "planned"}
    assert seen["sent"] == provider.tally.received.total() <= 2 * messages.THREADS


def test_what_came_of_a_call_is_noted_also_when_the_database_was_away(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, finish = [OSError("away"), OSError("away")], outbox.finish

    def flaky(*arguments, **more) -> None:
        if failures:
            raise failures.pop()
        finish(*arguments, **more)

    monkeypatch.setattr(outbox, "finish", flaky)
    send_messages(queued(stage, 1))
    assert states() == {"sent": 1}


def test_messages_go_on_while_valkey_is_away(stage: Cast, provider: MetaAndTwilio, valkey: Valkey) -> None:
    ids = queued(stage, 5)
    valkey.stop()
    send_messages(ids)
    valkey.start()
    assert states() == {"sent": 5}


def test_a_killed_worker_finishes_what_it_had_begun_and_sends_nothing_twice(
    stage: Cast, fresh_db: str, valkey: Valkey, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(provider, 1.5, monkeypatch)
    queued(stage, 30, state=MessageState.PLANNED, lease_until=None)
    with db.transaction() as session:
        assert outbox.dispatch(session, at=clock.now()) == 30
    with playing("messages", fresh_db, valkey.url) as worker:
        until(lambda: provider.tally.asked.total() >= messages.THREADS)
        [horse] = psutil_children(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        until(lambda: not lives(horse))
    assert set(states()) == {"sent", "planned"}
    assert max(provider.tally.asked.values()) == 1
    assert states()["sent"] == provider.tally.received.total()


def test_a_worker_asked_to_go_is_gone_soon(
    stage: Cast, fresh_db: str, valkey: Valkey, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(provider, 1.0, monkeypatch)
    queued(stage, 50, state=MessageState.PLANNED, lease_until=None)
    with db.transaction() as session:
        outbox.dispatch(session, at=clock.now())
    with playing("messages", fresh_db, valkey.url) as worker:
        until(lambda: provider.tally.asked.total() >= messages.THREADS)
        worker.terminate()
        assert worker.wait(120) == 0
    assert states()["sent"] <= 3 * messages.THREADS
    assert set(states()) == {"sent", "planned"}


def test_a_paused_provider_keeps_its_messages_and_another_sends(stage: Cast, provider: MetaAndTwilio) -> None:
    pace.pause("twilio", clock.now() + timedelta(minutes=10))
    assert adapter_for(Channel.SMS, messages.settings.load()).provider == "twilio"
    send_messages(queued(stage, 3))
    assert states() == {"planned": 3}
    assert provider.tally.asked.total() == 0


def kept_in_valkey() -> str:
    """Every key with its value, the jobs' compressed payloads unpacked."""
    seen = []
    for key in db.valkey().keys("*"):
        seen.append(key)
        kind = db.valkey().type(key)
        values = db.valkey().hgetall(key) if kind == b"hash" else {b"": db.valkey().dump(key)}
        for name, value in values.items():
            seen += [name, zlib.decompress(value) if value[:1] == b"\x78" else value]
    return b" ".join(seen).decode("utf-8", "replace")


def test_no_name_number_or_text_gets_into_a_log_or_into_valkey(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    handlers = logging.getLogger().handlers
    logs.set_up("json")
    with db.transaction() as session:
        approve(session, body="Secretísimo: {{ debtor_name }} {{ total }}")
        for each in range(len(How)):
            item = owe(session, stage.mexico, name="Ximena Secreta", phone=f"+5255777{each:05}", amount="4321.09")
            plan(session, item, state=MessageState.PLANNED)
        assert outbox.dispatch(session, at=clock.now()) == len(How)
    kept = kept_in_valkey()
    assert "message_ids" in kept
    provider.script.then(*(how for how in How if how is not How.THROTTLED), How.THROTTLED)
    began, failures = outbox.begin, [7]

    def breaks_once(session, message_id, *, at):
        outgoing = began(session, message_id, at=at)
        if outgoing and failures:
            failures.pop()
            raise ValueError(outgoing)
        return outgoing

    monkeypatch.setattr(outbox, "begin", breaks_once)
    for job in process.queue(Queue.MESSAGES).get_jobs():
        send_messages(**job.kwargs)
    logging.getLogger("rq.worker").error("a library speaks", exc_info=ValueError("Ximena Secreta +5255777"))
    logging.getLogger().handlers = handlers
    said, told = capfd.readouterr(), rows("SELECT string_agg(coalesce(error, '') || details::text, ' ') FROM message_event e "
                                          "JOIN message m ON m.id = e.message_id")[0][0]  # fmt: skip
    assert "message_not_worked_off" in said.err
    assert len(states()) >= 4
    for place in (kept, kept_in_valkey(), said.err, said.out, told):
        assert not [word for word in ("Ximena", "Secret", "55777", "4321", "4,321") if word in place], place


def test_the_job_is_found_by_its_name() -> None:
    assert f"{send_messages.__module__}.{send_messages.__name__}" == Job.SEND


def psutil_children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


def test_what_somebody_else_is_at_work_on_is_tried_again_soon(stage: Cast, provider: MetaAndTwilio) -> None:
    ids = queued(stage, 3)
    with db.transaction() as importing:
        importing.execute(text("SELECT FROM collection_case ORDER BY id LIMIT 1 FOR NO KEY UPDATE"))
        send_messages(ids)
        assert states() == {"sent": 2, "planned": 1}
    [(tries,)] = rows("SELECT tries FROM message WHERE state = 'planned'")
    assert tries == 0
    with db.transaction() as session:
        assert outbox.dispatch(session, at=clock.now() + messages.BUSY) == 1
    send_messages(ids)
    assert states() == {"sent": 3}


def test_a_message_judged_too_long_ago_does_not_leave(
    stage: Cast, provider: MetaAndTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = queued(stage, 1)
    judged = outbox.begin

    def asleep(session, message_id, *, at):
        """As a laptop that is closed between the law's answer and the provider."""
        outgoing = judged(session, message_id, at=at)
        ahead = (NOW - datetime.now(UTC)).total_seconds() + 3600 * 13
        monkeypatch.setenv(clock.AHEAD, str(ahead))
        return outgoing

    monkeypatch.setattr(outbox, "begin", asleep)
    send_messages(ids)
    assert sum(provider.tally.asked.values()) == 0
    assert rows("SELECT state, tries, disposition_code FROM message m JOIN interaction i ON i.id = interaction_id") == [
        ("planned", 0, "message.failed")
    ]
