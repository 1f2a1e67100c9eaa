from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.cast import NOW, TODAY, Cast, owe
from tests.pages.test_every_page import everything_said
from workbench import db
from workbench.actions.payments import record_payment, reverse_payment

PAGE = str(Path(__file__).parents[2] / "pages/statement.py")


@pytest.fixture
def case(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        case = owe(session, fresh_cast.mexico, name="Rosa <b>Mora", amount="1000.00").case_id
        given = {"case_id": case, "paid_on": TODAY, "by": None, "at": NOW}
        record_payment(session, amount=Decimal("300.00"), reference="SPEI-1", **given)
        back = record_payment(session, amount=Decimal("200.00"), reference="SPEI-2", **given)
        reverse_payment(session, back.id or 0, on=TODAY, by=None, at=NOW)
        return case


def opened(page_as, who, case: int) -> AppTest:
    page = page_as(PAGE, who)
    page.query_params["case"] = str(case)
    return page.run()


def test_ana_reads_every_movement_with_the_balance_after_it(page_as, fresh_cast: Cast, case: int) -> None:
    page = opened(page_as, fresh_cast.ana, case)
    assert not page.exception
    said = everything_said(page)
    assert "Rosa &lt;b&gt;Mora" in said
    for balance in ("1,000.00", "700.00", "500.00"):
        assert f'<td class="cw-num">{balance}\u00a0MXN</td>' in said
    assert "Reversal" in said
    assert [each.label for each in page.get("download_button")] == ["Download CSV", "Download PDF"]


def test_only_who_may_enter_payments_is_offered_it(page_as, fresh_cast: Cast, case: int) -> None:
    offered = {name: opened(page_as, getattr(fresh_cast, name), case) for name in ("ana", "sofia")}
    labels = {name: [each.proto.label for each in page.get("link_button")] for name, page in offered.items()}
    assert labels == {"ana": ["Open the case"], "sofia": ["Open the case", "Enter a payment"]}


def test_bruno_sees_nothing_of_it(page_as, fresh_cast: Cast, case: int) -> None:
    said = everything_said(opened(page_as, fresh_cast.bruno, case))
    assert "nothing here" in said
    assert "Rosa" not in said


def test_without_a_case_it_says_where_to_begin(page_as, fresh_cast: Cast) -> None:
    assert "No debtor was chosen" in everything_said(page_as(PAGE, fresh_cast.ana))
