from datetime import timedelta

import pytest

from tests.cast import NOW
from workbench.rules.log_ins import BY_NAME, address_key, minutes_until, shut_until


def ago(*minutes: float) -> list:
    return [NOW - timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize(
    ("failed", "wait"),
    [
        pytest.param([], None, id="none"),
        pytest.param(ago(1, 2, 3, 4), None, id="four are allowed"),
        pytest.param(ago(1, 2, 3, 4, 5), 10, id="the fifth shuts until the first of them is fifteen minutes old"),
        pytest.param(ago(5, 3, 1, 2, 4), 10, id="in any order"),
        pytest.param(ago(1, 2, 3, 4, 5, 6, 7), 10, id="only the last five count"),
        pytest.param(ago(1, 2, 3, 4, 15), None, id="fifteen minutes later one may try again"),
        pytest.param(ago(0, 0, 0, 0, 0), 15, id="all at once"),
    ],
)
def test_the_door_stays_shut_for_a_while(failed, wait) -> None:
    until = shut_until(failed, BY_NAME, at=NOW)
    assert (until and (until - NOW) / timedelta(minutes=1)) == wait


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (900, 15), (0, 1)])
def test_the_wait_is_told_in_whole_minutes(seconds: int, minutes: int) -> None:
    assert minutes_until(NOW + timedelta(seconds=seconds), at=NOW) == minutes


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix" * 50, ("unix" * 50)[:64]),
    ],
)
def test_a_household_is_one_address(address: str, key: str) -> None:
    assert address_key(address) == key
