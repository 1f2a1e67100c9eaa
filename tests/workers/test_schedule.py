"""The timetable: one leader, nothing twice, nothing lost, and only the last missed run made up."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from sqlalchemy import text

from tests.cast import Cast, owe
from tests.letters import plan
from tests.workers.conftest import Valkey
from tests.workers.scenes import playing, rows, traces, until
from workbench import db
from workbench.actions.schedules import LEASE
from workbench.jobs import BY_TIMETABLE, Queue
from workers import leases, process, schedule

NIGHT = "SELECT due_at, state FROM scheduled_run WHERE name = 'night' AND portfolio_id = :id ORDER BY due_at"
MORNING = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)  # 03:00 in Mexico City, half an hour after its night


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the timetable's own entries would have done, by name, instead of doing it."""
    did: list[str] = []

    def instead(entry: schedule.Entry) -> schedule.Entry:
        action = (lambda at: did.append(entry.name)) if entry.action else None
        return schedule.Entry(entry.name, entry.cron, per_portfolio=entry.per_portfolio, action=action)

    monkeypatch.setattr(schedule, "TIMETABLE", tuple(instead(entry) for entry in schedule.TIMETABLE))
    return did


def tick(at: datetime) -> None:
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(leases, "_now", lambda: at)
        schedule.tick(at)


def nights(portfolio_id: int) -> list[tuple[datetime, str]]:
    return [(due_at.astimezone(UTC), state) for due_at, state in rows(NIGHT, id=portfolio_id)]


def waiting() -> int:
    return db.valkey().llen("rq:queue:workbench")


def test_a_night_is_due_at_half_past_two_of_its_own_portfolio(stage: Cast, done: list[str]) -> None:
    tick(MORNING)
    mexico, bogota = (datetime(2026, 11, 19, hour, 30, tzinfo=UTC) for hour in (8, 7))
    assert nights(stage.mexico.id) == [(mexico, "due"), (mexico + timedelta(days=1), "due")]
    assert nights(stage.colombia.id) == [(bogota, "due"), (bogota + timedelta(days=1), "due")]
    assert waiting() == 2


def test_a_tick_said_twice_does_nothing_twice(stage: Cast, done: list[str]) -> None:
    for seconds in range(0, 50, 5):
        tick(MORNING + timedelta(seconds=seconds))
    assert waiting() == 2
    assert sorted(done) == [
        "approvals",
        "cleanup",
        "covers",
        "digests",
        "events",
        "lost_imports",
        "messages",
        "worklist",
    ]


def test_every_minute_has_its_own_tick(stage: Cast, done: list[str]) -> None:
    for seconds in range(0, 180, 20):
        tick(MORNING + timedelta(seconds=seconds))
    assert done.count("worklist") == 3


def test_after_days_of_downtime_only_the_last_missed_night_runs(stage: Cast, done: list[str]) -> None:
    tick(MORNING)
    back = MORNING + timedelta(days=5, hours=9)
    tick(back)
    [first, announced, last, following] = nights(stage.mexico.id)
    assert [first[1], announced[1]] == ["skipped", "skipped"]
    assert last == (datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "due")
    assert following[0] == last[0] + timedelta(days=1)
    assert done.count("worklist") == 2


def test_a_portfolio_made_today_has_missed_no_night(stage: Cast, done: list[str]) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE portfolio SET created_at = :at"), {"at": MORNING})
    tick(MORNING + timedelta(hours=3))
    assert [state for _, state in nights(stage.mexico.id)] == ["due"]
    assert waiting() == 0


def test_a_portfolio_moved_to_santiago_keeps_its_hour_over_the_jump(stage: Cast, done: list[str]) -> None:
    eve = datetime(2026, 9, 5, 20, 0, tzinfo=UTC)
    with db.transaction() as session:
        session.execute(text("UPDATE portfolio SET created_at = :at"), {"at": eve - timedelta(days=9)})
    tick(eve)
    with db.transaction() as session:
        session.execute(text("UPDATE portfolio SET time_zone = 'America/Santiago' WHERE code = 'MX-BANK'"))
    tick(eve + timedelta(minutes=1))
    assert nights(stage.mexico.id)[-1] == (
        datetime(2026, 9, 6, 5, 30, tzinfo=UTC),
        "due",
    )  # 02:30 at UTC-3 from today on
    tick(eve + timedelta(days=1))
    assert nights(stage.mexico.id)[-1] == (datetime(2026, 9, 7, 5, 30, tzinfo=UTC), "due")


