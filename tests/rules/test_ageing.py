from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from models.cases import Stage
from workbench.rules.ageing import (
    NO_DATE,
    STAGES,
    StageThresholds,
    bucket,
    buckets_from_ranges,
    check_buckets,
    days_past_due,
    judicial_proposed,
    stage,
)
from workbench.rules.refusals import Refused

STARTS = (1, 31, 61, 91, 121, 181)
LIMITS = StageThresholds(extrajudicial_after=60, judicial_after=180)


def number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("oldest", "on", "days"),
    [
        pytest.param(date(2026, 11, 18), date(2026, 11, 18), 0, id="due today"),
        pytest.param(date(2026, 11, 17), date(2026, 11, 18), 1, id="due yesterday"),
        pytest.param(date(2026, 12, 1), date(2026, 11, 18), 0, id="not due yet"),
        pytest.param(date(2024, 2, 28), date(2024, 3, 1), 2, id="over a leap day"),
        pytest.param(date(2025, 2, 28), date(2025, 3, 1), 1, id="over a year without one"),
        pytest.param(date(2017, 10, 19), date(2026, 11, 18), 3_317, id="nine years"),
    ],
)
def test_days_past_due_count_from_the_oldest_unpaid_due_date(oldest: date, on: date, days: int) -> None:
    assert days_past_due(number(oldest), number(on)) == days


def test_nothing_due_is_no_day_past_due() -> None:
    assert_array_equal(days_past_due([NO_DATE, 10, 20], 15), [0, 5, 0])


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (120, 4), (121, 5), (180, 5), (181, 6)],
)
def test_a_bucket_holds_its_days_both_ends_included(days: int, expected: int) -> None:
    assert bucket(days, STARTS) == expected


@given(st.sets(st.integers(2, 400), max_size=8), st.integers(1, 500))
def test_every_day_falls_into_the_bucket_that_starts_last_before_it(others: set[int], days: int) -> None:
    starts = check_buckets([1, *sorted(others)])
    place = int(bucket(days, starts))
    assert starts[place - 1] <= days
    assert place == len(starts) or days < starts[place]


@pytest.mark.parametrize(
    ("starts", "because"),
    [
        pytest.param([], "gap", id="none"),
        pytest.param([2, 31], "gap", id="day 1 is in none"),
        pytest.param([1, 31, 31], "overlap at 31", id="twice the same"),
        pytest.param([1, 61, 31], "overlap at 31", id="backwards"),
    ],
)
def test_starts_that_do_not_cover_each_day_once_are_refused(starts: list[int], because: str) -> None:
    with pytest.raises(Refused) as refused:
        check_buckets(starts)
    assert because in str(refused.value)


@pytest.mark.parametrize(
    ("ranges", "because"),
    [
        pytest.param([], "no end", id="none"),
        pytest.param([(1, 30), (31, 60)], "no end", id="closed at the end"),
        pytest.param([(1, 30), (30, None)], "overlap at 30", id="an overlap of a day"),
        pytest.param([(1, None), (31, None)], "overlap at 31", id="open in the middle"),
        pytest.param([(1, 30), (32, None)], "gap after 30", id="a gap of a day"),
        pytest.param([(0, 30), (31, None)], "gap", id="starts before day 1"),
    ],
)
def test_ranges_with_an_overlap_or_a_gap_are_refused(ranges: list[tuple[int, int | None]], because: str) -> None:
    with pytest.raises(Refused) as refused:
        buckets_from_ranges(ranges)
    assert because in str(refused.value)


def test_the_usual_ranges_are_the_usual_starts() -> None:
    assert buckets_from_ranges([(1, 30), (31, 60), (61, 90), (91, 120), (121, 180), (181, None)]) == STARTS


@pytest.mark.parametrize(
    ("days", "current", "expected", "proposed"),
    [
        pytest.param(0, "preventive", "preventive", False, id="nothing past due"),
        pytest.param(1, "preventive", "administrative", False, id="first day"),
        pytest.param(60, "administrative", "administrative", False, id="last administrative day"),
        pytest.param(61, "administrative", "extrajudicial", False, id="first extrajudicial day"),
        pytest.param(180, "extrajudicial", "extrajudicial", False, id="at the judicial threshold"),
        pytest.param(181, "extrajudicial", "extrajudicial", True, id="over it: proposed, not moved"),
        pytest.param(3_317, "preventive", "extrajudicial", True, id="as old as it gets, straight from import"),
        pytest.param(200, "judicial", "judicial", False, id="who is there stays"),
        pytest.param(5, "judicial", "judicial", False, id="stays though the oldest debt was paid"),
        pytest.param(0, "judicial", "preventive", False, id="and leaves when nothing is due"),
    ],
)
def test_a_stage_follows_the_days_but_never_into_judicial(
    days: int, current: str, expected: str, proposed: Any
) -> None:
    place = STAGES.index(Stage(current))
    after = stage([days], LIMITS, [place])
    assert STAGES[after[0]] == expected
    assert judicial_proposed([days], LIMITS, after)[0] == proposed


@given(st.lists(st.integers(0, 5_000), min_size=1))
def test_nobody_gets_into_judicial_by_days(days: list[int]) -> None:
    found = stage(days, LIMITS, np.zeros(len(days), dtype=np.int64))
    assert found.max() < STAGES.index(Stage.JUDICIAL)
