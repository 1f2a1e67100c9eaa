from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.calling_hours import Hours, country_zones, may_call, next_lawful, open_zones

HOURS = Hours(time(8), time(19), time(9), time(14))
WEEKDAYS_ONLY = Hours(time(8), time(19))
BOGOTA = "America/Bogota"


def there(text: str, zone: str = BOGOTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("hours", "at", "is_open", "next_open"),
    [
        pytest.param(HOURS, "2026-11-18T07:59", False, "2026-11-18T08:00", id="a minute early"),
        pytest.param(HOURS, "2026-11-18T08:00", True, "2026-11-18T08:00", id="the first minute"),
        pytest.param(HOURS, "2026-11-18T18:59", True, "2026-11-18T18:59", id="the last minute"),
        pytest.param(HOURS, "2026-11-18T19:00", False, "2026-11-19T08:00", id="closing time is too late"),
        pytest.param(HOURS, "2026-11-21T13:59", True, "2026-11-21T13:59", id="Saturday"),
        pytest.param(HOURS, "2026-11-21T14:00", False, "2026-11-23T08:00", id="Saturday afternoon"),
        pytest.param(WEEKDAYS_ONLY, "2026-11-21T10:00", False, "2026-11-23T08:00", id="no Saturdays"),
        pytest.param(HOURS, "2026-11-22T10:00", False, "2026-11-23T08:00", id="Sunday"),
        pytest.param(HOURS, "2026-12-08T10:00", False, "2026-12-09T08:00", id="Immaculate Conception"),
        pytest.param(HOURS, "2027-01-01T10:00", False, "2027-01-02T09:00", id="New Year, then a Saturday"),
        pytest.param(HOURS, "2026-12-31T20:00", False, "2027-01-02T09:00", id="over the year's end"),
    ],
)
def test_calls_are_lawful_in_local_hours(hours: Hours, at: str, *, is_open: bool, next_open: str) -> None:
    window = may_call(hours, "CO", BOGOTA, there(at))
    assert (window.open, window.next_open) == (is_open, there(next_open))


def test_an_open_window_says_until_when() -> None:
    window = may_call(HOURS, "CO", BOGOTA, there("2026-11-18T10:00"))
    assert window.until == there("2026-11-18T19:00")
    assert window.because.msgid.format(**window.because.params) == "Calls are allowed until 19:00."


@pytest.mark.parametrize(
    ("at", "because"),
    [
        ("2026-11-18T20:05", "Calls are allowed from 08:00 to 19:00 here; it is 20:05."),
        ("2026-11-22T10:00", "No calls on Sundays."),
        ("2026-12-25T10:00", "No calls on a public holiday: Navidad."),
    ],
)
def test_a_closed_window_says_why(at: str, because: str) -> None:
    reason = may_call(HOURS, "CO", BOGOTA, there(at)).because
    assert reason.msgid.format(**reason.params) == because


def test_only_zones_whose_clock_is_right_are_open() -> None:
    zones = ["America/Mexico_City", "America/Tijuana", "America/Cancun"]
    eight_in_the_capital = there("2026-11-18T08:00", "America/Mexico_City")
    assert open_zones(HOURS, "MX", zones, eight_in_the_capital) == ["America/Mexico_City", "America/Cancun"]


def test_a_country_without_a_calendar_has_no_feasts() -> None:
    assert may_call(HOURS, "XX", BOGOTA, there("2026-12-25T10:00")).open


def test_an_hour_that_the_clock_skips_opens_after_the_gap() -> None:
    midnight_on = Hours(time(0, 30), time(12))
    moment = next_lawful(midnight_on, "XX", "America/Santiago", there("2026-09-05T23:00", "America/Santiago"))
    assert moment.astimezone(ZoneInfo("America/Santiago")) == there("2026-09-07T00:30", "America/Santiago")


def test_every_country_of_the_demo_has_zones() -> None:
    assert {"America/Mexico_City", "America/Tijuana"} <= set(country_zones("MX"))
    assert all(country_zones(country) for country in ("CO", "CL", "PE"))
    assert country_zones("XX") == ()


clocks = st.times(min_value=time(5), max_value=time(11, 59)).map(lambda each: each.replace(second=0, microsecond=0))
late_clocks = st.times(min_value=time(12), max_value=time(22)).map(lambda each: each.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
places = st.sampled_from(
    [
        ("MX", "America/Tijuana"),
        ("MX", "America/Mexico_City"),
        ("CO", BOGOTA),
        ("CL", "America/Santiago"),
        ("PE", "America/Lima"),
    ]
)


@given(
    opens=clocks,
    closes=late_clocks,
    sat_opens=clocks,
    sat_closes=late_clocks,
    at=moments,
    place=places,
    saturdays=st.booleans(),
)
def test_the_next_lawful_moment_is_open_and_the_minute_before_is_not(
    opens: time,
    closes: time,
    sat_opens: time,
    sat_closes: time,
    at: datetime,
    place: tuple[str, str],
    *,
    saturdays: bool,
) -> None:
    hours = Hours(opens, closes, sat_opens, sat_closes) if saturdays else Hours(opens, closes)
    window = may_call(hours, *place, at)
    assert window.next_open >= at
    assert may_call(hours, *place, window.next_open).open
    if window.open:
        assert window.next_open == at
        assert window.until is not None
        assert window.until > at
        assert not may_call(hours, *place, window.until).open
        assert may_call(hours, *place, window.until - timedelta(microseconds=1)).open
    else:
        assert not may_call(hours, *place, window.next_open - timedelta(minutes=1)).open
