"""Figures of past mornings that a supervisor can check by hand: small books whose mornings are written out."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session, select

from models import (
    Band,
    Case,
    CaseHistory,
    ForecastSource,
    Payment,
    Portfolio,
    Promise,
    PromiseState,
    Queue,
    ReceiptForecast,
    Stage,
    WorkItem,
    WorkState,
)
from tests.actions.books import contact
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.receipt_forecasts import write_forecast
from workbench.queries import book_history, past_queues, receipt_forecasts
from workbench.queries.book_history import concentration, roll_matrix, rolled_cases
from workbench.queries.past_queues import Became
from workbench.queries.vintages import placed_cases, vintages
from workbench.rules.receipt_forecasts import between, missed, share_paid

_number = count(1)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def money(amount: float | str) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))


def stood(session: Session, case_id: int, portfolio: Portfolio, *mornings: tuple[Any, ...], **more: Any) -> None:
    """Writes a case's mornings: (from, bucket, balance) or (from, bucket, balance, past due)."""
    ends = [*(each[0] for each in mornings[1:]), None]
    for (from_on, bucket, balance, *late), until_on in zip(mornings, ends, strict=True):
        past_due = money(late[0] if late else balance if bucket else 0)
        fields = {
            "owner_id": None, "counted_from": from_on - timedelta(days=bucket * 30) if past_due else None,
            "stage": Stage.ADMINISTRATIVE, "p_unpaid": 0.5, "score": 1.0, "queue": Queue.CALL, "state": WorkState.READY,
            "band": Band.SCORE,
        } | more  # fmt: skip
        session.add(
            CaseHistory(
                case_id=case_id, portfolio_id=portfolio.id, from_on=from_on, until_on=until_on, balance=money(balance),
                past_due=past_due, bucket=bucket, **fields,
            )
        )  # fmt: skip
    session.flush()


def case(session: Session, portfolio: Portfolio, *mornings: tuple[Any, ...], **more: Any) -> int:
    made = owe(session, portfolio, amount=money(max(each[2] for each in mornings) or 1)).case_id
    stood(session, made, portfolio, *mornings, **more)
    return made


