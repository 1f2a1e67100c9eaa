"""Who gets which case: even by count, balance or expected money, in turns by priority; never more than fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import DealWay
from workbench.rules.deals import ALL_FULL, NO_ONE_FITS, UNLIMITED, Cases, Hands, deal_out, spread

WAYS = (DealWay.COUNT, DealWay.BALANCE, DealWay.EXPECTED, DealWay.PRIORITY)


def cases(rows: list[tuple[int, int, float, float, int]]) -> Cases:
    """Rows of debtor, kind, amount, score, band."""
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.empty(0, np.int64)] * 5
    debtor, kind, amount, score, band = columns
    return Cases(
        np.arange(1, len(rows) + 1), debtor, kind, amount.astype(float), score.astype(float), band.astype(np.int64)
    )


def hands(people: int, *, fits: list[list[bool]] | None = None, room=UNLIMITED, load=0.0, largest=np.inf) -> Hands:
    table = np.ones((9, people), bool) if fits is None else np.array(fits)
    return Hands(
        table,
        np.broadcast_to(np.asarray(load, float), people).copy(),
        np.broadcast_to(np.asarray(room, np.int64), people).copy(),
        np.broadcast_to(np.asarray(largest, float), people).copy(),
    )


def one(amounts: list[float]) -> Cases:
    return cases([(number, 0, amount, amount, 4) for number, amount in enumerate(amounts, start=1)])


@pytest.mark.parametrize(
    ("dealt", "to", "way", "expected"),
    [
        (one([5, 5, 5, 5]), hands(2), DealWay.COUNT, [0, 1, 0, 1]),
        (one([9, 1, 1, 7]), hands(2), DealWay.BALANCE, [0, 1, 1, 1]),
        (one([9, 1, 1, 7]), hands(2), DealWay.EXPECTED, [0, 1, 1, 1]),
        (one([1, 9, 7, 8]), hands(2), DealWay.PRIORITY, [1, 0, 0, 1]),
        (cases([(1, 0, 1, 9, 4), (2, 0, 1, 1, 2)]), hands(2), DealWay.PRIORITY, [1, 0]),
        (cases([(7, 0, 1, 1, 4), (8, 0, 5, 5, 4), (7, 0, 1, 1, 4)]), hands(2), DealWay.COUNT, [0, 1, 0]),
        (one([0, 0, 0, 9]), hands(2), DealWay.BALANCE, [1, 0, 1, 0]),
        (one([1, 1, 1]), hands(2, load=[2, 0]), DealWay.COUNT, [1, 1, 0]),
        (one([1, 1, 1]), hands(2, room=[1, 1]), DealWay.COUNT, [0, 1, ALL_FULL]),
        (one([100, 10]), hands(2, largest=[50, 10]), DealWay.COUNT, [NO_ONE_FITS, 0]),
        (one([1]), hands(2, fits=[[False, True]]), DealWay.COUNT, [1]),
        (one([1]), hands(2, fits=[[False, False]]), DealWay.COUNT, [NO_ONE_FITS]),
        (cases([(1, 0, 1, 1, 4), (1, 1, 1, 1, 4)]), hands(2, fits=[[True, False], [True, True]]), DealWay.COUNT, [0, 0]),
        (cases([(1, 0, 1, 1, 4), (1, 1, 1, 1, 4)]), hands(2, fits=[[True, False], [False, True]]), DealWay.COUNT, [-1, -1]),
        (cases([(1, 0, 1, 1, 4), (1, 0, 1, 1, 4), (2, 0, 1, 1, 4)]), hands(1, room=1), DealWay.COUNT, [-2, -2, 0]),
        (cases([]), hands(2), DealWay.COUNT, []),
    ],
    ids=[
        "equal numbers", "the largest first to the least loaded", "the same by expected money", "in turns by priority",
        "what is urgent goes first", "a debtor's cases stay together", "what weighs nothing is dealt by number",
        "what is owned counts when asked", "caps", "authority", "skills", "no one knows it", "whoever may have both",
        "no one may have both", "a debtor who does not fit leaves room for one who does", "nothing",
    ],
)  # fmt: skip
def test_a_deal_by_hand(dealt: Cases, to: Hands, way: DealWay, expected: list[int]) -> None:
    assert deal_out(dealt, to, way).tolist() == expected


@st.composite
def books(draw: st.DrawFn) -> tuple[Cases, Hands]:
    people = draw(st.integers(1, 6))
    row = st.tuples(st.integers(1, 12), st.integers(0, 2), st.integers(0, 1000), st.integers(0, 50), st.integers(1, 4))
    fits = draw(st.lists(st.lists(st.booleans(), min_size=people, max_size=people), min_size=3, max_size=3))
    numbers = st.lists(st.sampled_from([0, 1, 3, UNLIMITED]), min_size=people, max_size=people)
    limits = st.lists(st.sampled_from([100.0, 500.0, np.inf]), min_size=people, max_size=people)
    return cases(draw(st.lists(row, max_size=40))), hands(people, fits=fits, room=draw(numbers), largest=draw(limits))


@given(books(), st.sampled_from(WAYS))
def test_no_deal_breaks_a_limit_and_none_is_left_that_somebody_has_room_for(book: tuple[Cases, Hands], way) -> None:
    dealt, to = book
    given_to = deal_out(dealt, to, way)
    assert given_to.tolist() == deal_out(dealt, to, way).tolist()
    for debtor in set(dealt.debtor_id.tolist()):
        assert len(set(given_to[dealt.debtor_id == debtor].tolist())) == 1
    may = to.fits[dealt.kind] & (dealt.amount[:, None] <= to.largest[None, :]) if len(dealt) else np.empty((0, 1), bool)
    left = to.room - np.bincount(given_to[given_to >= 0], minlength=len(to))
    assert (left >= 0).all()
    for debtor in set(dealt.debtor_id.tolist()):
        rows = np.flatnonzero(dealt.debtor_id == debtor)
        common, got = may[rows].all(axis=0), given_to[rows[0]]
        if got >= 0:
            assert common[got]
        elif got == NO_ONE_FITS:
            assert not common.any()
        else:
            assert common.any()
            assert (left[common] < len(rows)).all()


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=200), st.integers(1, 12), st.sampled_from(WAYS))
def test_two_people_differ_by_one_case_at_most(amounts: list[int], people: int, way: DealWay) -> None:
    dealt = one([float(each) for each in amounts])
    given_to = deal_out(dealt, hands(people), way)
    weight = dealt.amount if way in (DealWay.BALANCE, DealWay.EXPECTED) else np.ones(len(amounts))
    lies = spread(np.bincount(given_to, weight, people))
    assert lies.gap <= weight.max()


def test_the_spread_of_nobody_and_of_equals_is_zero() -> None:
    assert spread(np.array([])).gap == 0
    lies = spread(np.array([2.0, 4.0]))
    assert (lies.least, lies.most, lies.mean, lies.gap, round(lies.variation, 3)) == (2, 4, 3, 2, 0.333)
