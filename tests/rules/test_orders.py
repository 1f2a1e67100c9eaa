import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.orders import STEPS, gathered, pooled

MONEY = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**6)), min_size=1, max_size=60)


def test_the_first_half_of_the_calls_reaches_what_stands_there() -> None:
    reached = gathered([3.0, 2.0, 1.0, 0.0], [70, 20, 10, 0])
    assert (reached[25], reached[50], reached[100]) == (70, 90, 100)


def test_equal_keys_are_worth_their_average_whatever_order_the_rows_are_in() -> None:
    one, other = gathered([1, 1, 1, 1], [100, 0, 0, 0]), gathered([1, 1, 1, 1], [0, 0, 0, 100])
    assert one.tolist() == other.tolist()
    assert one[50] == pytest.approx(50)


def test_mornings_weigh_as_much_as_their_money() -> None:
    rich, poor = gathered([2, 1], [100, 0]), gathered([2, 1], [0, 1])
    assert pooled("score", [rich, poor]).at(0.5) == pytest.approx(100 / 101)


def test_no_late_money_is_nobodys_merit() -> None:
    assert pooled("score", [gathered([2, 1], [0, 0])]).at(0.3) == 0.3


@given(MONEY)
def test_a_curve_rises_from_nothing_to_everything_and_no_order_beats_the_best(rows: list[tuple[float, int]]) -> None:
    keys, money = np.array([key for key, _ in rows]), np.array([each for _, each in rows])
    ours, best = gathered(keys, money), gathered(money, money)
    assert len(ours) == STEPS + 1
    assert ours[0] == 0
    assert ours[-1] == pytest.approx(money.sum())
    assert (np.diff(ours) >= -1e-6).all()
    assert (best >= ours - 1e-6).all()