def paid(session: Session, portfolio: Portfolio, case_id: int, amount: float, on: date, **more: Any) -> Payment:
    made = Payment(
        portfolio_id=portfolio.id, case_id=case_id, reference=f"W{next(_number)}", amount=money(amount), paid_on=on,
        recorded_at=datetime.combine(on, NOW.timetz()), **more,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


# October's balance by bucket, and where it lay in November:
#   current 600: 100 current, 500 in 1-30; the 50 of new debt count nowhere
#   1-30    600: 120 cured, 100 stayed, 200 in 31-60, 180 paid
#   31-60   500: 250 back in 1-30, 250 paid
BOOK = [
    ((OCTOBER, 1, 100), (NOVEMBER, 1, 100)),
    ((OCTOBER, 1, 200), (NOVEMBER, 2, 200)),
    ((OCTOBER, 1, 300), (NOVEMBER, 0, 120)),
    ((OCTOBER, 2, 400), (NOVEMBER, 1, 250)),
    ((OCTOBER, 2, 100), (NOVEMBER, 0, 0)),
    ((OCTOBER, 0, 500), (NOVEMBER, 1, 500)),
    ((OCTOBER, 0, 100), (NOVEMBER, 0, 150)),
    ((NOVEMBER, 1, 900),),
]


def test_each_row_of_the_roll_matrix_sums_to_a_hundred_per_cent(session: Session, cast: Cast) -> None:
    cases = [case(session, cast.mexico, *mornings) for mornings in BOOK]
    case(session, cast.colombia, (OCTOBER, 1, 7777))
    rows = roll_matrix(session, cast.sofia, cast.mexico.id or 0, OCTOBER, NOVEMBER, buckets=4)
    assert [(row.balance, row.moved, row.paid) for row in rows] == [
        (600, (100, 500, 0, 0), 0), (600, (120, 100, 200, 0), 180), (500, (0, 250, 0, 0), 250), (0, (0, 0, 0, 0), 0),
    ]  # fmt: skip
    one = rows[1]
    assert (one.stayed, one.forward, one.back, one.cured, one.paid) == (100, 200, 0, 120, 180)
    assert [row.back for row in rows] == [0, 0, 250, 0]
    for row in rows[:3]:
        shares = [row.share(each) or 0 for each in (*row.moved, row.paid)]
        assert sum(shares) == pytest.approx(1)
    assert one.share(one.moved[2]) == pytest.approx(200 / 600)
    assert rows[3].share(Decimal(0)) is None
    for row in rows:  # each cell is what its cases come to
        for has, amount in [*enumerate(row.moved), (None, row.paid)]:
            behind = rolled_cases(session, cast.sofia, cast.mexico.id or 0, OCTOBER, NOVEMBER, had=row.bucket, has=has)
            assert sum(each.amount for each in behind) == amount
            assert has is None or len(behind) == row.cases[has]
    [cured] = rolled_cases(session, cast.sofia, cast.mexico.id or 0, OCTOBER, NOVEMBER, had=1, has=0)
    assert (cured.case_id, cured.had, cured.has, cured.days_before, cured.amount) == (cases[2], 300, 120, 30, 120)


def placed(session: Session, portfolio: Portfolio, opened_on: date, *mornings: tuple[Any, ...]) -> int:
    made = case(session, portfolio, *mornings)
    session.get_one(Case, made).opened_on = opened_on
    session.flush()
    return made


def test_a_vintage_is_what_was_placed_and_what_came_by_each_month(session: Session, cast: Cast) -> None:
    mexico, september = cast.mexico, date(2026, 9, 10)
    one = placed(session, mexico, september, (date(2026, 9, 11), 1, 1000))
    two = placed(session, mexico, september, (OCTOBER, 1, 700))  # 300 had been paid before its first morning
    placed(session, mexico, date(2026, 10, 5), (date(2026, 10, 6), 1, 500))
    placed(session, mexico, date(2026, 1, 5), (OCTOBER, 1, 9999))  # too old to be asked for
    paid(session, mexico, two, 300, date(2026, 9, 20))
    paid(session, mexico, one, 100, date(2026, 10, 2))
    paid(session, mexico, one, 50, date(2026, 10, 31))
    paid(session, mexico, one, 400, date(2026, 11, 17))
    paid(session, mexico, one, 77, TODAY)  # not before the morning
    paid(session, mexico, one, 33, date(2026, 9, 1))  # before it was placed
    paid(session, mexico, one, 66, OCTOBER, kind="credit_note")
    paid(session, mexico, two, 88, OCTOBER, reversed_on=NOVEMBER)
    paid(
        session, mexico, two, 10, date(2026, 9, 12), reversed_on=None
    ).recorded_at = NOW  # backdated: a payment, placed no more
    session.flush()
    found = vintages(session, cast.sofia, mexico.id or 0, TODAY, months=3)
    assert [(each.month, each.cases, each.placed, each.paid) for each in found] == [
        (date(2026, 9, 1), 2, 2000, (310, 460, 860)),
        (date(2026, 10, 1), 1, 500, (0, 0)),
    ]
    assert found[0].shares == (0.155, 0.23, 0.43)
    behind = placed_cases(session, cast.sofia, mexico.id or 0, TODAY, date(2026, 9, 1))
    assert [(each.case_id, each.placed, each.paid) for each in behind] == [(one, 1000, 550), (two, 1000, 310)]


def test_concentration_says_how_much_the_largest_debtors_owe(session: Session, cast: Cast) -> None:
    for balance in (10, 20, 30, 40):
        case(session, cast.mexico, (OCTOBER, 1, balance))
    case(session, cast.mexico, (OCTOBER, 0, 0))
    found = concentration(session, cast.sofia, cast.mexico.id or 0, NOVEMBER)
    assert (found.debtors, found.balance, found.largest_ten) == (4, 100, 100)
    assert found.gini == pytest.approx(0.25)  # by hand: (3 * 40 + 1 * 30 - 1 * 20 - 3 * 10) / (4 * 100)
    assert (found.held[25], found.held[50], found.held[100]) == (0.4, 0.7, 1.0)
    assert concentration(session, cast.sofia, cast.mexico.id or 0, date(2026, 9, 1)).gini is None
    largest = book_history.largest_debtors(session, cast.sofia, cast.mexico.id or 0, NOVEMBER, most=1)
    assert [(each.balance, each.days_past_due) for each in largest] == [(40, 61)]


def promised(session: Session, portfolio: Portfolio, amount: float, due_on: date, **more: Any) -> int:
    made = owe(session, portfolio, amount=money(amount))
    fields = {"taken_on": due_on - timedelta(days=10), "state": PromiseState.OPEN} | more
    session.add(
        Promise(
            portfolio_id=portfolio.id, case_id=made.case_id, amount=money(amount), due_on=due_on, created_at=NOW, **fields
        )
    )  # fmt: skip
    session.flush()
    return made.case_id


def test_a_forecast_is_what_is_due_times_what_used_to_come(session: Session, cast: Cast) -> None:
    mexico = cast.mexico
    kept = {"state": PromiseState.KEPT, "closed_on": TODAY - timedelta(days=20)}
    for _ in range(20):
        promised(session, mexico, 100, TODAY - timedelta(days=20), paid=money(100), **kept)
    promised(session, mexico, 400, TODAY + timedelta(days=2), paid=money(100))
    promised(session, mexico, 200, TODAY - timedelta(days=1))  # overdue, within its grace
    promised(session, mexico, 50, TODAY + timedelta(days=9), state=PromiseState.WITHDRAWN, closed_on=TODAY)
    assert write_forecast(session, mexico, TODAY) == 2
    assert write_forecast(session, mexico, TODAY) == 0
    found = receipt_forecasts.forecast(session, cast.sofia, mexico.id or 0, TODAY)
    assert found is not None
    week = found.weeks[0]  # 2000 paid of 2000 and ten times the average at a half: (2000 + 500) / 3000
    assert share_paid(money(2000), money(2000), 20) == Decimal("0.8333")
    assert (week.monday, week.due, week.items) == (date(2026, 11, 16), {ForecastSource.PROMISE: 500}, 2)
    assert week.total == money("416.65")
    assert (week.range, found.past, [each.due for each in found.weeks[1:]]) == (None, (), [{}] * 5)


def expected(session: Session, portfolio: Portfolio, made_on: date, for_on: date, amount: float) -> None:
    session.add(
        ReceiptForecast(
            portfolio_id=portfolio.id, made_on=made_on, for_on=for_on, source=ForecastSource.PROMISE,
            due=money(amount), expected=money(amount), items=1,
        )
    )  # fmt: skip
    session.flush()


def test_the_error_is_what_earlier_forecasts_missed(session: Session, cast: Cast) -> None:
    """Three weeks expected 100 each; 80, 100 and 150 came: off by 70 of 300, 10 % more came than was expected."""
    mexico, today = cast.mexico, date(2026, 11, 16)
    for weeks, came in ((1, 80), (2, 100), (3, 150)):
        monday = today - timedelta(weeks=weeks)
        friday = monday + timedelta(days=4)
        closed = {"state": PromiseState.KEPT, "closed_on": friday}
        debtor = promised(session, mexico, 100, friday, **closed)
        paid(session, mexico, debtor, came, friday)
        paid(session, mexico, debtor, 999, monday - timedelta(days=1))  # before the forecast
        paid(session, mexico, debtor, 999, friday, reversed_on=today)
        stranger = promised(session, mexico, 100, friday, taken_on=monday, **closed)  # promised after the forecast
        paid(session, mexico, stranger, 999, friday)
        expected(session, mexico, monday, friday, 100)
    expected(session, mexico, today, today + timedelta(days=3), 60)
    found = receipt_forecasts.forecast(session, cast.sofia, mexico.id or 0, TODAY)
    assert found is not None
    assert [(each.expected, each.came) for each in found.past] == [(100, 150), (100, 100), (100, 80)]
    miss = found.misses[0]
    assert (miss.forecasts, miss.error, miss.share) == (3, 70, pytest.approx(70 / 300))
    assert miss.bias == pytest.approx(0.1)
    assert found.weeks[0].range == (money(46), money(74))  # 60 less and more 23.3 %
    assert found.weeks[1].range is None


def test_what_a_forecast_may_turn_out_to_be() -> None:
    assert missed([(money(100), money(80)), (money(50), money(90))]).error == 60
    assert between(money(100), 0.25) == (75, 125)
    assert between(money(100), 3.0) == (0, 400)
    assert between(money(100), None) is None
    assert missed([]).share is None


def test_a_past_queue_is_as_it_was_and_says_what_became_of_each(session: Session, cast: Cast) -> None:
    mexico = cast.mexico
    first = case(session, mexico, (NOVEMBER, 1, 100), score=5.0)
    second = case(session, mexico, (NOVEMBER, 1, 900), score=9.0)
    front = case(session, mexico, (NOVEMBER, 1, 50), score=1.0, band=Band.BROKEN_PROMISE)
    case(session, mexico, (NOVEMBER, 1, 800), state=WorkState.WAITING)
    case(session, mexico, (NOVEMBER, 1, 800), (TODAY, 1, 700), queue=None, state=None, band=None)
    paid(session, mexico, second, 300, NOVEMBER + timedelta(days=6))
    for case_id, code, days, by in (
        (second, "call.no_answer", 5, cast.ana),
        (second, "call.negotiating", 6, cast.ana),
        (first, "call.promise", 2, cast.ana),  # before that morning
        (front, "call.promise", 6, None),  # by no person
    ):
        item = session.exec(select(WorkItem).where(WorkItem.case_id == case_id)).one()
        at = NOW.replace(day=1) + timedelta(days=days)
        contact(session, item, code, at, user_id=by and by.user_id)
    paid(session, mexico, second, 100, NOVEMBER - timedelta(days=3))
    found = past_queues.queue_on(session, cast.sofia, mexico.id or 0, date(2026, 11, 5), at=NOW)
    assert [(each.case_id, each.rank, each.days_past_due, each.paid) for each in found] == [
        (front, 1, 34, 0), (second, 2, 34, 300), (first, 3, 34, 0),
    ]  # fmt: skip
    nothing, reached = (Became.NOTHING, 0), (Became.RIGHT_PARTY, 2)
    assert [(each.became, each.attempts) for each in found] == [nothing, reached, nothing]
    assert past_queues.queue_length_on(session, cast.sofia, mexico.id or 0, date(2026, 11, 5)) == 3
    assert past_queues.queue_on(session, cast.sofia, mexico.id or 0, date(2026, 10, 5), at=NOW) == []
