import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from models import PaymentKind, Reversal
from tests.cast import NOW, TODAY, Cast, owe
from tests.pages.test_every_page import everything_said
from workbench import db
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.verifications import look_up
from workbench.ui import i18n
from workbench.ui.payments_list import _wanted as wanted_now
from workbench.ui.payments_list import payments_file

PAGE = str(Path(__file__).parents[2] / "pages/payments.py")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A choice's words are also asked for by the test itself, outside the page's run."""
    before = i18n._spoken.set("en")
    yield
    i18n._spoken.reset(before)


@pytest.fixture
def case(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, name="Rosa Mora", amount="1000.00").case_id


def pay(case: int, amount: str, reference: str, **more: Any) -> int:
    with db.transaction() as session:
        given = {"paid_on": TODAY, "by": None, "at": NOW} | more
        return record_payment(session, case_id=case, amount=Decimal(amount), reference=reference, **given).id or 0


def rows(statement: str) -> list[Any]:
    with db.reading() as session:
        return list(session.execute(text(statement)).all())


def part(page: AppTest, name: str) -> AppTest:
    page.query_params["part"] = name
    page.session_state["payments-part"] = name
    return page.run()


def sums_of(page: AppTest) -> list[str]:
    return re.findall(r"<dd>([\d,.]+)\u00a0MXN</dd>", everything_said(page))[:4]


def button(page: AppTest, label: str) -> Any:
    return next(each for each in page.button if each.label == label)


def test_the_list_says_what_came_in_and_what_was_taken_back(page_as, fresh_cast: Cast, case: int) -> None:
    pay(case, "300.00", "SPEI-1")
    pay(case, "100.00", "NC-1", kind=PaymentKind.CREDIT_NOTE)
    with db.transaction() as session:
        back = pay(case, "50.00", "SPEI-2")
        reverse_payment(session, back, on=TODAY, kind=Reversal.CHARGE_BACK, because="x", by=None, at=NOW)
    page = page_as(PAGE, fresh_cast.sofia)
    assert not page.exception
    assert sums_of(page) == ["300.00", "100.00", "50.00", "0.00"]
    table = page.dataframe[0].value
    assert list(table["Reference"]) == ["SPEI-2", "NC-1", "SPEI-1"]
    assert list(table["Taken back"]) == ["Charge-back", "", ""]


def test_the_filters_narrow_the_list(page_as, fresh_cast: Cast, case: int) -> None:
    pay(case, "300.00", "SPEI-1")
    pay(case, "900.00", "SPEI-2")
    page = page_as(PAGE, fresh_cast.sofia)
    page.selectbox(key="payments-shown").select("credit").run()
    assert list(page.dataframe[0].value["Reference"]) == ["SPEI-2"]
    assert sums_of(page)[3] == "200.00"
    page.text_input(key="payments-typed").input("nobody").run()
    assert "No payment fits" in everything_said(page)


def test_sofia_enters_a_payment_and_reads_that_it_is_saved(page_as, fresh_cast: Cast, case: int) -> None:
    page = page_as(PAGE, fresh_cast.sofia)
    page.query_params["case"] = str(case)
    part(page, "enter")
    page.number_input(key=f"entry-amount-{case}").set_value(1200.0)
    page.text_input(key=f"entry-reference-{case}").input("SPEI-9")
    button(page, "Save payment").click().run()
    assert not page.exception
    assert [each.value for each in page.success] == [
        "Saved: 1,200.00\u00a0MXN of Rosa Mora. 200.00\u00a0MXN is more than was owed and stays as credit."
    ]
    assert rows("SELECT reference, amount, allocated, by_id FROM payment") == [
        ("SPEI-9", Decimal("1200.00"), Decimal("1000.00"), fresh_cast.sofia.user_id)
    ]


def test_what_is_refused_is_said_on_the_form_and_kept(page_as, fresh_cast: Cast, case: int) -> None:
    pay(case, "10.00", "SPEI-9")
    page = page_as(PAGE, fresh_cast.sofia)
    page.query_params["case"] = str(case)
    part(page, "enter")
    page.number_input(key=f"entry-amount-{case}").set_value(5.0)
    page.text_input(key=f"entry-reference-{case}").input("SPEI-9")
    button(page, "Save payment").click().run()
    assert [each.value for each in page.error] == ["There is already a payment with the reference SPEI-9."]
    assert page.text_input(key=f"entry-reference-{case}").value == "SPEI-9"


def test_a_write_off_is_offered_to_whoever_may_write_down(page_as, fresh_cast: Cast, case: int) -> None:
    offered = {}
    for name in ("sofia", "marta"):
        page = page_as(PAGE, getattr(fresh_cast, name))
        page.query_params["case"] = str(case)
        offered[name] = "Write-off" in part(page, "enter").selectbox(key=f"entry-kind-{case}").options
    assert offered == {"sofia": False, "marta": True}


def test_who_says_it_is_paid_waits_until_the_payment_or_a_person_answers(page_as, fresh_cast: Cast, case: int) -> None:
    with db.transaction() as session:
        look_up(session, case, words="Pagué ayer en OXXO", at=NOW)
    page = part(page_as(PAGE, fresh_cast.sofia), "verification")
    assert "Pagué ayer en OXXO" in everything_said(page)
    button(page, "Not found: go on").click().run()
    assert [each.value for each in page.error] == ["Write down why."]
    pause = rows("SELECT id FROM pause")[0][0]
    page.text_input(key=f"verify-reason-{pause}").input("not in the bank file")
    button(page, "Not found: go on").click().run()
    assert "Nobody waits" in everything_said(page)
    assert rows("SELECT ended_by, ended_because FROM pause") == [(fresh_cast.sofia.user_id, "not in the bank file")]
    assert rows("SELECT queue, state FROM work_item ORDER BY queue") == [("call", "ready"), ("review", "closed")]


def test_the_file_has_what_the_list_has_and_is_audited(page_as, fresh_cast: Cast, case: int) -> None:
    pay(case, "300.00", "=1+1")
    page_as(PAGE, fresh_cast.sofia)
    file = payments_file(fresh_cast.sofia.user_id, wanted_now(fresh_cast.mexico)).decode("utf-8-sig")
    assert "'=1+1" in file
    assert ",300.00," in file
    [(deed, by)] = rows("SELECT deed, by_id FROM audit_entry WHERE deed LIKE 'export%'")
    assert (deed, by) == ("export_payments", fresh_cast.sofia.user_id)


def test_an_old_payment_is_found_by_a_longer_time(page_as, fresh_cast: Cast, case: int) -> None:
    pay(case, "300.00", "SPEI-1", paid_on=TODAY - timedelta(days=60))
    page = page_as(PAGE, fresh_cast.sofia)
    assert "No payment fits" in everything_said(page)
    page.selectbox(key="payments-period").select("90").run()
    assert page.dataframe[0].value["Paid on"][0] == "19 Sep 2026"
