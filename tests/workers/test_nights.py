"""The night's job: from a due row to the night itself, on a real book."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models import NightlyRun, Portfolio, ScheduledRun
from tests.cast import Cast, owe
from workbench import db
from workers import nights
from workers.leases import RunFailed


@pytest.fixture
def run(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico)
        due_at = datetime.now(UTC) - timedelta(seconds=1)
        made = ScheduledRun(name="night", portfolio_id=fresh_cast.mexico.id, due_at=due_at)
        session.add(made)
    return made.id


def the(noun, number: int):
    with db.reading() as session:
        return session.get(noun, number)


def test_the_job_does_the_night_of_the_day_it_fell_due(run: int, fresh_cast: Cast) -> None:
    nights.run_night(run)
    scheduled, portfolio = the(ScheduledRun, run), the(Portfolio, fresh_cast.mexico.id)
    assert (scheduled.state, scheduled.attempts, scheduled.error) == ("done", 1, None)
    assert portfolio.business_date == scheduled.due_at.astimezone(ZoneInfo("America/Mexico_City")).date()


def test_the_job_said_twice_does_one_night(run: int) -> None:
    nights.run_night(run)
    nights.run_night(run)
    assert the(ScheduledRun, run).attempts == 1
    assert the(NightlyRun, 1).cases_done == 1
    assert the(NightlyRun, 2) is None


def test_a_night_earlier_than_the_last_is_refused_in_words(run: int, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        session.get_one(Portfolio, fresh_cast.mexico.id).business_date = tomorrow
    with pytest.raises(RunFailed, match="is earlier and cannot be done"):
        nights.run_night(run)
    assert "is earlier and cannot be done" in the(ScheduledRun, run).error


def test_a_job_for_a_row_that_is_gone_does_nothing(fresh_cast: Cast) -> None:
    nights.run_night(10**9)
