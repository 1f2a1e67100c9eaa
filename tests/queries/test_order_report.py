"""Only what was known on the morning counts: a small book whose past is written by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment
from workbench.queries.order_report import order_report
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
