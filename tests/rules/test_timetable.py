from datetime import UTC, date, datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.rules.timetable import business_date, last_due, next_due

NIGHT = "30 2 * * *"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "at", "last", "following"),
    [
        pytest.param(NIGHT, "America/Mexico_City", "2026-11-18 08:30", "2026-11-18 08:30", "2026-11-19 08:30", id="due-now"),
        pytest.param(NIGHT, "America/Mexico_City", "2026-11-18 08:29:59", "2026-11-17 08:30", "2026-11-18 08:30", id="a-second-early"),
        pytest.param(NIGHT, "America/Mexico_City", "2026-04-05 12:00", "2026-04-05 08:30", "2026-04-06 08:30", id="mexico-spring-has-no-jump"),
        pytest.param(NIGHT, "America/Mexico_City", "2026-10-25 12:00", "2026-10-25 08:30", "2026-10-26 08:30", id="mexico-autumn-has-no-jump"),
        pytest.param(NIGHT, "America/Bogota", "2026-11-18 12:00", "2026-11-18 07:30", "2026-11-19 07:30", id="bogota"),
        # Chile's clocks jump at midnight: 24:00 becomes 01:00 in September, 24:00 becomes 23:00 in April
        pytest.param(NIGHT, "America/Santiago", "2026-09-05 12:00", "2026-09-05 06:30", "2026-09-06 05:30", id="santiago-before-spring"),
        pytest.param(NIGHT, "America/Santiago", "2026-09-06 12:00", "2026-09-06 05:30", "2026-09-07 05:30", id="santiago-spring"),
        pytest.param(NIGHT, "America/Santiago", "2026-04-04 12:00", "2026-04-04 05:30", "2026-04-05 06:30", id="santiago-before-autumn"),
        pytest.param(NIGHT, "America/Santiago", "2026-04-05 12:00", "2026-04-05 06:30", "2026-04-06 06:30", id="santiago-autumn"),
        pytest.param("30 0 * * *", "America/Santiago", "2026-09-06 04:00", "2026-09-06 04:00", "2026-09-07 03:30", id="santiago-skipped-time-runs-after-the-jump"),
        pytest.param("30 23 * * *", "America/Santiago", "2026-04-05 03:45", "2026-04-05 02:30", "2026-04-06 03:30", id="santiago-repeated-time-runs-once"),
        # Mexico's border follows the United States
        pytest.param(NIGHT, "America/Tijuana", "2026-03-08 12:00", "2026-03-08 10:00", "2026-03-09 09:30", id="tijuana-skipped-0230"),
        pytest.param("30 1 * * *", "America/Tijuana", "2026-11-01 09:10", "2026-11-01 08:30", "2026-11-02 09:30", id="tijuana-repeated-0130-runs-once"),
        pytest.param("* * * * *", "UTC", "2026-11-18 12:00:30.5", "2026-11-18 12:00", "2026-11-18 12:01", id="minute"),
    ],
)  # fmt: skip
def test_due_moments(cron: str, zone: str, at: str, last: str, following: str) -> None:
    assert last_due(cron, zone, utc(at)) == utc(last)
    assert next_due(cron, zone, utc(at)) == utc(following)


@pytest.mark.parametrize(
    ("zone", "at", "on"),
    [
        pytest.param(
            "America/Mexico_City", "2026-11-18 08:30", date(2026, 11, 18), id="the-night-prepares-its-own-day"
        ),
        pytest.param("America/Santiago", "2026-09-06 05:30", date(2026, 9, 6), id="on-the-day-the-clocks-jump"),
        pytest.param("America/Lima", "2026-11-18 04:59", date(2026, 11, 17), id="late-evening"),
    ],
)
def test_a_run_is_for_the_calendar_day_of_its_due_moment(zone: str, at: str, on: date) -> None:
    assert business_date(utc(at), zone) == on


moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - its argument
zones = st.sampled_from(
    ["America/Santiago", "America/Mexico_City", "America/Tijuana", "America/Asuncion", "America/Lima"]
)
crons = st.sampled_from([NIGHT, "30 1 * * *", "15 23 * * *", "30 0 * * *", "5 * * * *"])


@given(cron=crons, zone=zones, at=moments)
@example(cron="30 1 * * *", zone="America/Tijuana", at=utc("2026-11-01 09:10"))
def test_no_due_moment_lies_between_the_last_and_the_next(cron: str, zone: str, at: datetime) -> None:
    last, following = last_due(cron, zone, at), next_due(cron, zone, at)
    assert last <= at < following
    assert next_due(cron, zone, last) == following
    assert last_due(cron, zone, following - timedelta(microseconds=1)) == last


def test_a_year_of_nights_has_one_for_every_date() -> None:
    due, dates = utc("2026-01-01 00:00"), []
    for _ in range(365):
        due = next_due(NIGHT, "America/Santiago", due)
        dates.append(business_date(due, "America/Santiago"))
    assert dates == [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]


def test_a_cron_string_that_means_nothing_is_an_error() -> None:
    with pytest.raises(Exception, match="Bad hour"):
        next(CronSim("0 25 * * *", utc("2026-01-01 00:00")))
