from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from workbench.rules.scoring import (
    DPD_STARTS,
    ENOUGH_ITEMS,
    FOR_EVER,
    NO_PHONE,
    Priors,
    Scores,
    dpd_bin,
    learn,
    odds,
    reach_of,
    scores,
    shrunken,
    steadied,
)

SHIPPED = Priors()
ON = 20_000  # a day number
shares = st.floats(0.001, 0.999)
priors = st.builds(Priors, st.tuples(*[shares] * len(DPD_STARTS)), shares, shares)
histories = st.integers(0, 500).flatmap(lambda settled: st.tuples(st.integers(0, settled), st.just(settled)))
cases = st.tuples(st.integers(0, 10**13), st.integers(0, 4_000), histories, st.floats(0, 1))


def score_of(
    *, past_due: float = 1000, days: int = 10, late: int = 0, settled: int = 0, reach: float = 0.2, by: Priors = SHIPPED
) -> Scores:
    """The score of one case, a column of one."""
    return scores([past_due], [days], [late], [settled], [reach], priors=by)


@pytest.mark.parametrize(
    ("case", "p_unpaid", "expected"),
    [
        pytest.param({}, 0.12, 1000 * 0.12 * 0.2, id="no history: the odds of the debt's age alone"),
        pytest.param({"days": 1}, 0.21, 42, id="the first day"),
        pytest.param({"days": 200}, 0.9, 180, id="very old"),
        pytest.param({"days": 4_000}, 0.9, 180, id="eleven years"),
        pytest.param({"reach": 1.0}, 0.12, 120, id="always answers"),
        pytest.param({"reach": -1.0}, 0.12, 1000 * 0.12 * 0.2 * NO_PHONE, id="no phone"),
        # cust = (5 + 0.5) / (5 + 5) = 0.55: odds 0.12/0.88 * 0.55/0.45 * 0.9/0.1 = 1.5
        pytest.param({"late": 5, "settled": 5}, 0.6, 120, id="always late before"),
        # cust = 0.5 / 10 = 0.05: odds 0.12/0.88 * 0.05/0.95 * 0.9/0.1 = 0.0646
        pytest.param({"settled": 5}, 0.060674, 12.134831, id="never late before"),
        pytest.param({"past_due": 0.0}, 0.0, 0.0, id="nothing past due"),
        pytest.param({"past_due": 0.01}, 0.12, 0.00024, id="one cent"),
    ],
)
def test_the_score_is_what_the_formula_says(case: dict[str, Any], p_unpaid: float, expected: float) -> None:
    found = score_of(**case)
    assert found.p_unpaid[0] == pytest.approx(p_unpaid, abs=1e-6)
    assert found.score[0] == pytest.approx(expected, abs=1e-6)


@given(cases, priors)
def test_a_score_lies_between_nothing_and_the_amount(case: tuple, by: Priors) -> None:
    past_due, days, (late, settled), reach = case
    found = score_of(past_due=past_due, days=days, late=late, settled=settled, reach=reach, by=by)
    assert 0 <= found.score[0] <= past_due + 1e-6
    for share in (found.roll, found.cust, found.p_unpaid, found.reach):
        assert 0 <= share[0] <= 1


@given(cases, priors, st.sampled_from(["past_due", "late", "reach"]), st.floats(1, 1e6))
def test_more_money_more_lateness_and_a_better_phone_never_lower_it(
    case: tuple, by: Priors, what: str, step: float
) -> None:
    past_due, days, (late, settled), reach = case
    less = {"past_due": past_due, "days": days, "late": late, "settled": settled, "reach": reach}
    more = {"past_due": past_due + step, "late": min(late + int(step), settled), "reach": min(1.0, reach + step / 1e6)}
    assert score_of(**less | {what: more[what]}, by=by).score[0] >= score_of(**less, by=by).score[0]


@given(st.lists(cases, min_size=1, max_size=30), priors)
def test_a_million_cases_are_scored_as_one_is(book: list[tuple], by: Priors) -> None:
    columns = [np.array(column) for column in zip(*[(a, d, *h, r) for a, d, h, r in book], strict=True)]
    past_due, days, late, settled, reach = columns
    together = scores(past_due, days, late, settled, reach, priors=by)
    alone = [score_of(past_due=a, days=d, late=h[0], settled=h[1], reach=r, by=by).score[0] for a, d, h, r in book]
    assert_array_equal(together.score, alone)


@pytest.mark.parametrize(
    ("days", "expected"), [(0, 0), (1, 0), (3, 0), (4, 1), (30, 4), (31, 5), (180, 9), (181, 10), (9_999, 10)]
)
def test_every_day_past_due_has_its_bin(days: int, expected: int) -> None:
    assert dpd_bin(days) == expected