def test_an_entry_that_fails_is_tried_again_and_stops_no_other(stage: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(at: datetime) -> None:
        raise ValueError(at)

    did: list[datetime] = []
    entries = (
        schedule.Entry("breaks", "0 9 * * *", action=breaks),
        schedule.Entry("works", "0 9 * * *", action=did.append),
    )
    monkeypatch.setattr(schedule, "TIMETABLE", entries)
    for minutes in range(0, 10, 2):
        tick(MORNING + timedelta(minutes=minutes))
    [(state, attempts, error)] = rows(
        "SELECT state, attempts, error FROM scheduled_run WHERE name = 'breaks' AND due_at <= :at", at=MORNING
    )
    assert (state, attempts) == ("failed", 3)
    assert error.startswith("ValueError at test_schedule.py:")
    assert did == [MORNING]


def test_of_two_schedules_one_leads_and_the_other_takes_over(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    with playing("schedule", fresh_db, valkey.url) as one:
        until(lambda: traces("leads"))
        with playing("schedule", fresh_db, valkey.url) as two:
            held = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%advisory%'"
            )
            until(lambda: rows(held)[0][0])
            before = len(traces("leads"))
            until(lambda: len(traces("leads")) > before + 5)
            assert {pid for pid, *_ in traces("leads")} == {one.pid}
            one.kill()
            one.wait()
            until(lambda: two.pid in {pid for pid, *_ in traces("leads")})
            two.terminate()
            assert two.wait(120) == 0
    assert rows("SELECT name, portfolio_id, due_at FROM scheduled_run GROUP BY 1, 2, 3 HAVING count(*) > 1") == []


# of this database: other tests' leads are locks of the same cluster
ENDED = """SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()"""


def test_a_leader_that_loses_its_connection_takes_the_lead_again(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    with playing("schedule", fresh_db, valkey.url):
        until(lambda: traces("leads"))
        with db.transaction() as session:
            session.execute(text(ENDED))
        before = len(traces("leads"))
        until(lambda: len(traces("leads")) > before + 2)


def test_from_the_row_to_the_night_with_everything_running(stage: Cast, fresh_db: str, valkey: Valkey) -> None:
    with (
        playing("schedule", fresh_db, valkey.url),
        playing("worker", fresh_db, valkey.url),
        playing("worker", fresh_db, valkey.url),
    ):
        done_nights = "SELECT count(*) FROM scheduled_run WHERE name = 'night' AND state = 'done'"
        until(lambda: rows(done_nights) == [(2,)])
    assert sorted(portfolio for _, portfolio, _ in traces("ends")) == [stage.mexico.id, stage.colombia.id]


def test_a_lost_run_is_found_by_the_tick(stage: Cast, done: list[str]) -> None:
    tick(MORNING)
    with db.transaction() as session:
        session.execute(
            text(
                "UPDATE scheduled_run SET state = 'running', attempts = 1, lease_until = :until "
                "WHERE name = 'night' AND due_at <= :at AND portfolio_id = :id"
            ),
            {"until": MORNING + LEASE, "at": MORNING, "id": stage.mexico.id},
        )
    db.valkey().flushall()
    tick(MORNING + LEASE + timedelta(seconds=1))
    assert nights(stage.mexico.id)[0][1] == "due"
    assert waiting() == 2


def test_the_schedule_ends_when_asked(stage: Cast, done: list[str]) -> None:
    stop = threading.Event()
    stop.set()
    schedule.run_schedule(stop)


@pytest.mark.parametrize("entry", schedule.TIMETABLE, ids=lambda entry: entry.name)
def test_every_entry_has_a_cron_string_and_one_thing_to_do(entry: schedule.Entry) -> None:
    assert next(CronSim(entry.cron, MORNING)) > MORNING
    assert (entry.name in BY_TIMETABLE) != (entry.action is not None)


def test_entries_have_different_names() -> None:
    names = [entry.name for entry in schedule.TIMETABLE]
    assert len(set(names)) == len(names)


def test_messages_that_are_due_are_queued_at_every_tick(stage: Cast, done: list[str]) -> None:
    with db.transaction() as session:
        item = owe(session, stage.mexico)
        ids = [plan(session, item, state="planned", at=MORNING + timedelta(seconds=each)).id for each in (0, 10, 60)]
    counted = []
    for seconds in (0, 5, 10, 15):
        tick(MORNING + timedelta(seconds=seconds))
        counted.append(rows("SELECT count(*) FROM message WHERE state = 'queued'")[0][0])
    assert counted == [1, 1, 2, 2]
    sent = [job.kwargs["message_ids"] for job in process.queue(Queue.MESSAGES).get_jobs()]
    assert sent == [[ids[0]], [ids[1]]]


def test_what_a_lost_worker_left_is_found_within_a_minute_of_its_lease(stage: Cast) -> None:
    with db.transaction() as session:
        item = owe(session, stage.mexico)
        queued, sending = (plan(session, item, state=state, at=MORNING).id for state in ("queued", "sending"))
    tick(MORNING + timedelta(minutes=4))
    found = dict(rows("SELECT id, state FROM message"))
    assert (found[queued], found[sending]) == ("queued", "unconfirmed")
    assert [job.kwargs["message_ids"] for job in process.queue(Queue.MESSAGES).get_jobs()] == [[queued]]
