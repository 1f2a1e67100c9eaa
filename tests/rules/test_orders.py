import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.orders import STEPS, gathered, ordered, pooled, reached

MONEY = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**6)), min_size=1, max_size=60)


def test_the_first_half_of_the_calls_reaches_what_stands_there() -> None:
    at = gathered(ordered([3.0, 2.0, 1.0, 0.0]), [70, 20, 10, 0])
    assert (at[25], at[50], at[100]) == (70, 90, 100)


def test_equal_keys_are_worth_their_average_whatever_order_the_rows_are_in() -> None:
    one, other = gathered(ordered([1, 1, 1, 1]), [100, 0, 0, 0]), gathered(ordered([1, 1, 1, 1]), [0, 0, 0, 100])
    assert one.tolist() == other.tolist()
    assert one[50] == pytest.approx(50)


def test_mornings_weigh_as_much_as_their_money() -> None:
    rich, poor = gathered(ordered([2, 1]), [100, 0]), gathered(ordered([2, 1]), [0, 1])
    assert pooled("score", [rich, poor]).at(0.5) == pytest.approx(100 / 101)


def test_no_late_money_is_nobodys_merit() -> None:
    assert pooled("score", [gathered(ordered([2, 1]), [0, 0])]).at(0.3) == 0.3


@pytest.mark.parametrize(("calls", "money"), [(0, 0), (1, 4), (2, 4 + 45), (3, 4 + 90), (9, 4 + 90)], ids=str)
def test_a_day_s_calls_reach_the_first_of_an_order_and_nobody_who_is_kept_out(calls: int, money: float) -> None:
    order = ordered([1, -np.inf, 1, 7])
    assert reached(order, [80, 500, 10, 4], calls) == pytest.approx(money)


def test_nobody_to_call_reaches_nothing() -> None:
    assert reached(ordered([-np.inf]), [500], 3) == 0
    assert gathered(ordered([]), []).tolist() == [0.0] * (STEPS + 1)


@given(MONEY)
def test_a_curve_rises_from_nothing_to_everything_and_no_order_beats_the_best(rows: list[tuple[float, int]]) -> None:
    keys, money = np.array([key for key, _ in rows]), np.array([each for _, each in rows])
    ours, best = gathered(ordered(keys), money), gathered(ordered(money), money)
    assert len(ours) == STEPS + 1
    assert ours[0] == 0
    assert ours[-1] == pytest.approx(money.sum())
    assert (np.diff(ours) >= -1e-6).all()
    assert (best >= ours - 1e-6).all()
