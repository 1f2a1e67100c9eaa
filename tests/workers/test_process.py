"""Workers under everything that kills them: a run is lost never, and its effect is had once."""

import json
import os
import signal
import zlib
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from models import ScheduledRun
from tests.cast import Cast
from tests.workers.conftest import Valkey
from tests.workers.scenes import lives, playing, rows, traces, until
from workbench import db
from workbench.actions import schedules
from workbench.actions.schedules import LEASE, RESEND_AFTER
from workbench.jobs import Job
from workbench.jobs import Queue as Name
from workbench.queries.operations import workshops
from workers import process

PATIENCE = 240  # seconds: a busy machine takes a minute to start a process
IDLE = 25  # it would look up from its queue by itself after 30


def now() -> datetime:
    return datetime.now(UTC)


def due(cast: Cast, *, portfolio: str = "mexico") -> int:
    with db.transaction() as session:
        run = ScheduledRun(name="night", portfolio_id=getattr(cast, portfolio).id, due_at=now() - timedelta(seconds=1))
        session.add(run)
    return run.id


def send(*, at: datetime | None = None) -> list[int]:
    with db.transaction() as session:
        return schedules.send_due(session, at=at or now())


def state(run_id: int) -> str:
    return rows("SELECT state FROM scheduled_run WHERE id = :id", id=run_id)[0][0]


def queue() -> Queue:
    return Queue(Name.WORKBENCH.value, connection=db.valkey(), serializer=JSONSerializer)


def burst(stage_db: str, valkey: Valkey) -> None:
    with playing("burst", stage_db, valkey.url) as worker:
        assert worker.wait(PATIENCE) == 0


@pytest.mark.parametrize("job", Job)
def test_every_job_name_is_a_function_of_workers(job: Job) -> None:
    room, name = job.rsplit(".", 1)
    assert room.startswith("workers.")
    assert callable(getattr(import_module(room), name))


