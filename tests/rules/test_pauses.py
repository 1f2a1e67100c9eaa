"""Which days of a debt count, as worked examples, and the column against a count day by day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pauses import PauseKind
from workbench.rules.ageing import NO_DATE
from workbench.rules.pauses import (
    OPEN_END,
    WHOLE_CASE,
    Span,
    check_days,
    counted_from,
    counted_from_days,
    day_number,
    overlapping,
)
from workbench.rules.refusals import Refused

A, B = 1, 2
JUNE_30 = date(2026, 6, 30)
DAY = timedelta(days=1)


def june(day: int) -> date:
    return date(2026, 6, day)


def span(first: int, last: int | None = None, account: int | None = None) -> Span:
    return Span(june(first), june(last) if last else None, account)


@pytest.mark.parametrize(
    ("dues", "pauses", "on", "days"),
    [
        pytest.param({A: june(1)}, [], JUNE_30, 29, id="no pause"),
        pytest.param({A: june(1)}, [span(10, 20)], JUNE_30, 19, id="the first day counts, the ten after it do not"),
        pytest.param({A: june(1)}, [span(10, 10)], JUNE_30, 29, id="a pause of one day costs none"),
        pytest.param({A: june(1)}, [span(10, 20)], june(10), 9, id="on its first day"),
        pytest.param({A: june(1)}, [span(10, 20)], june(15), 9, id="in its middle"),
        pytest.param({A: june(1)}, [span(10, 20)], june(21), 10, id="the day after its last one counts again"),
        pytest.param({A: june(1)}, [span(10)], JUNE_30, 9, id="open-ended: the clock stands"),
        pytest.param({A: june(1)}, [span(10, 15), span(15, 20)], JUNE_30, 19, id="touching ones are as one"),
        pytest.param({A: june(1)}, [span(10, 15), span(16, 20)], JUNE_30, 20, id="a day between: it counts"),
        pytest.param({A: june(12)}, [span(5, 20)], JUNE_30, 10, id="begun before the arrears: only what overlaps"),
        pytest.param({A: june(20)}, [span(5, 20)], JUNE_30, 10, id="ended the day it fell due: nothing overlaps"),
        pytest.param({A: june(25)}, [span(5, 10)], JUNE_30, 5, id="over before the arrears"),
        pytest.param({A: JUNE_30}, [span(5)], JUNE_30, None, id="due today is not past due"),
        pytest.param({}, [span(5)], JUNE_30, None, id="nothing owed"),
        pytest.param(
            {A: date(2028, 2, 20)},
            [Span(date(2028, 2, 27), date(2028, 3, 2))],
            date(2028, 3, 10),
            15,
            id="over a leap day: 28 and 29 February, 1 and 2 March do not count",
        ),
        pytest.param(
            {A: date(2027, 2, 20)},
            [Span(date(2027, 2, 27), date(2027, 3, 2))],
            date(2027, 3, 10),
            15,
            id="the same in another year: one day less to count, one less paused",
        ),
        pytest.param({A: june(1), B: june(11)}, [span(2, account=A)], JUNE_30, 19, id="another account goes on"),
        pytest.param(
            {A: june(1), B: june(28)}, [span(10, 20, A)], JUNE_30, 19, id="the paused one is still the oldest"
        ),
        pytest.param({A: june(1), B: june(5)}, [span(10, 20)], JUNE_30, 19, id="a whole case stops every account"),
        pytest.param(
            {A: june(1)}, [span(3, 8, A), span(10, 20)], JUNE_30, 14, id="its own pause, and then one of the case"
        ),
        pytest.param({A: june(1)}, [span(3, 8, B)], JUNE_30, 29, id="the pause of an account that owes nothing"),
    ],
)
def test_days_past_due_with_pauses(dues: dict[int, date], pauses: list[Span], on: date, days: int | None) -> None:
    found = counted_from(dues, pauses, on)
    assert (None if found is None else (on - found).days) == days


DAYS = st.integers(0, 40)


@given(
    st.dictionaries(st.integers(1, 3), DAYS, max_size=3),
    st.lists(st.tuples(DAYS, st.integers(0, 15), st.sampled_from([None, 1, 2, 3])), max_size=4),
    DAYS,
)
def test_the_column_counts_as_a_person_would_day_by_day(
    dues: dict[int, int], drawn: list[tuple[int, int, int | None]], on: int
) -> None:
    spans: list[Span] = []
    for first, length, account in drawn:
        each = Span(JUNE_30 + first * DAY, JUNE_30 + (first + length) * DAY, account)
        if not overlapping(each, spans):
            spans.append(each)
    today = JUNE_30 + on * DAY
    debts = {account: JUNE_30 + due * DAY for account, due in dues.items()}
    counts = [
        sum(
            not any(p.from_on < due + k * DAY <= p.until_on for p in spans if p.account_id in (None, account))
            for k in range(1, (today - due).days + 1)
        )
        for account, due in debts.items()
        if due < today
    ]
    found = counted_from(debts, spans, today)
    assert (None if found is None else (today - found).days) == (max(counts) if counts else None)


def test_a_column_of_cases_is_judged_as_each_alone() -> None:
    cases = np.array([7, 3, 5])
    debts = {"case_id": np.array([3, 7, 7]), "account_id": np.array([A, A, B]), "due": np.array([100, 100, 110])}
    pauses = {
        "case_id": np.array([7, 3, 9]), "account_id": np.array([A, WHOLE_CASE, WHOLE_CASE]),
        "first": np.array([101, 105, 0]), "last": np.array([OPEN_END, 115, 500]),
    }  # fmt: skip
    assert counted_from_days(cases, debts, pauses, 130).tolist() == [110, 110, NO_DATE]


@pytest.mark.parametrize(
    ("wanted", "other", "refused"),
    [
        pytest.param(span(10, 20), span(20, 25), False, id="touching at its end"),
        pytest.param(span(10, 20), span(5, 10), False, id="touching at its beginning"),
        pytest.param(span(10, 20), span(19, 25), True, id="a day in common"),
        pytest.param(span(10, 20), span(12, 14), True, id="one within the other"),
        pytest.param(span(12, 12), span(10, 20), True, id="a single day within the other"),
        pytest.param(span(10), span(25, 26), True, id="an open end meets all that comes"),
        pytest.param(span(10), span(2, 10), False, id="an open end after another"),
        pytest.param(span(10, 20, A), span(12, 14, B), False, id="two accounts"),
        pytest.param(span(10, 20, A), span(12, 14), True, id="an account and the whole case"),
        pytest.param(span(10, 20, A), span(12, 14, A), True, id="the same account"),
    ],
)
def test_pauses_that_stop_the_clock_share_no_day(wanted: Span, other: Span, *, refused: bool) -> None:
    assert (overlapping(wanted, [other]) is not None) == refused
    assert (overlapping(other, [wanted]) is not None) == refused


def test_a_look_up_of_a_payment_may_stand_beside_any() -> None:
    verification = Span(june(1), kind=PauseKind.VERIFICATION)
    assert overlapping(verification, [span(1)]) is None
    assert overlapping(span(1), [verification]) is None


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 0), (0, 5), (-9, -3), (-9, None)])
def test_a_pause_begins_today_or_earlier(first: int, last: int | None) -> None:
    check_days(Span(JUNE_30 + first * DAY, None if last is None else JUNE_30 + last * DAY), JUNE_30)


@pytest.mark.parametrize(
    ("first", "last", "field"), [(1, None, "from_on"), (1, 9, "from_on"), (0, -1, "until_on"), (-3, -4, "until_on")]
)
def test_a_pause_that_cannot_be_is_refused(first: int, last: int | None, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_days(Span(JUNE_30 + first * DAY, None if last is None else JUNE_30 + last * DAY), JUNE_30)
    assert refused.value.values["field"] == field


def test_days_are_counted_from_1970() -> None:
    assert day_number(date(1970, 1, 2)) == 1
