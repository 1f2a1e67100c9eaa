import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest

from models import Channel
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.lawful_hours import cells, day_spans, lawful_minutes, midnight, spans

MONDAY = date(2026, 11, 23)
ALL_DAY = Hours(time(0), time(23, 59), time(0), time(23, 59))
OPEN = ContactPolicy(hours=ALL_DAY, calls_on_holidays=True)


def judge_of(country: str, zone: str, channel: Channel = Channel.CALL, policy: ContactPolicy = OPEN):
    place = Place(1, country, zone, policy)
    return lambda at: place.judge(Known(zone), at, channel=channel)


@pytest.mark.parametrize(
    ("country", "zone", "channel", "first", "minutes"),
    [
        pytest.param("CO", "America/Bogota", Channel.CALL, MONDAY, (5 * 12 + 7) * 60, id="colombia"),
        # 7 December is a working Monday, 8 December (Tuesday) a holiday
        pytest.param("CO", "America/Bogota", Channel.CALL, date(2026, 12, 7), (4 * 12 + 7) * 60, id="holiday"),
        pytest.param("CO", "America/Bogota", Channel.VISIT, MONDAY, 0, id="visits are banned"),
        pytest.param("PE", "America/Lima", Channel.CALL, MONDAY, 5 * 13 * 60, id="peru has no saturday"),
    ],
)
def test_lawful_minutes_of_a_week(country: str, zone: str, channel: Channel, first: date, minutes: int) -> None:
    assert lawful_minutes(judge_of(country, zone, channel), zone, first) == minutes


def test_a_policy_tightens_the_week() -> None:
    policy = ContactPolicy(hours=Hours(time(9), time(17)))
    assert lawful_minutes(judge_of("CO", "America/Bogota", policy=policy), "America/Bogota", MONDAY) == 5 * 8 * 60


def test_cells_and_spans_tell_the_same_minutes() -> None:
    judge = judge_of("CO", "America/Bogota")
    found = list(cells(judge, "America/Bogota", MONDAY))
    assert len(found) == 7 * 48
    assert sum(cell.lawful for cell in found) == lawful_minutes(judge, "America/Bogota", MONDAY)
    seven = next(cell for cell in found if cell.clock == 7 * 60)
    assert (seven.lawful, seven.decision.allowed, seven.decision.rule.id) == (30, True, "co.window")
    sunday = next(cell for cell in found if cell.on.weekday() == 6)
    assert (sunday.lawful, sunday.decision.rule.id) == (0, "co.no_sunday")


def test_half_an_hour_that_opens_in_its_middle_is_lawful_in_part() -> None:
    policy = ContactPolicy(hours=Hours(time(9, 10), time(17)))
    found = {
        cell.clock: cell
        for cell in cells(judge_of("CO", "America/Bogota", policy=policy), "America/Bogota", MONDAY, days=1)
    }
    assert found[9 * 60].lawful == 20
    assert not found[9 * 60].decision.allowed


def test_a_day_whose_clock_goes_forward_is_an_hour_shorter() -> None:
    """In Santiago 6 September 2026 begins at 01:00."""
    zone, on = "America/Santiago", date(2026, 9, 6)
    judge = judge_of("CL", zone)
    assert midnight(zone, on + timedelta(days=1)) - midnight(zone, on) == timedelta(hours=23)
    assert sum(cell.minutes for cell in cells(judge, zone, on, days=1)) == 23 * 60


def test_spans_cover_the_time_without_gap() -> None:
    judge = judge_of("CO", "America/Bogota")
    start, end = datetime(2026, 11, 23, 3, 17, tzinfo=UTC), datetime(2026, 12, 9, 1, 1, tzinfo=UTC)
    found = list(spans(judge, start, end))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(left.end == right.start for left, right in itertools.pairwise(found))
    assert [span.decision.allowed for span in day_spans(judge, "America/Bogota", MONDAY)] == [False, True, False]
