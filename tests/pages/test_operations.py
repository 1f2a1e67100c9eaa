"""The Operations page as Marta and Alma see it, on the real database and a real Valkey."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select
from streamlit.testing.v1 import AppTest

from models import ImportRun, MessageState, NightlyRun, RunState, ScheduledRun
from tests.cast import NOW, TODAY, Cast, owe
from tests.queries.written import written
from workbench import db
from workbench.actions import failed_jobs
from workbench.actions.schedules import announce_runs
from workbench.jobs import Job, Queue
from workbench.queries import operations
from workbench.rules.held import Code, held
from workbench.rules.refusals import Refused
from workbench.rules.timetable import Slot
from workers import process

PAGE = str(Path(__file__).parents[2] / "pages/operations.py")


@pytest.fixture
def opened(page_as):
    return partial(page_as, PAGE)


def fail(portfolio_id: int, **fields) -> int:
    values = {
        "due_at": NOW - timedelta(hours=2),
        "state": "failed",
        "attempts": 3,
        "error": "ValueError at nights.py:7",
    }
    with db.transaction() as session:
        run = ScheduledRun(name="night", portfolio_id=portfolio_id, **values | fields)
        session.add(run)
    return run.id


def shown(page: AppTest) -> str:
    """Every text on the page."""
    assert not page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.warning]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def test_an_empty_house_says_what_to_do(fresh_cast: Cast, opened) -> None:
    page = opened(fresh_cast.alma)
    said = shown(page)
    assert "workbench schedule" in said
    assert "No night has passed yet." in said
    assert "Nothing has failed" in said


def test_the_timetable_shows_the_next_night_in_its_portfolios_zone(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        announce_runs(session, [Slot("night", fresh_cast.mexico.id, NOW + timedelta(hours=16, minutes=30))], at=NOW)
    timetable, *_ = [each.value for each in opened(fresh_cast.marta).dataframe]
    assert list(timetable["Portfolio"]) == ["MX-BANK"]
    assert timetable["Next"][0] == "Thu 19 Nov 02:30 (Mexico City)"


def test_a_running_night_shows_how_far_it_is_and_a_silent_one_that_nobody_works_on_it(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        for portfolio, heard in ((fresh_cast.mexico, NOW), (fresh_cast.colombia, NOW - timedelta(minutes=9))):
            run = {"business_date": TODAY, "started_at": NOW - timedelta(minutes=9), "heartbeat_at": heard}
            session.add(NightlyRun(portfolio_id=portfolio.id, cases_total=400, cases_done=100, **run))
    nights, *_ = [each.value for each in opened(fresh_cast.alma).dataframe]
    assert dict(zip(nights["Portfolio"], nights["State"], strict=True)) == {
        "MX-BANK": "running",
        "CO-TELCO": "nobody is working on it",
    }
    assert list(nights["Progress"]) == [0.25, 0.25]


def test_marta_retries_a_failed_night_once(fresh_cast: Cast, opened) -> None:
    run_id = fail(fresh_cast.mexico.id)
    page = opened(fresh_cast.marta)
    assert "ValueError at nights.py:7" in shown(page)
    page.button(key=f"retry-scheduled_run-{run_id}").click().run()
    assert "It is tried again by itself." in shown(page)
    with db.reading() as session:
        assert session.get_one(ScheduledRun, run_id).state == "due"
    assert db.valkey().llen("rq:queue:workbench") >= 1
    db.valkey().delete("rq:queue:workbench")


def test_marta_retries_a_failed_import_and_alma_may_not(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        values = {"file_name": "book.csv", "sha256": "0" * 64, "content": b"x", "business_date": TODAY}
        run = ImportRun(portfolio_id=fresh_cast.mexico.id, created_at=NOW, state=RunState.FAILED, error="x", **values)
        session.add(run)
    assert not [each for each in opened(fresh_cast.alma).button if each.key.startswith("retry")]
    page = opened(fresh_cast.marta)
    page.button(key=f"retry-import_run-{run.id}").click().run()
    with db.reading() as session:
        assert session.exec(select(ImportRun.state)).one() == "due"
    db.valkey().delete("rq:queue:workbench")


def test_a_retry_that_comes_too_late_says_so(fresh_cast: Cast, opened) -> None:
    run_id = fail(fresh_cast.mexico.id)
    page = opened(fresh_cast.marta)
    with db.transaction() as session:
        session.get_one(ScheduledRun, run_id).state = "done"
    page.button(key=f"retry-scheduled_run-{run_id}").click().run()
    assert "a later one has taken its place" in shown(page)


def test_marta_sees_nothing_of_colombia(fresh_cast: Cast, opened) -> None:
    fail(fresh_cast.colombia.id)
    page = opened(fresh_cast.marta)
    assert "CO-TELCO" not in shown(page)
    assert not [each for each in page.button if each.key.startswith("retry")]


@pytest.mark.parametrize("name", ["ana", "sofia", "bruno"])
def test_agents_and_supervisors_do_not_see_the_page(fresh_cast: Cast, opened, name: str) -> None:
    page = opened(getattr(fresh_cast, name))
    assert shown(page).strip() == "Your role does not allow this."


@pytest.mark.parametrize("query", [operations.timetable, operations.nights, operations.imports, operations.failures])
def test_the_queries_refuse_agents_too(session: Session, cast: Cast, query) -> None:
    with pytest.raises(Refused, match="role"):
        query(session, cast.bruno, at=NOW)
    with pytest.raises(Refused, match="role"):
        operations.workshops(cast.bruno)


def test_a_redis_that_is_away_is_said_and_hides_nothing_else(fresh_cast: Cast, fresh_db: str, opened) -> None:
    fail(fresh_cast.mexico.id)
    db.connect(fresh_db, "unix:///nowhere/valkey.sock")
    said = shown(opened(fresh_cast.marta))
    assert "Redis does not answer" in said
    assert "ValueError" in said


def test_marta_sees_what_waits_what_nobody_knows_and_why_messages_failed(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        item, other = owe(session, fresh_cast.mexico), owe(session, fresh_cast.colombia)
        written(session, item, state=MessageState.PLANNED, not_before=NOW - timedelta(hours=1))
        written(session, item, state=MessageState.UNCONFIRMED)
        written(session, item, state=MessageState.FAILED, error="too fast", held=held(Code.PROVIDER))
        written(session, item, state=MessageState.BLOCKED, held=held(Code.LAW))
        written(session, other, state=MessageState.UNCONFIRMED)
    page = opened(fresh_cast.marta)
    assert "1 message may have left or not." in shown(page)
    assert "href='outbox'" in shown(page)
    waiting, failed = [each.value for each in page.dataframe][-2:]
    assert waiting.iloc[0].tolist()[:2] + waiting.iloc[0].tolist()[3:] == ["MX-BANK", 1, 0, 1]
    assert set(failed["Why"]) == {"too fast", "The law does not allow it."}
    assert len(waiting) == 1


def failed_job(name: str, **ids: list[int]) -> str:
    queue = process.queue(Queue.MESSAGES)
    job = queue.enqueue(name, kwargs=ids, failure_ttl=600)
    queue.remove(job)
    queue.failed_job_registry.add(job, ttl=600, exc_string="")
    return job.id


def test_marta_sends_the_ids_of_a_failed_job_again_once(fresh_cast: Cast, opened) -> None:
    job_id, forged = failed_job(Job.SEND, message_ids=[7, 8]), failed_job("os.system", command=["true"])
    page = opened(fresh_cast.marta)
    assert not [each for each in page.button if each.key == f"retry-job-{forged}"]
    page.button(key=f"retry-job-{job_id}").click().run()
    again = [job for job in process.queue(Queue.MESSAGES).get_jobs() if job.kwargs == {"message_ids": [7, 8]}]
    assert [job.func_name for job in again] == [Job.SEND]
    for gone in (job_id, forged):
        with db.transaction() as session, pytest.raises(Refused, match="not among the failed"):
            failed_jobs.retry_job(session, fresh_cast.marta, gone, at=NOW)
    with db.reading() as session:
        assert session.execute(text("SELECT details->'ids' FROM audit_entry WHERE deed = 'retry_job'")).scalar() == [
            7,
            8,
        ]
    process.queue(Queue.MESSAGES).failed_job_registry.remove(forged, delete_job=True)
    process.queue(Queue.MESSAGES).empty()


def test_an_agent_may_not_send_a_failed_job_again(fresh_cast: Cast) -> None:
    job_id = failed_job(Job.SEND, message_ids=[7])
    with db.transaction() as session, pytest.raises(Refused, match="role"):
        failed_jobs.retry_job(session, fresh_cast.bruno, job_id, at=NOW)
    process.queue(Queue.MESSAGES).failed_job_registry.remove(job_id, delete_job=True)
