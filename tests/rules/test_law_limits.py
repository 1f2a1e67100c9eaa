from datetime import UTC, datetime
from itertools import permutations

import pytest

from models.interactions import Channel
from workbench.rules.law_binding import bind
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_limits import Limit, Past, earliest
from workbench.rules.law_words import Level
from workbench.rules.local_clock import minute_of

MONDAY_NOON = minute_of(datetime(2026, 11, 23, 15, tzinfo=UTC))
ZONE = "America/Asuncion"


@pytest.fixture
def one_more_same_day() -> Limit:
    limits = bind(jurisdictions()["PY"], "PY", Channel.CALL).limits
    return next(limit for limit in limits if limit.rule.id == "py.one_more_same_day")


def past(minute: int, level: Level, debt: str | None) -> Past:
    return Past(minute, minute, level, Channel.CALL, debt)


def test_contacts_of_one_minute_about_known_and_unknown_debts_are_counted_in_any_order(
    one_more_same_day: Limit,
) -> None:
    same_minute = [
        past(MONDAY_NOON, Level.ATTEMPT, "a"),
        past(MONDAY_NOON, Level.ATTEMPT, None),
        past(MONDAY_NOON, Level.CONTACT, None),
    ]
    now = MONDAY_NOON + 60
    answers = {earliest(one_more_same_day, ZONE, now, each, None) for each in permutations(same_minute)}
    assert answers == {now}
    one_after = past(MONDAY_NOON + 1, Level.ATTEMPT, "a")
    answers = {earliest(one_more_same_day, ZONE, now, each, None) for each in permutations([*same_minute, one_after])}
    assert answers.pop() > now
    assert not answers
