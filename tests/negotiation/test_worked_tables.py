"""Worked examples told on real rows: days past due with grace and pauses, part payments, schedules, fees, late money.

The rules have tables of their own; here each line goes through the deeds and what they leave in the books.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from models import (
    Agreement,
    CollectionFee,
    Component,
    Frequency,
    Installment,
    OfferKind,
    OfferPolicy,
    PauseKind,
    Portfolio,
    Promise,
    Receivable,
    Role,
    Standing,
    WorkItem,
)
from tests.cast import Cast, owe
from workbench.actions.agreements import sign_agreement
from workbench.actions.pauses import end_pause, pause_case
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.promises import take_promise
from workbench.actions.standings import rescore_cases
from workbench.rules.offers import Terms
from workbench.rules.promise_limits import PromiseTerms

DISPUTE = PauseKind.DISPUTE


def noon(on: date) -> datetime:
    """A moment of that day in Mexico, Colombia and Chile alike."""
    return datetime.combine(on, time(18), UTC)


def day(written: str) -> date:
    """28/2/24 and the like."""
    numbers = [int(each) for each in written.split("/")]
    return date(2000 + numbers[2], numbers[1], numbers[0])


def case_due(session: Session, portfolio: Portfolio, due: date, on: date, amount: str = "1000.00") -> WorkItem:
    item = owe(session, portfolio, amount=amount, days_past_due=(on - due).days, on=on)
    rescore_cases(session, [item.case_id], on=on, at=noon(on))
    return item


def pay(session: Session, item: WorkItem, amount: str, paid_on: date, on: date | None = None) -> int:
    """Money dated `paid_on`, recorded that day or (backdated) on `on`."""
    fields = {"reference": str(uuid4()), "by": None, "at": noon(on or paid_on)}
    return record_payment(session, case_id=item.case_id, amount=Decimal(amount), paid_on=paid_on, **fields).id or 0


def stands(session: Session, item: WorkItem, on: date) -> tuple[int, int, str]:
    """Days past due, bucket and stage as the evening of that day has them."""
    rescore_cases(session, [item.case_id], on=on, at=noon(on))
    session.expire_all()
    found = session.get_one(Standing, item.case_id)
    return (on - found.counted_from).days if found.counted_from else 0, found.bucket, found.stage.value


# pauses are "first-last", "first-" (open) or "first-last!ended"; the due day is 1 February where nothing else is said
@pytest.mark.parametrize(
    ("due", "pauses", "on", "grace", "expected"),
    [
        pytest.param("1/2/24", [], "1/2/24", 0, (0, 0, "preventive"), id="due today"),
        pytest.param("1/2/24", [], "11/2/24", 10, (10, 0, "preventive"), id="the last day of grace is current"),
        pytest.param("1/2/24", [], "12/2/24", 10, (11, 1, "administrative"), id="the day after, all eleven days count"),
        pytest.param("1/2/24", [], "1/3/24", 0, (29, 1, "administrative"), id="a leap February"),
        pytest.param("1/2/25", [], "1/3/25", 0, (28, 1, "administrative"), id="another one"),
        pytest.param("1/2/24", ["10/2/24-20/2/24"], "1/3/24", 0, (19, 1, "administrative"), id="a pause of ten days"),
        pytest.param(
            "1/2/24", ["27/2/24-2/3/24"], "5/3/24", 0, (29, 1, "administrative"), id="over the leap day: four days less"
        ),
        pytest.param(
            "1/2/25", ["27/2/25-2/3/25"], "5/3/25", 0, (29, 1, "administrative"), id="in another year three days less"
        ),
        pytest.param("29/2/24", ["29/2/24-5/3/24"], "10/3/24", 0, (5, 1, "administrative"), id="due on a leap day"),
        pytest.param(
            "1/2/24", ["5/2/24-10/2/24", "10/2/24-20/2/24"], "1/3/24", 0, (14, 1, "administrative"), id="touching"
        ),
        pytest.param(
            "1/2/24", ["5/2/24-10/2/24", "11/2/24-20/2/24"], "1/3/24", 0, (15, 1, "administrative"), id="a day between"
        ),
        pytest.param("1/2/24", ["5/2/24-25/2/24!10/2/24"], "1/3/24", 0, (24, 1, "administrative"), id="resumed early"),
        pytest.param("1/2/24", ["5/2/24-!10/2/24"], "1/3/24", 0, (24, 1, "administrative"), id="open, then resumed"),
        pytest.param(
            "1/2/24", ["5/2/24-25/2/24!10/2/24", "10/2/24-12/2/24"], "1/3/24", 0, (22, 1, "administrative"),
            id="resumed, and paused again the same day",
        ),
        pytest.param("1/2/24", ["5/2/24-5/2/24!5/2/24"], "1/3/24", 0, (29, 1, "administrative"), id="ended the day it began"),
        pytest.param("1/2/24", ["25/1/24-5/2/24"], "1/3/24", 0, (25, 1, "administrative"), id="begun before it was due"),
        pytest.param("1/2/24", ["20/1/24-1/2/24"], "1/3/24", 0, (29, 1, "administrative"), id="over the day it fell due"),
        pytest.param("1/2/24", ["2/2/24-21/2/24"], "1/3/24", 10, (10, 0, "preventive"), id="grace is about days that count"),
        pytest.param("1/2/24", ["2/2/24-20/2/24"], "1/3/24", 10, (11, 1, "administrative"), id="one more and it is late"),
        pytest.param("1/1/24", ["1/2/24-29/2/24"], "31/3/24", 0, (62, 3, "extrajudicial"), id="twenty-eight of ninety"),
        pytest.param("1/1/24", ["1/2/24-2/3/24"], "31/3/24", 0, (60, 2, "administrative"), id="thirty of ninety"),
    ],
)  # fmt: skip
def test_days_past_due(
    session: Session, cast: Cast, due: str, pauses: list[str], on: str, grace: int, expected: tuple[int, int, str]
) -> None:
    cast.mexico.delinquency_grace = grace
    session.add(cast.mexico)
    item = case_due(session, cast.mexico, day(due), min([day(due), *(day(each.split("-")[0]) for each in pauses)]))
    for each in pauses:
        first, rest = each.split("-")
        last, _, ended = rest.partition("!")
        span = {"from_on": day(first), "until_on": day(last) if last else None, "reason": "x", "at": noon(day(first))}
        number = pause_case(session, cast.sofia, item.case_id, DISPUTE, **span)
        if ended:
            end_pause(session, cast.sofia, number, reason="x", at=noon(day(ended)))
    assert stands(session, item, day(on)) == expected


def test_paused_days_written_down_later_count_as_if_they_had_been_known(session: Session, cast: Cast) -> None:
    on = day("1/3/24")
    item = case_due(session, cast.mexico, day("1/2/24"), on)
    assert stands(session, item, on)[0] == 29
    span = {"from_on": day("10/2/24"), "until_on": day("20/2/24"), "reason": "x", "at": noon(on)}
    pause_case(session, cast.sofia, item.case_id, DISPUTE, **span)
    assert stands(session, item, on)[0] == 19


@pytest.mark.parametrize(
    ("payments", "left", "days"),
    [
        pytest.param([], ["100.00", "80.00"], 40, id="nothing"),
        pytest.param(["99.99"], ["0.01", "80.00"], 40, id="a cent is as late as all of it"),
        pytest.param(["100.00"], ["0.00", "80.00"], 10, id="the next one is the oldest now"),
        pytest.param(["60.00", "60.00"], ["0.00", "60.00"], 10, id="the second part goes over"),
        pytest.param(["60.00", "60.00", "60.00"], ["0.00", "0.00"], 0, id="in three parts, to the cent"),
        pytest.param(
            ["33.33", "33.33", "33.33", "0.01"], ["0.00", "80.00"], 10, id="thirds, and the cent that is missing"
        ),
        pytest.param(["250.00"], ["0.00", "0.00"], 0, id="more than is owed"),
    ],
)
def test_part_payments(session: Session, cast: Cast, payments: list[str], left: list[str], days: int) -> None:
    on = day("18/11/26")
    item = case_due(session, cast.mexico, on - timedelta(days=40), on, "100.00")
    first = session.exec(select(Receivable).where(Receivable.case_id == item.case_id)).one()
    fields = {"due_on": on - timedelta(days=10), "amount": Decimal(80), "balance": Decimal(80)}
    session.add(Receivable(account_id=first.account_id, case_id=item.case_id, number="2", **fields))
    paid = [pay(session, item, amount, on) for amount in payments]
    assert stands(session, item, on)[0] == days
    asked = select(Receivable.balance).where(Receivable.case_id == item.case_id).order_by(col(Receivable.due_on))
    assert session.exec(asked).all() == [Decimal(each) for each in left]
    for each in paid:
        reverse_payment(session, each, on=on, by=None, at=noon(on))
    assert session.exec(asked).all() == [Decimal(100), Decimal(80)]


def allow(session: Session, portfolio: Portfolio) -> None:
    limits = {"installments": 12, "days_out": 400, "discount_principal": Decimal(1)}
    for kind in OfferKind:
        session.add(OfferPolicy(portfolio_id=portfolio.id, role=Role.AGENT, kind=kind, **limits))
    session.flush()


def sign(
    session: Session, cast: Cast, item: WorkItem, on: date, first: str, count: int, discount: str = "0"
) -> Agreement:
    more = {"installments": count, "frequency": Frequency.MONTHLY, "discount_principal": Decimal(discount)}
    terms = Terms(OfferKind.LONG_PLAN, day(first), **more)
    return sign_agreement(session, cast.ana, item.case_id, terms, key=uuid4(), at=noon(on))


@pytest.mark.parametrize(
    ("amount", "discount", "first", "expected"),
    [
        pytest.param(
            "1000.00", "0", "31/1/28",
            [("31/1/28", "250.00"), ("29/2/28", "250.00"), ("31/3/28", "250.00"), ("2/5/28", "250.00")],
            id="a leap year; 30 April is a Sunday, 1 May a holiday",
        ),
        pytest.param(
            "1000.00", "0", "31/1/29",
            [("31/1/29", "250.00"), ("28/2/29", "250.00"), ("2/4/29", "250.00"), ("30/4/29", "250.00")],
            id="another one; 31 March is a Saturday",
        ),
        pytest.param(
            "1000.00", "0", "30/11/28",
            [("30/11/28", "333.33"), ("2/1/29", "333.33"), ("30/1/29", "333.34")],
            id="the cent that is over goes last; 30 December is a Saturday",
        ),
        pytest.param(
            "100.00", "0.01", "15/3/28",
            [("15/3/28", "14.28")] + [(each, "14.28") for each in ("17/4/28", "15/5/28", "15/6/28", "17/7/28", "15/8/28")]
            + [("15/9/28", "14.31")],
            id="99.99 in seven",
        ),
    ],
)  # fmt: skip
def test_monthly_schedules(
    session: Session, cast: Cast, amount: str, discount: str, first: str, expected: list[tuple[str, str]]
) -> None:
    allow(session, cast.mexico)
    on = day(first) - timedelta(days=7)
    item = case_due(session, cast.mexico, on - timedelta(days=20), on, amount)
    made = sign(session, cast, item, on, first, len(expected), discount)
    asked = select(Installment.due_on, Installment.amount).where(Installment.agreement_id == made.id)
    found = session.exec(asked.order_by(col(Installment.number))).all()
    assert list(found) == [(day(due), Decimal(part)) for due, part in expected]
    assert sum(part for _, part in found) == made.total == Decimal(amount) - Decimal(discount)


UF = 39_000  # pesos


@pytest.mark.parametrize(
    ("units", "days", "fee"),
    [
        pytest.param(60, 20, 0, id="twenty days late: nothing yet"),
        pytest.param(60, 21, 140_400, id="60 UF: 0.9 + 2.4 + 0.3 = 3.6 UF"),
        pytest.param(10, 21, 35_100, id="10 UF: 9 percent"),
        pytest.param(50, 21, 128_700, id="50 UF: 0.9 + 2.4"),
        pytest.param(1, 400, 3_510, id="once, however late"),
    ],
)
def test_the_collection_fee_of_chile(session: Session, cast: Cast, units: int, days: int, fee: int) -> None:
    chile = cast.mexico
    chile.country, chile.currency, chile.time_zone = "CL", "CLP", "America/Santiago"
    chile.collection_fee, chile.index_unit = CollectionFee.CHILE, Decimal(UF)
    session.add(chile)
    allow(session, chile)
    on = day("18/11/26")
    item = case_due(session, chile, on - timedelta(days=days), on, str(units * UF))
    made = sign(session, cast, item, on, "26/11/26", 2)
    assert (made.principal, made.fees, made.total) == (units * UF, fee, units * UF + fee)
    posted = session.exec(select(Receivable).where(Receivable.agreement_id == made.id)).all()
    assert [(each.component, each.amount) for each in posted] == ([(Component.FEES, Decimal(fee))] if fee else [])


# of 400.00 promised, or signed as one installment, on the 2nd for the 10th; three days of grace. "13-" takes back
# what was paid first on the 13th
@pytest.mark.parametrize(
    ("moves", "promise", "agreement"),
    [
        pytest.param(["5:400"], ("kept", 400, 0), ("completed", 400), id="paid"),
        pytest.param(["5:400", "6-"], ("open", 0, 0), ("active", 0), id="taken back in time: open again"),
        pytest.param(["5:400", "13-"], ("open", 0, 0), ("active", 0), id="on the last day of grace too"),
        pytest.param(["5:400", "14-"], ("broken", 0, 0), ("broken", 0), id="taken back a day later: broken"),
        pytest.param(["5:400", "14-", "15:400"], ("broken", 0, 400), ("broken", 0), id="paid again, too late"),
        pytest.param(["5:400", "14-", "15:400@12"], ("kept", 400, 0), ("completed", 400), id="but dated in time"),
        pytest.param(["5:400", "12-", "13:380"], ("kept", 380, 0), ("active", 380), id="95 percent keep a promise"),
        pytest.param(["14:400"], ("broken", 0, 400), ("broken", 0), id="a day late"),
        pytest.param(["13:100", "14:300"], ("partially_kept", 100, 300), ("broken", 100), id="the rest a day late"),
        pytest.param(["13:100", "14:300", "15-"], ("broken", 0, 300), ("broken", 0), id="then the part taken back"),
    ],
)
def test_late_money_and_reversals(
    session: Session, cast: Cast, moves: list[str], promise: tuple[str, int, int], agreement: tuple[str, int]
) -> None:
    """The same money, told to a promise and to an agreement of two debtors."""
    allow(session, cast.mexico)
    signed, month = day("2/12/26"), "{}/12/26"
    for_promise, for_agreement = (case_due(session, cast.mexico, day("1/11/26"), signed, "400.00") for _ in range(2))
    terms = PromiseTerms(Decimal(400), day("10/12/26"))
    given = take_promise(session, cast.ana, case_id=for_promise.case_id, terms=terms, at=noon(signed))
    made = sign(session, cast, for_agreement, signed, "10/12/26", 1)
    for item in (for_promise, for_agreement):
        first = None
        for each in moves:
            if each.endswith("-"):
                on = day(month.format(each[:-1]))
                reverse_payment(session, first or 0, on=on, by=None, at=noon(on))
                continue
            when, _, amount = each.partition(":")
            amount, _, dated = amount.partition("@")
            on = day(month.format(when))
            paid = pay(session, item, amount, day(month.format(dated or when)), on)
            first = first or paid
    session.expire_all()
    kept, plan = session.get_one(Promise, given.id), session.get_one(Agreement, made.id)
    assert (kept.state.value, kept.paid, kept.paid_late) == promise
    assert (plan.state.value, plan.paid) == agreement
