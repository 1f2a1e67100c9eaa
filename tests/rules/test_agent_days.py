from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.agent_days import GAP, Span, SpanKind, timeline, total

NINE = datetime(2026, 11, 18, 9, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def case(start: float, end: float, ref: int = 1) -> Span:
    return Span(SpanKind.OUTCOME, at(start), at(end), ref)


def told(spans: list[Span]) -> list[tuple[str, float, float]]:
    return [
        (span.kind.value, (span.started_at - NINE).seconds / 60, (span.ended_at - NINE).seconds / 60) for span in spans
    ]


@pytest.mark.parametrize(
    ("worked", "away", "available", "expected"),
    [
        pytest.param([], [], [(0, 60)], [("gap", 0, 60)], id="an idle hour is one gap"),
        pytest.param([(0, 60)], [], [(0, 60)], [("outcome", 0, 60)], id="a full hour has none"),
        pytest.param(
            [(0, 10), (11.9, 20)], [], [(0, 20)], [("outcome", 0, 10), ("outcome", 11.9, 20)], id="a breath is no gap"
        ),
        pytest.param(
            [(0, 10), (12, 20)],
            [],
            [(0, 20)],
            [("outcome", 0, 10), ("gap", 10, 12), ("outcome", 12, 20)],
            id="two minutes are",
        ),
        pytest.param(
            [(5, 10)],
            [(10, 25)],
            [(0, 10), (25, 30)],
            [("gap", 0, 5), ("outcome", 5, 10), ("break", 10, 25), ("gap", 25, 30)],
            id="a break is no gap",
        ),
        pytest.param(
            [(0, 30), (10, 20)], [], [(0, 30)], [("outcome", 0, 30), ("outcome", 10, 20)], id="within another"
        ),
        pytest.param([(5, 10)], [], [], [("outcome", 5, 10)], id="work without presence is still shown"),
        pytest.param([(0, 70)], [], [(10, 60)], [("outcome", 0, 70)], id="a call longer than the presence"),
    ],
)
def test_a_day_is_work_and_breaks_with_gaps_between(worked, away, available, expected) -> None:
    spans = timeline(
        [case(*each) for each in worked],
        [Span(SpanKind.BREAK, at(start), at(end)) for start, end in away],
        [(at(start), at(end)) for start, end in available],
    )
    assert told(spans) == expected


minutes = st.integers(0, 600)
stretches = st.tuples(minutes, st.integers(1, 60)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(stretches, max_size=12), stretches)
def test_gaps_never_overlap_work_and_fill_what_is_free(worked: list[tuple[int, int]], present: tuple[int, int]) -> None:
    spans = timeline([case(*each) for each in worked], [], [(at(present[0]), at(present[1]))])
    gaps = [span for span in spans if span.kind is SpanKind.GAP]
    busy = {minute for start, end in worked for minute in range(start, end)}
    idle = {
        m
        for gap in gaps
        for m in range(int((gap.started_at - NINE).seconds / 60), int((gap.ended_at - NINE).seconds / 60))
    }
    free = set(range(*present)) - busy
    assert not idle & busy
    assert idle <= free
    assert all(gap.length >= GAP for gap in gaps)
    alone = {minute for minute in free if minute - 1 not in free and minute + 1 not in free}
    assert free - idle == alone  # single minutes are breath


def test_what_overlaps_counts_once() -> None:
    assert total([case(0, 30), case(10, 40), case(50, 60)], SpanKind.OUTCOME) == timedelta(minutes=50)
