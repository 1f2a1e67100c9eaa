"""Policies on their page: what is saved holds at once, what is wrong is said with the field it is about."""

from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models import OfferKind, Portfolio, Role
from tests.cast import Cast
from workbench import db
from workbench.actions.policies import install_policies
from workbench.queries.policies import offer_rows, policy_of
from workbench.queries.promise_limits import limits_for
from workbench.ui import i18n

POLICIES = str(Path(__file__).parents[2] / "pages/policies.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(each.proto.body for each in page.get("html")) + "".join(each.value for each in page.error)


def rows(cast: Cast) -> dict:
    with db.reading() as session:
        return offer_rows(session, cast.mexico.id)


def test_a_portfolio_without_rows_gets_the_shipped_ones(page_as, fresh_cast: Cast) -> None:
    page = page_as(POLICIES, fresh_cast.marta)
    assert "Nobody has authority" in shown(page)
    page.button(key="install").click().run()
    assert "Settlement" in shown(page)
    assert len(rows(fresh_cast)) > 12


def test_a_row_is_added_changed_and_taken_away(page_as, fresh_cast: Cast) -> None:
    page, book = page_as(POLICIES, fresh_cast.marta), fresh_cast.mexico.id
    page.selectbox(key=f"policy-{book}-new-kind").set_value(OfferKind.SHORT_PLAN)
    page.number_input(key=f"policy-{book}-new-installments").set_value(4)
    page.number_input(key=f"policy-{book}-new-discount_interest").set_value(37.5)
    page.button(key=f"policy-{book}-new-save").click().run()
    ((made, row),) = rows(fresh_cast).items()
    assert (row.role, row.kind, row.installments, row.discount_interest) == (
        Role.AGENT,
        OfferKind.SHORT_PLAN,
        4,
        Decimal("0.3750"),
    )
    page.selectbox(key=f"policy-row-{book}").set_value(made).run()
    page.number_input(key=f"policy-{book}-{made}-days_out").set_value(200)
    page.button(key=f"policy-{book}-{made}-save").click().run()
    assert rows(fresh_cast)[made].days_out == 200
    page.button(key=f"policy-{book}-{made}-remove").click().run()
    assert rows(fresh_cast) == {}


def test_what_is_wrong_is_said_with_its_field_and_nothing_is_saved(page_as, fresh_cast: Cast) -> None:
    page, book = page_as(POLICIES, fresh_cast.marta), fresh_cast.mexico.id
    page.number_input(key=f"policy-{book}-new-days_from").set_value(60)
    page.number_input(key=f"policy-{book}-new-days_to").set_value(30)
    page.button(key=f"policy-{book}-new-save").click().run()
    (said,) = page.error
    assert said.value == "The days past due end before they begin. (Days past due to (empty = no end))"
    assert rows(fresh_cast) == {}


def test_promise_limits_are_set_by_role(page_as, fresh_cast: Cast) -> None:
    page, book = page_as(POLICIES, fresh_cast.marta), fresh_cast.mexico.id
    page.segmented_control(key="policies-part").set_value("promises").run()
    page.number_input(key=f"promises-{book}-agent-days_out").set_value(7)
    page.number_input(key=f"promises-{book}-agent-min_share").set_value(25.0)
    page.button(key=f"promises-{book}-agent-save").click().run()
    with db.reading() as session:
        limits = limits_for(session, book, Role.AGENT)
    assert (limits.days_out, limits.min_share) == (7, Decimal("0.2500"))


def test_charges_and_deadlines_are_set(page_as, fresh_cast: Cast) -> None:
    page, book = page_as(POLICIES, fresh_cast.marta), fresh_cast.mexico.id
    page.segmented_control(key="policies-part").set_value("terms").run()
    page.number_input(key=f"terms-{book}-annual_interest").set_value(36.5)
    page.number_input(key=f"terms-{book}-approval_hours").set_value(4)
    page.button(key=f"terms-{book}-save").click().run()
    shown(page)
    with db.reading() as session:
        policy = policy_of(session.get(Portfolio, book))
    assert (policy.annual_interest, policy.approval_hours) == (Decimal("0.3650"), 4)


def test_what_hardly_can_be_meant_stands_beside_its_row(page_as, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        install_policies(session, session.get(Portfolio, fresh_cast.mexico.id))
    page, book = page_as(POLICIES, fresh_cast.marta), fresh_cast.mexico.id
    page.selectbox(key=f"policy-{book}-new-kind").set_value(OfferKind.LONG_PLAN)
    page.number_input(key=f"policy-{book}-new-days_from").set_value(30)
    page.number_input(key=f"policy-{book}-new-installments").set_value(10)
    page.number_input(key=f"policy-{book}-new-days_out").set_value(20)
    page.button(key=f"policy-{book}-new-save").click().run()
    assert "Not even 10 weekly installments fit into 20 days." in shown(page)