def test_odds_stay_finite_at_both_ends() -> None:
    assert np.isfinite(odds([0.0, 1.0])).all()


@pytest.mark.parametrize(
    ("hits", "tries", "expected"),
    [(0, 0, 0.2), (8, 8, 0.6), (0, 8, 0.1), (800, 800, (800 + 1.6) / 808)],
    ids=["never called", "answered each of eight", "none of eight", "much evidence outweighs the prior"],
)
def test_a_phones_rate_is_shrunken_towards_the_portfolios(hits: int, tries: int, expected: float) -> None:
    assert reach_of(hits, tries, SHIPPED) == pytest.approx(expected)
    assert shrunken(hits, tries, 0.2, 8.0) == pytest.approx(expected)


def history(count: int, *, days: int, first: int = ON - 400) -> tuple[list[int], list[int]]:
    """So many items due on the same day and settled so many days later."""
    return [first] * count, [first + days] * count


@pytest.mark.parametrize(
    ("due", "paid"),
    [
        pytest.param([], [], id="no history"),
        pytest.param([ON - 1], [FOR_EVER], id="one open item"),
        pytest.param([ON - 900] * 2_000, [FOR_EVER] * 2_000, id="nobody ever paid"),
        pytest.param(*history(ENOUGH_ITEMS - 1, days=3), id="one item too few"),
        pytest.param([ON - 20] * 600, [ON] * 600, id="all paid on the very day, which is not over"),
    ],
)
def test_the_shipped_priors_serve_until_there_is_history_enough(due: list[int], paid: list[int]) -> None:
    found = learn(due, paid, ON)
    assert (found.rolls, found.base, found.reach, found.learned) == (SHIPPED.rolls, SHIPPED.base, SHIPPED.reach, False)


def test_who_always_pays_within_days_teaches_low_shares() -> None:
    found = learn(*history(600, days=10), ON)
    assert (found.learned, found.closed_items, found.base) == (True, 600, 0.02)
    # three days at risk each, none of which stayed unpaid a fortnight: 50 x 0.21 / (1800 + 50)
    assert found.rolls[0] == 0.006
    assert found.rolls[5:] == SHIPPED.rolls[5:], "nothing was ever that old"


def test_who_pays_after_a_hundred_days_teaches_high_ones() -> None:
    found = learn(*history(600, days=100), ON)
    assert found.base == 0.98
    assert all(share > 0.97 for share in found.rolls[:7])
    assert found.rolls[7] == pytest.approx(25 / 30, abs=0.01), "from day 86 on they paid within the fortnight"
    assert found.rolls[8] < 0.01


def test_days_whose_fortnight_is_not_over_teach_nothing() -> None:
    """Open for 15 days: only the first day's fortnight is over."""
    due, paid = history(600, days=5)
    with_open = learn(due + [ON - 15] * 10_000, paid + [FOR_EVER] * 10_000, ON)
    assert with_open.rolls[1:] == learn(due, paid, ON).rolls[1:]
    assert with_open.rolls[0] > 0.5


def test_what_is_paid_later_is_not_known_yet() -> None:
    due, paid = history(600, days=10)
    assert learn([*due, ON - 30], [*paid, ON + 1], ON) == learn([*due, ON - 30], [*paid, FOR_EVER], ON)


@given(
    st.lists(st.tuples(st.integers(1, 900), st.integers(-30, 900)), max_size=40),
    st.integers(0, 10**6),
    st.floats(0, 1),
)
def test_whatever_is_learned_are_shares(items: list[tuple[int, int]], attempts: int, answered: float) -> None:
    book = items * 20
    due = [ON - age for age, _ in book]
    found = learn(
        due, [ON - age + life for age, life in book], ON, right_parties=int(attempts * answered), attempts=attempts
    )
    assert all(0 <= share <= 1 for share in (*found.rolls, found.base, found.reach))
    assert Priors.from_json(found.as_json()) == found


def test_nothing_kept_means_the_shipped_priors() -> None:
    assert Priors.from_json(None) == Priors.from_json({}) == SHIPPED


@pytest.mark.parametrize(
    ("base", "expected"), [(0.3, 0.3), (0.309, 0.3), (0.291, 0.3), (0.32, 0.32)], ids=["same", "up", "down", "moved"]
)
def test_a_learned_share_moves_only_when_it_is_clearly_off(base: float, expected: float) -> None:
    before = Priors(base=0.3, learned=True)
    found = steadied(Priors(base=base, closed_items=9, learned=True), before)
    assert (found.base, found.rolls, found.closed_items) == (expected, before.rolls, 9)


def test_the_first_own_history_replaces_the_shipped_priors_at_once() -> None:
    own = Priors(base=0.101, learned=True)
    assert steadied(own, SHIPPED) == steadied(own, None) == own