def test_a_night_is_done_for_its_portfolio_and_date(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    run = due(stage)
    send()
    burst(fresh_db, valkey)
    assert state(run) == "done"
    [(_, portfolio, on)] = traces("ends")
    assert portfolio == stage.mexico.id
    assert on in {now().date(), now().date() - timedelta(days=1)}
    assert db.valkey().keys("rq:job:*") == []


def test_a_job_delivered_twice_runs_once(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    run = due(stage)
    for minutes in range(3):
        send(at=now() + RESEND_AFTER * minutes)
    assert queue().count == 3
    burst(fresh_db, valkey)
    assert state(run) == "done"
    assert len(traces("begins")) == 1


def test_a_run_whose_worker_is_killed_is_swept_and_done_once_more(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    run = due(stage)
    send()
    with playing("worker", fresh_db, valkey.url, slow_seconds=2 * PATIENCE) as worker:
        horse, *_ = until(lambda: traces("begins"))[0]
        os.kill(horse, signal.SIGKILL)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert state(run) == "running"
    later = now() + LEASE + timedelta(seconds=1)
    with db.transaction() as session:
        assert schedules.sweep_lost(session, at=later) == [run]
    assert send(at=later) == [run]
    burst(fresh_db, valkey)
    assert state(run) == "done"
    assert (len(traces("begins")), len(traces("ends"))) == (2, 1)


def test_a_fork_does_not_outlive_its_killed_worker(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    due(stage)
    send()
    with playing("worker", fresh_db, valkey.url, slow_seconds=2 * PATIENCE) as worker:
        horse, *_ = until(lambda: traces("begins"))[0]
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        until(lambda: not lives(horse))


def test_sigterm_lets_the_job_at_hand_finish_and_begins_no_other(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    first, second = due(stage), due(stage, portfolio="colombia")
    send()
    with playing("worker", fresh_db, valkey.url, slow_seconds=5) as worker:
        until(lambda: traces("begins"))
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert {state(first), state(second)} == {"done", "due"}
    assert queue().count == 1


def test_sigterm_ends_an_idle_worker(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    with playing("worker", fresh_db, valkey.url) as worker:
        # not as soon as it is registered: the signal is looked for a moment later
        until(lambda: [key for key in db.valkey().smembers("rq:workers") if db.valkey().hget(key, "state") == b"idle"])
        worker.terminate()
        assert worker.wait(IDLE) == 0
    assert db.valkey().smembers("rq:workers") == set()


def test_flushall_loses_nothing(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    runs = [due(stage), due(stage, portfolio="colombia")]
    send()
    db.valkey().flushall()
    assert sorted(send(at=now() + RESEND_AFTER)) == runs
    burst(fresh_db, valkey)
    assert [state(run) for run in runs] == ["done", "done"]


def test_a_run_sent_while_valkey_was_away_is_sent_again(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    run = due(stage)
    valkey.stop()
    assert send() == [run]
    valkey.start()
    assert queue().count == 0
    assert send(at=now() + RESEND_AFTER) == [run]
    burst(fresh_db, valkey)
    assert state(run) == "done"


def test_a_worker_outlives_valkey_and_the_night_is_done_once(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    first = due(stage)
    send()
    with playing("worker", fresh_db, valkey.url, slow_seconds=2) as worker:
        until(lambda: traces("begins"))
        valkey.stop()
        until(lambda: state(first) == "done")
        valkey.start()
        second = due(stage, portfolio="colombia")
        send()
        until(lambda: state(second) == "done")
        assert worker.poll() is None
    assert len(traces("begins")) == 2


def test_a_worker_started_before_valkey_waits_for_it(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    valkey.stop()
    run = due(stage)
    with playing("worker", fresh_db, valkey.url):
        send()
        valkey.start()
        send(at=now() + RESEND_AFTER)
        until(lambda: state(run) == "done")


def test_a_night_that_fails_is_written_down_without_personal_data(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    run = due(stage)
    send()
    with db.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE trace ADD CHECK (what <> 'begins')")
    with playing("burst", fresh_db, valkey.url) as worker:
        worker.wait(PATIENCE)
    [(said, error)] = rows("SELECT state, error FROM scheduled_run WHERE id = :id", id=run)
    assert said == "due"
    assert error.startswith("IntegrityError at scenes.py:")
    [job] = (queue().fetch_job(job_id) for job_id in queue().failed_job_registry.get_job_ids())
    assert "IntegrityError at scenes.py" in job.latest_result().exc_string
    assert "begins" not in job.latest_result().exc_string


def forge(valkey: Valkey, name: object, *arguments: object, **fields: str) -> str:
    """A queue entry as somebody with access to Valkey could write it."""
    job = queue().enqueue("workers.nights.run_night", kwargs={"scheduled_run_id": 0}, failure_ttl=600)
    payload = name if isinstance(name, bytes) else json.dumps([name, None, arguments, {}]).encode()
    db.valkey().hset(f"rq:job:{job.id}", mapping={"data": zlib.compress(payload), **fields})
    return job.id


def test_forged_jobs_are_refused_and_the_worker_goes_on(stage: Cast, fresh_db: str, valkey: Valkey, tmp_path) -> None:
    proof, pickling = tmp_path / "proof", Queue(Name.WORKBENCH.value, connection=redis.Redis.from_url(valkey.url))
    names = ["os.system", "builtins.eval", "workers.process.import_module", "workbench.db.migrate", None]
    payloads = [
        b"not json",
        b'["run_night", {"some": "object"}, [], {}]',
        b'["workers.nights.run_night", "x", [0], {}]',
    ]
    forged = {forge(valkey, name, f"touch {proof}") for name in [*names, *payloads]}
    forged.add(pickling.enqueue("workers.nights.run_night", 0, failure_ttl=600).id)
    run = due(stage)
    send()
    burst(fresh_db, valkey)
    assert not proof.exists()
    assert set(queue().failed_job_registry.get_job_ids()) == forged
    assert state(run) == "done"


def test_forged_callbacks_and_webhooks_are_left_out(stage: Cast, fresh_db: str, valkey: Valkey, tmp_path) -> None:
    proof = tmp_path / "proof"
    callbacks = {
        f"{kind}_callback_name": f"pathlib.Path('{proof}').touch" for kind in ("success", "failure", "stopped")
    }
    job_id = forge(valkey, "workers.nights.run_night", 0, **callbacks, webhooks='[{"url": "http://127.0.0.1:1/"}]')
    job = process.queue().fetch_job(job_id)
    assert (job.success_callback, job.failure_callback, job.stopped_callback, job.webhooks) == (None, None, None, [])
    burst(fresh_db, valkey)
    assert not proof.exists()
    assert queue().failed_job_registry.get_job_ids() == []


def test_the_worker_notices_the_dead_soon_and_logs_no_arguments(stage: Cast) -> None:
    worker = process.worker()
    assert (worker.worker_ttl, worker.maintenance_interval, worker.job_monitoring_interval) == (60, 30, 15)
    assert (worker.serializer, worker.log_job_description, len(worker.queues)) == (JSONSerializer, False, 1)


def test_alma_sees_the_worker_what_waits_and_what_failed(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    forge(valkey, "os.system", "true")
    with playing("worker", fresh_db, valkey.url):
        seen = until(lambda: (now_seen := workshops(stage.alma)[0]).failed and now_seen)
    assert seen.waiting == 0
    assert [job.name for job in seen.failed] == ["os.system"]
    assert [worker.state in {"busy", "idle"} for worker in seen.workers] == [True]
    assert now() - seen.workers[0].heartbeat_at < timedelta(seconds=60)


def test_each_job_waits_in_the_queue_of_its_own_workers(stage: Cast) -> None:
    with db.transaction() as session:
        db.enqueue(session, Job.IMPORT, import_run_id=0)
        for first in range(0, 100, 50):
            db.enqueue(session, Job.SEND, message_ids=list(range(first, first + 50)))
    waiting = {name: process.queue(name).get_jobs() for name in Name}
    assert [job.func_name for job in waiting[Name.WORKBENCH]] == [Job.IMPORT]
    assert [(job.func_name, len(job.kwargs["message_ids"])) for job in waiting[Name.MESSAGES]] == [(Job.SEND, 50)] * 2
    assert {job.timeout for job in waiting[Name.MESSAGES]} == {300}


def test_a_worker_of_messages_leaves_nights_alone(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    due(stage)
    send()
    with playing("messages", fresh_db, valkey.url):
        seen = until(lambda: (both := workshops(stage.alma))[1].workers and both)
        assert [each.queue for each in seen] == [Name.WORKBENCH, Name.MESSAGES]
        assert (seen[0].waiting, seen[0].workers) == (1, [])
