from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import AuditEntry, ImportRun, RunState, ScheduledRun, ScheduleState
from tests.cast import NOW, TODAY, Cast
from workbench.actions import schedules
from workbench.actions.schedules import ATTEMPTS, LEASE, RESEND_AFTER
from workbench.rules.refusals import Refused
from workbench.rules.timetable import Slot

LONG_AFTER = NOW + LEASE + timedelta(seconds=1)


def due(
    session: Session, portfolio_id: int | None, *, at: datetime = NOW, name: str = "night", **fields
) -> ScheduledRun:
    run = ScheduledRun(name=name, portfolio_id=portfolio_id, due_at=at, **fields)
    session.add(run)
    session.flush()
    return run


def state_of(session: Session, run: ScheduledRun) -> ScheduleState:
    session.refresh(run)
    return run.state


def sent(session: Session) -> list[int]:
    return [ids.get("scheduled_run_id") or ids["import_run_id"] for _, ids in session.info.pop("jobs", [])]


def runs(session: Session) -> list[tuple[str, int | None, datetime]]:
    found = session.exec(select(ScheduledRun).order_by(col(ScheduledRun.due_at)))
    return [(run.name, run.portfolio_id, run.due_at.astimezone(UTC)) for run in found]


def test_a_run_is_announced_once_however_often_it_is_said(session: Session, cast: Cast) -> None:
    slots = [Slot("night", cast.mexico.id, NOW), Slot("cleanup", None, NOW + timedelta(hours=1))]
    schedules.announce_runs(session, slots, at=NOW)
    schedules.announce_runs(session, slots, at=NOW)
    assert runs(session) == [("night", cast.mexico.id, NOW), ("cleanup", None, NOW + timedelta(hours=1))]


def test_a_run_that_is_not_meant_any_more_is_withdrawn_and_one_that_is_due_stays(session: Session, cast: Cast) -> None:
    due(session, cast.mexico.id)
    due(session, cast.mexico.id, at=NOW + timedelta(hours=5))
    moved = Slot("night", cast.mexico.id, NOW + timedelta(hours=6))
    schedules.announce_runs(session, [moved], at=NOW)
    assert [at for *_, at in runs(session)] == [NOW, NOW + timedelta(hours=6)]


def test_of_missed_nights_only_the_last_one_is_made_up(session: Session, cast: Cast) -> None:
    missed = [due(session, cast.mexico.id, at=NOW - timedelta(days=days)) for days in (2, 1, 0)]
    other = due(session, cast.colombia.id, at=NOW - timedelta(days=1))
    assert schedules.skip_overtaken(session, at=NOW) == 2
    assert [state_of(session, run) for run in missed] == ["skipped", "skipped", "due"]
    assert state_of(session, other) == "due"


def test_a_due_run_is_sent_and_sent_again_when_nobody_came(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id)
    due(session, cast.mexico.id, at=NOW + timedelta(days=1))
    due(session, None, name="cleanup")
    assert schedules.send_due(session, at=NOW) == [run.id]
    assert schedules.send_due(session, at=NOW + RESEND_AFTER / 2) == []
    assert schedules.send_due(session, at=NOW + RESEND_AFTER) == [run.id]
    assert sent(session) == [run.id, run.id]


def test_a_run_delivered_twice_is_claimed_once(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id)
    claimed = schedules.claim_run(session, run.id, at=NOW)
    assert (claimed.portfolio_id, claimed.on, claimed.attempt) == (cast.mexico.id, TODAY, 1)
    assert schedules.claim_run(session, run.id, at=NOW) is None
    schedules.finish_run(session, claimed, at=NOW)
    assert schedules.claim_run(session, run.id, at=NOW) is None


def test_a_night_is_for_the_date_in_its_portfolios_zone(session: Session, cast: Cast) -> None:
    late_evening = datetime(2026, 11, 18, 3, 30, tzinfo=UTC)
    run = due(session, cast.mexico.id, at=late_evening)
    assert schedules.claim_run(session, run.id, at=NOW).on == date(2026, 11, 17)


def test_a_run_that_is_not_due_yet_is_not_started_by_a_stray_job(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id, at=NOW + timedelta(minutes=1))
    assert schedules.claim_run(session, run.id, at=NOW) is None


def test_two_nights_of_one_portfolio_do_not_run_at_once(session: Session, cast: Cast) -> None:
    first, second = due(session, cast.mexico.id, at=NOW - timedelta(days=1)), due(session, cast.mexico.id)
    elsewhere = due(session, cast.colombia.id)
    assert schedules.claim_run(session, first.id, at=NOW)
    assert schedules.claim_run(session, second.id, at=NOW) is None
    assert schedules.claim_run(session, elsewhere.id, at=NOW)


def test_a_lost_run_is_swept_and_its_old_worker_can_write_no_more(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id)
    lost = schedules.claim_run(session, run.id, at=NOW)
    assert schedules.sweep_lost(session, at=NOW + LEASE) == []
    assert schedules.sweep_lost(session, at=LONG_AFTER) == [run.id]
    again = schedules.claim_run(session, run.id, at=LONG_AFTER)
    assert not schedules.renew_lease(session, lost, at=LONG_AFTER)
    assert not schedules.finish_run(session, lost, at=LONG_AFTER)
    schedules.fail_run(session, lost, error="late", at=LONG_AFTER)
    assert state_of(session, run) == "running"
    assert schedules.finish_run(session, again, at=LONG_AFTER)
    assert (state_of(session, run), run.attempts, run.error) == ("done", 2, None)


