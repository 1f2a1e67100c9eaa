"""Only what was known on the morning counts: a small book whose past is written by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment
from workbench.queries.order_report import Capacity, order_report
from workbench.rules.order_complaints import read_rules
from workbench.rules.refusals import Refused

MORNING = TODAY - timedelta(days=14)


def paid(session: Session, case_id: int, amount: str, days_after_the_morning: int, reference: str) -> None:
    record_payment(
        session,
        case_id=case_id,
        amount=Decimal(amount),
        paid_on=MORNING + timedelta(days=days_after_the_morning),
        reference=reference,
        by=None,
        at=NOW,
    )


def test_late_money_is_what_was_unpaid_then_and_still_is_a_fortnight_later(session: Session, cast: Cast) -> None:
    late = owe(session, cast.mexico, amount="100.00", days_past_due=40)
    paid(session, owe(session, cast.mexico, amount="900.00", days_past_due=40).case_id, "900.00", 5, "IN-TIME")
    paid(session, owe(session, cast.mexico, amount="800.00", days_past_due=40).case_id, "800.00", -3, "BEFORE")
    paid(session, late.case_id, "30.00", -1, "PART")
    owe(session, cast.mexico, amount="700.00", days_past_due=5)  # fell due after the morning
    report = order_report(session, cast.mexico, on=MORNING)
    assert (report.cases, report.late_money, report.currency) == (2, 70.0, "MXN")
    by_name = {curve.name: curve for curve in report.late}
    assert by_name["amount"].at(0.5) == 0.0  # the bigger debt came first, and was paid
    assert by_name["random"].at(0.5) == pytest.approx(0.5)
    assert report.shares()["late"]["random"] == {"10%": 0.1, "20%": 0.2, "30%": 0.3}


def test_weekly_mornings_are_judged_together(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, amount="100.00", days_past_due=60)
    report = order_report(session, cast.mexico, on=MORNING, mornings=3)
    assert (report.cases, report.late_money, report.mornings) == (3, 300.0, 3)


def test_a_morning_without_debts_and_a_book_without_nights_are_said_so(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Nothing was past due"):
        order_report(session, cast.mexico, on=MORNING)
    with pytest.raises(Refused, match="no night yet"):
        order_report(session, cast.mexico)


def test_at_ones_capacity_rules_reach_what_their_order_calls_first(session: Session, cast: Cast) -> None:
    """Hand-worked: one call; three debtors who went on owing 100, 300 and 900; the score goes by amount."""
    for amount in ("100.00", "300.00", "900.00"):
        owe(session, cast.mexico, amount=amount, days_past_due=40)
    small = read_rules([{"name": "a", "when": {"past_due": {"most": 100}, "has_phone": True}, "multiplier": 10}])
    out = read_rules([{"name": "b", "when": {"balance": {"least": 900}, "zones": ["America/Mexico_City"]}, "ban": "x"}])
    capacity = Capacity(1, {"draft": (*small, *out), "rules": out, "none": ()})
    report = order_report(session, cast.mexico, on=MORNING, mornings=2, capacity=capacity)
    reached = {each.order: each.late for each in report.reached}
    assert reached == {"draft": 200, "rules": 600, "none": 1800, "score": 1800, "amount": 1800, "days_past_due": pytest.approx(2600 / 3)}  # fmt: skip
    assert [each.answered for each in report.reached] == [0] * 6
    everybody = order_report(session, cast.mexico, on=MORNING, capacity=Capacity(99, {"rules": out}))
    assert [each.late for each in everybody.reached] == [400, 1300, 1300, 1300]
