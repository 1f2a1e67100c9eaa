from datetime import UTC, datetime, timedelta

import pytest

from models import Band, Queue, WorkState
from workbench.rules.follow_ups import (
    ATTEMPTS_PER_DAY,
    SKIP_HOURS,
    SKIP_LABELS,
    Effects,
    FollowUp,
    Situation,
    SkipReason,
    follow_up,
    skipped_until,
)

AT = datetime(2026, 11, 18, 16, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 19, 6, tzinfo=UTC)
LATER = AT + timedelta(days=3)
READY, WAITING, CLOSED = WorkState.READY, WorkState.WAITING, WorkState.CLOSED


def any_time(moment: datetime) -> datetime:
    return moment


def on_the_hour_of_fourteen(moment: datetime) -> datetime:
    """A law under which calls begin at 14:00 UTC."""
    opens = moment.replace(hour=14, minute=0)
    return max(moment, opens) if moment.hour < 23 else opens + timedelta(days=1)


@pytest.mark.parametrize(
    ("effects", "situation", "expected"),
    [
        pytest.param(
            Effects(follow_up_hours=4),
            Situation(Queue.CALL),
            FollowUp(WAITING, "next_try", AT + timedelta(hours=4), Band.SCORE),
            id="no answer: again in four hours",
        ),
        pytest.param(
            Effects(follow_up_hours=1),
            Situation(Queue.CALL, attempts_today=ATTEMPTS_PER_DAY),
            FollowUp(WAITING, "next_try", TOMORROW, Band.SCORE),
            id="the day's last attempt: tomorrow",
        ),
        pytest.param(
            Effects(follow_up_hours=0),
            Situation(Queue.CALL),
            FollowUp(READY, "next_try", band=Band.SCORE),
            id="wrong number, another one left: at once",
        ),
        pytest.param(
            Effects(follow_up_hours=0),
            Situation(Queue.CALL, phones_left=0),
            FollowUp(CLOSED, "no_phone_left", opens=Queue.REVIEW),
            id="wrong number, none left: to the review",
        ),
        pytest.param(
            Effects(),
            Situation(Queue.REVIEW, phones_left=0),
            FollowUp(WAITING, "no_phone_left", TOMORROW, Band.SCORE),
            id="reviewed and still no phone: tomorrow again",
        ),
        pytest.param(
            Effects(terminal=True),
            Situation(Queue.CALL, callback_at=LATER),
            FollowUp(CLOSED, "terminal"),
            id="nothing more to do, whatever was agreed",
        ),
        pytest.param(
            Effects(follow_up_hours=0),
            Situation(Queue.CALL, callback_at=LATER, attempts_today=9),
            FollowUp(WAITING, "callback", LATER, Band.CALLBACK, for_author=True),
            id="callback: at the hour agreed, mine",
        ),
        pytest.param(
            Effects(follow_up_hours=24),
            Situation(Queue.CALL, promise_watch=LATER),
            FollowUp(WAITING, "promise", LATER, Band.SCORE),
            id="promise: not before it would be broken",
        ),
        pytest.param(
            Effects(follow_up_hours=48, next_queue=Queue.NEGOTIATION),
            Situation(Queue.CALL),
            FollowUp(CLOSED, "next_queue", opens=Queue.NEGOTIATION, opens_at=AT + timedelta(hours=48)),
            id="negotiating: the negotiation queue takes over",
        ),
        pytest.param(
            Effects(follow_up_hours=72, next_queue=Queue.REVIEW),
            Situation(Queue.CALL),
            FollowUp(CLOSED, "next_queue", opens=Queue.REVIEW),
            id="complaint: reviewed at once",
        ),
        pytest.param(
            Effects(follow_up_hours=48, next_queue=Queue.NEGOTIATION),
            Situation(Queue.NEGOTIATION),
            FollowUp(WAITING, "next_try", AT + timedelta(hours=48), Band.NEGOTIATION),
            id="still negotiating: stays there",
        ),
        pytest.param(
            Effects(follow_up_hours=24),
            Situation(Queue.REVIEW),
            FollowUp(CLOSED, "reviewed", opens=Queue.CALL, opens_at=AT + timedelta(hours=24)),
            id="reviewed: back to the calls",
        ),
    ],
)
def test_what_becomes_of_the_item(effects: Effects, situation: Situation, expected: FollowUp) -> None:
    assert follow_up(effects, situation, at=AT, tomorrow=TOMORROW, next_lawful=any_time) == expected


def test_the_next_try_waits_for_a_lawful_hour() -> None:
    decided = follow_up(
        Effects(follow_up_hours=7),
        Situation(Queue.CALL),
        at=AT,
        tomorrow=TOMORROW,
        next_lawful=on_the_hour_of_fourteen,
    )
    assert decided.not_before == datetime(2026, 11, 19, 14, tzinfo=UTC)


@pytest.mark.parametrize("reason", SkipReason)
def test_every_reason_to_skip_has_words_and_an_end(reason: SkipReason) -> None:
    assert SKIP_LABELS[reason]
    assert skipped_until(reason, at=AT, next_lawful=any_time) == AT + timedelta(hours=SKIP_HOURS[reason])