def test_a_renewed_lease_is_not_swept(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id)
    claimed = schedules.claim_run(session, run.id, at=NOW)
    assert schedules.renew_lease(session, claimed, at=NOW + LEASE)
    assert schedules.sweep_lost(session, at=LONG_AFTER) == []


def test_a_run_lost_three_times_fails_and_is_seen(session: Session, cast: Cast) -> None:
    run, at = due(session, cast.mexico.id), NOW
    for _ in range(ATTEMPTS):
        assert schedules.claim_run(session, run.id, at=at)
        at += LEASE + timedelta(seconds=1)
        schedules.sweep_lost(session, at=at)
    assert (state_of(session, run), run.error) == ("failed", "The worker was lost.")
    assert schedules.send_due(session, at=at + RESEND_AFTER) == []


def test_a_failure_is_tried_again_in_a_minute_and_seen_the_third_time(session: Session, cast: Cast) -> None:
    run, states = due(session, cast.mexico.id), []
    for attempt in range(ATTEMPTS):
        at = NOW + RESEND_AFTER * attempt
        claimed = schedules.claim_run(session, run.id, at=at)
        schedules.fail_run(session, claimed, error="ValueError at nights.py:7", at=at)
        states.append((state_of(session, run), run.error))
        assert schedules.send_due(session, at=at) == []
    assert states == [(state, "ValueError at nights.py:7") for state in ("due", "due", "failed")]


def test_marta_retries_a_failed_night_and_a_second_click_is_refused(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id, state="failed", attempts=3, error="ValueError at nights.py:7")
    schedules.retry_run(session, cast.marta, run.id, at=NOW)
    assert (state_of(session, run), sent(session)) == ("due", [run.id])
    with pytest.raises(Refused, match="has not failed"):
        schedules.retry_run(session, cast.marta, run.id, at=NOW)
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "retry_run")).one()
    assert (entry.by_id, entry.subject_id) == (cast.marta.user_id, run.id)


def test_a_night_that_a_later_one_has_replaced_is_not_retried(session: Session, cast: Cast) -> None:
    run = due(session, cast.mexico.id, at=NOW - timedelta(days=1), state="failed")
    due(session, cast.mexico.id, state="done")
    with pytest.raises(Refused, match="taken its place"):
        schedules.retry_run(session, cast.marta, run.id, at=NOW)


@pytest.mark.parametrize("who", ["ana", "sofia", "bruno"])
def test_agents_and_supervisors_retry_nothing(session: Session, cast: Cast, who: str) -> None:
    run = due(session, cast.mexico.id, state="failed")
    with pytest.raises(Refused, match="role"):
        schedules.retry_run(session, getattr(cast, who), run.id, at=NOW)


def test_marta_does_not_retry_a_night_of_a_portfolio_she_may_not_see(session: Session, cast: Cast) -> None:
    run = due(session, cast.colombia.id, state="failed")
    with pytest.raises(Refused):
        schedules.retry_run(session, cast.marta, run.id, at=NOW)
    assert state_of(session, run) == "failed"


def bring(session: Session, cast: Cast, **fields) -> ImportRun:
    values = {"content": b"x", "created_at": NOW, "business_date": TODAY} | fields
    run = ImportRun(portfolio_id=cast.mexico.id, file_name="book.csv", sha256="0" * 64, **values)
    session.add(run)
    session.flush()
    return run


def test_an_import_nobody_came_for_is_sent_again(session: Session, cast: Cast) -> None:
    run = bring(session, cast)
    assert schedules.sweep_imports(session, at=NOW) == []
    assert schedules.sweep_imports(session, at=NOW + RESEND_AFTER) == [run.id]
    assert schedules.sweep_imports(session, at=NOW + RESEND_AFTER * 1.5) == []


def test_an_import_whose_worker_is_silent_is_sent_again_and_fails_the_third_time(session: Session, cast: Cast) -> None:
    run = bring(session, cast, state=RunState.RUNNING, heartbeat_at=NOW)
    assert schedules.sweep_imports(session, at=NOW + LEASE) == []
    assert schedules.sweep_imports(session, at=LONG_AFTER) == [run.id]
    for _ in range(ATTEMPTS - 1):
        session.execute(text("UPDATE import_run SET state = 'running'"))
        schedules.sweep_imports(session, at=LONG_AFTER)
    session.refresh(run)
    assert (run.state, run.attempts) == ("failed", ATTEMPTS)


def test_marta_retries_a_failed_import_while_its_file_is_kept(session: Session, cast: Cast) -> None:
    kept, gone = bring(session, cast, state=RunState.FAILED), bring(session, cast, state=RunState.FAILED, content=None)
    schedules.retry_import(session, cast.marta, kept.id, at=NOW)
    assert sent(session) == [kept.id]
    for again in (kept, gone):
        with pytest.raises(Refused, match="not kept"):
            schedules.retry_import(session, cast.marta, again.id, at=NOW)


def test_small_runs_are_forgotten_after_a_day_and_failures_never(session: Session, cast: Cast) -> None:
    before = NOW - timedelta(days=2)
    due(session, None, at=before, name="worklist", state="done", finished_at=before)
    due(session, cast.mexico.id, at=before, state="done", finished_at=before)
    due(session, None, at=before, name="cleanup", state="failed", finished_at=before)
    assert schedules.forget_old_runs(session, at=NOW) == 1
    assert {name for name, *_ in runs(session)} == {"night", "cleanup"}
