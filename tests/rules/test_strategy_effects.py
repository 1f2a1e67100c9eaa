import pytest

from workbench.rules.strategy_effects import difference


@pytest.mark.parametrize(
    ("groups", "expected", "clear"),
    [
        # (21 + 1) / (100 + 2) - (10 + 1) / (100 + 2) -+ 1.96 times the root of both variances
        ((21, 100, 10, 100), (0.11, 0.0074, 0.2083), True),
        ((30, 100, 28, 100), (0.02, -0.1053, 0.1445), False),
        ((0, 5, 5, 5), (-1.0, -1.0, -0.3477), True),
    ],
)
def test_a_difference_of_shares_and_how_far_chance_could_move_it(groups: tuple, expected: tuple, clear: bool) -> None:  # noqa: FBT001
    found = difference(*groups)
    assert (found.share, found.low, found.high) == pytest.approx(expected, abs=0.0005)
    assert found.is_clear is clear


def test_without_cases_there_is_no_difference() -> None:
    assert difference(0, 0, 5, 10) is None
