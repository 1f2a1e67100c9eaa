"""What a night makes of a case that is paused: its days, its class, its place in the queue."""

from typing import Any

import pytest

from models.work_items import Band
from tests.rules.test_nights import POLICY, TODAY, columns, judged, known, told
from workbench.rules import nights
from workbench.rules.ageing import NO_DATE
from workbench.rules.nights import CLAIMED, CLOSED, NONE, READY, WAITING, Policy
from workbench.rules.pauses import OPEN_END

SOON = TODAY + 4
OPEN = {"paused_until": OPEN_END}
UNTIL = {"paused_until": SOON}


@pytest.mark.parametrize(
    ("case", "state", "band"),
    [
        pytest.param(OPEN, CLOSED, 4, id="new and paused without an end"),
        pytest.param(UNTIL, WAITING, 4, id="new and paused until a day"),
        pytest.param(OPEN | {"item": 9, "item_state": READY}, CLOSED, 4, id="ready, then paused"),
        pytest.param(UNTIL | {"item": 9, "item_state": READY}, WAITING, 4, id="ready, then paused until a day"),
        pytest.param(OPEN | {"item": 9, "item_state": WAITING}, CLOSED, 4, id="a wait ends with it"),
        pytest.param(OPEN | {"item": 9, "item_state": CLAIMED}, CLAIMED, 4, id="a claim is kept"),
        pytest.param(UNTIL | {"item": 9, "item_state": CLOSED}, WAITING, 4, id="its end is known now"),
        pytest.param(UNTIL | {"item": 9, "item_state": CLOSED, "ended": 1}, CLOSED, 4, id="closed for good stays"),
        pytest.param({"item": 9, "item_state": CLOSED}, READY, 4, id="over: back at once"),
        pytest.param(OPEN | {"item": 9, "item_state": WAITING, "item_band": 1}, WAITING, 1, id="a callback stands"),
        pytest.param(
            OPEN | {"item": 9, "item_state": WAITING, "item_band": 1, "barred": 1}, CLOSED, 1, id="but not when barred"
        ),
        pytest.param(OPEN | {"unanswered_reply": 1}, READY, 3, id="wrote to us: a person answers"),
        pytest.param(OPEN | {"unanswered_reply": 1, "barred": 1}, CLOSED, 4, id="wrote to us, but barred"),
        pytest.param(
            UNTIL | {"item": 9, "item_state": WAITING, "unanswered_break": 1, "broken": 1},
            WAITING,
            int(Band.BROKEN_PROMISE),
            id="broken while paused: the front can wait",
        ),
    ],
)
def test_where_a_paused_case_waits(case: dict[str, Any], state: int, band: int) -> None:
    found = judged(**case).columns
    assert (found["state"][0], found["band"][0]) == (state, band)


@pytest.mark.parametrize(
    ("case", "day", "written"),
    [
        pytest.param(UNTIL | {"item_state": NONE}, SOON, False, id="a new item waits for the day after the pause"),
        pytest.param(UNTIL | {"item": 9, "item_state": WAITING, "item_wait": TODAY + 1}, SOON, True, id="longer"),
        pytest.param(UNTIL | {"item": 9, "item_state": WAITING, "item_wait": SOON}, SOON, False, id="as long"),
        pytest.param(
            UNTIL | {"promised_until": TODAY + 9}, TODAY + 9, False, id="a promise that ends later is waited for"
        ),
        pytest.param(UNTIL | {"promised_until": TODAY + 2}, SOON, False, id="a promise that ends before"),
    ],
)
def test_until_when_it_waits(case: dict[str, Any], day: int, written: bool) -> None:  # noqa: FBT001
    found = judged(**case).columns
    assert (found["wait_day"][0], bool(found["waits_longer"][0])) == (day, written)


def test_the_class_stays_while_the_clock_stands_and_follows_right_after() -> None:
    aged = {"old_bucket": 2, "old_stage": 1, "has_standing": 1}
    while_paused = judged(**aged, oldest_due=TODAY - 200, not_counted=190, frozen=1, **OPEN).columns
    assert (while_paused["bucket"][0], while_paused["stage"][0]) == (2, 1)
    right_after = judged(**aged, oldest_due=TODAY - 200, not_counted=190).columns
    assert (right_after["days"][0], right_after["bucket"][0], right_after["stage"][0]) == (10, 1, 1)
    paid = judged(**aged, frozen=1, past_due=0, oldest_due=NO_DATE).columns
    assert (paid["bucket"][0], paid["stage"][0]) == (0, 0)


@pytest.mark.parametrize(
    ("days", "grace", "bucket", "stage"),
    [(0, 5, 0, 0), (1, 5, 0, 0), (5, 5, 0, 0), (6, 5, 1, 1), (1, 0, 1, 1), (31, 30, 2, 1), (30, 30, 0, 0)],
)
def test_days_of_grace_are_current(days: int, grace: int, bucket: int, stage: int) -> None:
    policy = Policy(TODAY, TODAY - 1, POLICY.bucket_starts, POLICY.thresholds, POLICY.priors, grace)
    found = nights.judge(columns(oldest_due=TODAY - days, past_due=100 if days else 0), policy).columns
    assert (found["days"][0], found["bucket"][0], found["stage"][0]) == (days, bucket, stage)


def test_grace_is_about_the_days_that_count() -> None:
    policy = Policy(TODAY, TODAY - 1, POLICY.bucket_starts, POLICY.thresholds, POLICY.priors, grace=3)
    found = nights.judge(columns(oldest_due=TODAY - 40, not_counted=37), policy).columns
    assert (found["days"][0], found["bucket"][0], found["stage"][0]) == (3, 0, 0)


def test_nobody_is_proposed_for_the_courts_by_days_that_do_not_count() -> None:
    old = known(oldest_due=TODAY - 300, old_oldest_due=TODAY - 300, old_counted_from=TODAY - 180, not_counted=120)
    assert not nights.judge(columns(**old), POLICY).proposed[0]
    crossed = old | {"not_counted": 119}
    assert nights.judge(columns(**crossed), POLICY).proposed[0]


def test_the_morning_says_that_it_was_paused() -> None:
    assert told(**known(**OPEN)) == [("left", "paused")]
