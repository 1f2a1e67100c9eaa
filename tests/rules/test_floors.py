from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.floors import WAITS, Wait, wait_bounds, wait_of, wait_span

ZONE = "America/Mexico_City"
moments = st.integers(1_735_700_000, 1_830_300_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("since", "wait"),
    [
        ("2026-11-18 15:00", "1h"),
        ("2026-11-18 14:00:01", "1h"),
        ("2026-11-18 14:00", "1h"),
        ("2026-11-18 13:59", "2h"),
        ("2026-11-18 12:59", "4h"),
        ("2026-11-18 10:59", "8h"),
        ("2026-11-18 06:59", "today"),
        ("2026-11-18 00:00", "today"),
        ("2026-11-17 23:59", "yesterday"),
        ("2026-11-17 00:00", "yesterday"),
        ("2026-11-16 23:59", "days"),
        ("2026-11-12 00:00", "days"),
        ("2026-11-11 23:59", "week"),
        ("2025-11-11 23:59", "week"),
    ],
)
def test_at_three_in_the_afternoon_it_has_waited(since: str, wait: str) -> None:
    assert wait_of(local(since), wait_bounds(local("2026-11-18 15:00"), ZONE)) == wait


@pytest.mark.parametrize(
    ("since", "wait"),
    [("2026-11-17 23:30", "8h"), ("2026-11-17 20:30", "yesterday"), ("2026-11-18 00:00", "8h")],
)
def test_at_half_past_five_eight_hours_reach_into_yesterday(since: str, wait: str) -> None:
    assert wait_of(local(since), wait_bounds(local("2026-11-18 05:30"), ZONE)) == wait


@given(at=moments, since=moments, zone=st.sampled_from([ZONE, "America/Santiago", "America/Sao_Paulo", "UTC"]))
def test_every_wait_lies_in_its_span_and_in_no_other(at: datetime, since: datetime, zone: str) -> None:
    bounds = wait_bounds(at, zone)
    assert list(bounds) == sorted(bounds, reverse=True)
    inside = []
    for wait in WAITS:
        first, before = wait_span(wait, bounds)
        if (first is None or since >= first) and (before is None or since < before):
            inside.append(wait)
    assert inside == [wait_of(since, bounds)]
    assert inside != [Wait.ONE_HOUR] or since >= bounds[0]
