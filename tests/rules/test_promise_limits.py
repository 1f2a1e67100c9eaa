from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.promise_limits import PromiseHistory, PromiseLimits, PromiseTerms, check_promise, promise_bounds
from workbench.rules.refusals import Refused

TODAY = date(2026, 11, 18)
LIMITS = PromiseLimits(Decimal(200), Decimal("0.10"), days_out=15, broken_limit=3)
HISTORY = PromiseHistory(balance=Decimal(1000))
TERMS = PromiseTerms(Decimal(300), TODAY + timedelta(days=5))


@pytest.mark.parametrize(
    ("min_amount", "min_share", "balance", "least"),
    [
        pytest.param("200", "0.10", "1000", "200", id="the amount is higher"),
        pytest.param("50", "0.10", "1000", "100", id="the share is higher"),
        pytest.param("200", "0.10", "150", "150", id="the balance is below the minimum"),
        pytest.param("0", "0.10", "0.05", "0.01", id="never nothing"),
        pytest.param("0", "0.33", "100.01", "33.01", id="a share is rounded up"),
    ],
)
def test_the_least_amount(min_amount: str, min_share: str, balance: str, least: str) -> None:
    limits = replace(LIMITS, min_amount=Decimal(min_amount), min_share=Decimal(min_share))
    assert promise_bounds(limits, Decimal(balance), on=TODAY).least == Decimal(least)


@pytest.mark.parametrize(
    ("terms", "history", "because"),
    [
        pytest.param({"amount": Decimal("199.99")}, {}, "too small: at least 200", id="too small"),
        pytest.param({"amount": Decimal("1000.01")}, {}, "more than is owed: at most 1000", id="too much"),
        pytest.param({"amount": Decimal("300.001")}, {}, "two decimals", id="a third decimal"),
        pytest.param({"due_on": TODAY - timedelta(days=1)}, {}, "in the past", id="yesterday"),
        pytest.param({"due_on": TODAY + timedelta(days=16)}, {}, "too far away: 2026-12-03", id="too far"),
        pytest.param({}, {"balance": Decimal(0)}, "Nothing is owed", id="nothing owed"),
        pytest.param({}, {"open_elsewhere": 3}, "3 open promises", id="too many open"),
        pytest.param({}, {"broken": 3}, "a supervisor has to take this one", id="too many broken"),
    ],
)
def test_a_promise_outside_the_limits_is_refused(terms: dict, history: dict, because: str) -> None:
    with pytest.raises(Refused) as refused:
        check_promise(replace(TERMS, **terms), LIMITS, replace(HISTORY, **history), on=TODAY)
    assert because in str(refused.value)


@pytest.mark.parametrize("days", [0, 15], ids=["today", "the farthest day"])
def test_both_ends_of_the_dates_are_inside(days: int) -> None:
    terms = replace(TERMS, due_on=TODAY + timedelta(days=days))
    check_promise(terms, LIMITS, HISTORY, on=TODAY)


def test_who_has_no_such_limit_may_trust_who_broke_promises() -> None:
    check_promise(TERMS, replace(LIMITS, broken_limit=None), replace(HISTORY, broken=9), on=TODAY)


money = st.decimals(min_value=0, max_value=10**9, places=2)


@given(money, st.decimals(min_value=0, max_value=1, places=4), money.filter(bool))
def test_whatever_the_limits_the_whole_balance_may_be_promised(low: Decimal, share: Decimal, owed: Decimal) -> None:
    limits = replace(LIMITS, min_amount=low, min_share=share)
    bounds = promise_bounds(limits, owed, on=TODAY)
    assert 0 < bounds.least <= bounds.most == owed
    check_promise(PromiseTerms(owed, TODAY), limits, PromiseHistory(owed), on=TODAY)
