"""The page Channel effectiveness: honest figures that open their formulas."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models import Channel, MessageState
from tests.cast import NOW, Cast, owe
from tests.queries.written import written
from workbench import db
from workbench.actions.payments import record_payment
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/channel_effectiveness.py")


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.markdown]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


@pytest.fixture
def some(fresh_cast: Cast) -> None:
    """Three WhatsApps that arrived, one of them answered, one paid; one bounced; an e-mail that the sandbox took."""
    with db.transaction() as session:
        paying, other = owe(session, fresh_cast.mexico, name="Paga"), owe(session, fresh_cast.mexico, name="Otra")
        before = NOW - timedelta(days=6)
        written(session, paying, at=before, template_code="firm_notice")
        written(session, other, at=before, answered=True, state=MessageState.READ)
        written(session, other, at=before)
        written(session, other, at=before, state=MessageState.BOUNCED)
        written(session, other, at=before, state=MessageState.SENT, channel=Channel.EMAIL, provider="sandbox")
        paid = {"amount": Decimal(5), "paid_on": before.date() + timedelta(days=1), "reference": "P", "by": None}
        record_payment(session, case_id=paying.case_id, at=before + timedelta(days=1), **paid)


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_only_supervisors_and_managers_open_it(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_without_messages_it_says_so(fresh_cast: Cast, opened) -> None:
    assert "No message left from 20 Oct 2026 to 18 Nov 2026" in shown(opened(fresh_cast.sofia))


def test_every_figure_opens_formula_numerator_denominator_and_period(fresh_cast: Cast, opened, some) -> None:
    said = shown(opened(fresh_cast.sofia))
    for text in (
        "messages that arrived ÷ messages that left</b><br>3 ÷ 4 = 75.0 %",
        "messages that the debtor answered ÷ messages that arrived</b><br>1 ÷ 3 = 33.3 %",
        "messages followed by a payment within three days ÷ messages that arrived</b><br>1 ÷ 3 = 33.3 %",
        "messages replied to or paid within three days ÷ messages that arrived</b><br>2 ÷ 3 = 66.7 %",
        "Messages that left from 20 Oct 2026 to 18 Nov 2026.",
        "E-mail · sandbox",
        "Firm notice",
        "Messages of the last three days count already",
    ):
        assert text in said, text


def test_the_messages_behind_are_listed(fresh_cast: Cast, opened, some) -> None:
    page = opened(fresh_cast.marta)
    page = page.segmented_control(key="behind-channel").set_value((Channel.WHATSAPP, False)).run()
    assert not page.exception
    [table] = [each.value for each in page.dataframe]
    assert (len(table), table["Paid within 3 days"].sum(), set(table["Debtor"])) == (4, 1, {"Paga", "Otra"})


def test_a_shorter_period_leaves_the_others_out(fresh_cast: Cast, opened, some) -> None:
    page = opened(fresh_cast.sofia)
    page = page.selectbox(key="effect-period").set_value("range").run()
    page = page.date_input(key="effect-days").set_value((NOW.date() - timedelta(days=2), NOW.date())).run()
    assert "No message left from 16 Nov 2026 to 18 Nov 2026" in shown(page)


def test_sofia_never_finds_colombia(fresh_cast: Cast, opened) -> None:
    assert opened(fresh_cast.sofia).selectbox(key="effect-of").options == ["Banco del Valle"]
