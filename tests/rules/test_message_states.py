from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages import MessageState as State
from tests.cast import NOW
from workbench.rules.message_states import ENDED, LIVE, key_again, key_on, may_move, next_try, told_from

LEFT = frozenset({State.SENT, State.DELIVERED, State.READ})
# how far each state has got; a message never goes back from what has left
FAR = {State.PLANNED: 0, State.QUEUED: 1, State.SENDING: 2, State.UNCONFIRMED: 3, State.SENT: 4, State.DELIVERED: 5, State.READ: 6}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "told", "moves"),
    [
        pytest.param(State.SENT, State.DELIVERED, True, id="delivered-after-sent"),
        pytest.param(State.READ, State.SENT, False, id="a-late-sent-never-overwrites-read"),
        pytest.param(State.READ, State.DELIVERED, False, id="a-late-delivered-never-overwrites-read"),
        pytest.param(State.UNCONFIRMED, State.DELIVERED, True, id="a-receipt-confirms"),
        pytest.param(State.UNCONFIRMED, State.FAILED, True, id="a-receipt-tells-it-failed"),
        pytest.param(State.SENDING, State.READ, True, id="a-receipt-quicker-than-our-own-note"),
        pytest.param(State.DELIVERED, State.BOUNCED, True, id="bounced-after-delivered"),
        pytest.param(State.READ, State.FAILED, False, id="what-was-read-did-not-fail"),
        pytest.param(State.BOUNCED, State.DELIVERED, False, id="bounced-is-the-end"),
        pytest.param(State.CANCELLED, State.SENT, False, id="cancelled-is-the-end"),
        pytest.param(State.SENT, State.SENT, False, id="told-twice"),
        pytest.param(State.SENT, State.CANCELLED, False, id="no-receipt-cancels"),
    ],
)
def test_a_receipt_moves_a_message_only_forward(old: State, told: State, *, moves: bool) -> None:
    assert may_move(old, told, told=True) is moves


@pytest.mark.parametrize("told", State)
def test_no_receipt_moves_back_or_out_of_an_end(told: State) -> None:
    for old in told_from(told):
        assert FAR.get(told, 99) > FAR[old]
        assert old not in ENDED - {State.UNCONFIRMED}


@pytest.mark.parametrize("old", sorted(LEFT))
@pytest.mark.parametrize("new", sorted(LIVE))
def test_what_has_left_is_never_sent_again(old: State, new: State) -> None:
    assert not may_move(old, new)
    assert not may_move(old, new, told=True)


def test_an_unconfirmed_message_is_never_planned_again() -> None:
    assert not any(may_move(State.UNCONFIRMED, new, told=told) for new in LIVE for told in (True, False))


def test_tries_back_off_and_end() -> None:
    waits = [next_try(tries, NOW) for tries in range(1, 6)]
    assert [each - NOW if each else None for each in waits] == [
        timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60), None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("7:3:first:2026-11-01:whatsapp:1", "7:3:first:2026-11-01:sms:1"),
        ("7:3:whatsapp:2026-11-01:whatsapp:2", "7:3:whatsapp:2026-11-01:sms:2"),
        ("promise_due:9:2026-11-19:whatsapp", "promise_due:9:2026-11-19:sms"),
        ("7:3:first:2026-11-01:whatsapp:1:again2", "7:3:first:2026-11-01:sms:1:again2"),
    ],
)
def test_the_key_of_a_fallback_names_its_channel(key: str, other: str) -> None:
    assert key_on(key, "whatsapp", "sms") == other


@given(st.integers(1, 20))
def test_each_further_try_of_a_person_has_a_key_of_its_own(times: int) -> None:
    keys = ["7:3:first:2026-11-01:sms:1"]
    for _ in range(times):
        keys.append(key_again(keys[-1]))
    assert len(set(keys)) == len(keys)
    assert keys[-1] == f"{keys[0]}:again{times + 1}"
