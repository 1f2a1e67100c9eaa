"""The negotiation on the desk: offers inside the authority are closed at once, what lies outside is asked for."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import (
    Agreement,
    AgreementState,
    Approval,
    ApprovalState,
    Document,
    Installment,
    Interaction,
    Message,
    OfferKind,
    Portfolio,
    WorkItem,
)
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions import approvals, worklist
from workbench.actions.policies import install_policies
from workbench.rules.approvals import Decision
from workbench.ui import i18n

MY_QUEUE = str(Path(__file__).parents[2] / "pages/my_queue.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


@pytest.fixture
def item(fresh_cast: Cast) -> WorkItem:
    """Rosa owes 10,000, 90 days late, and is in Ana's hands; the next debtor waits."""
    with db.transaction() as session:
        install_policies(session, session.get(Portfolio, fresh_cast.mexico.id))
        made = owe(session, fresh_cast.mexico, name="Rosa Pérez", amount="10000.00", days_past_due=90)
        owe(session, fresh_cast.mexico, name="Otra Deudora", amount="500.00")
        worklist.claim_case(session, fresh_cast.ana, made.case_id, at=NOW)
    return made


@pytest.fixture
def desk(fresh_cast: Cast, page_as, item: WorkItem) -> AppTest:
    """Ana's page with the negotiation open."""
    page = page_as(MY_QUEUE, fresh_cast.ana)
    return page.button(key=f"negotiate-{item.id}").click().run()


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    return "\n".join(each.value for each in page.markdown) + "\n".join(each.proto.body for each in page.get("html"))


def field(item: WorkItem, kind: str, name: str) -> str:
    return f"nego-0-{kind}-{name}-{item.id}"


def choose(page: AppTest, item: WorkItem, kind: OfferKind) -> AppTest:
    return page.radio(key=f"nego-0-offer-{item.id}").set_value(kind.value).run()


def agreements() -> list[Agreement]:
    with db.reading() as session:
        return list(session.scalars(select(Agreement).order_by(Agreement.id)))


def test_the_offers_are_there_the_most_expected_first(desk: AppTest, item: WorkItem) -> None:
    text = shown(desk)
    radio = desk.radio(key=f"nego-0-offer-{item.id}")
    assert 1 < len(radio.options) <= 4
    assert "Expected" in text
    assert "You may still move:" in text
    assert "10,000.00" in text


def test_an_offer_inside_the_limits_is_closed_with_two_keys(fresh_cast: Cast, page_as, item: WorkItem) -> None:
    """Alt+N and Ctrl+Enter: a promise takes its outcome, its day and Ctrl+Enter."""
    page = page_as(MY_QUEUE, fresh_cast.ana)
    keys = [page.button(key=f"negotiate-{item.id}")]
    assert keys[0].proto.shortcut == "Alt+N" or "alt" in keys[0].proto.shortcut.lower()
    keys[0].click().run()
    close = page.button(key=f"close-{item.id}")
    assert "enter" in close.proto.shortcut.lower()
    assert "enter" not in "".join(
        each.proto.shortcut.lower() for each in page.button if each is not close and each.key != close.key
    )
    close.click().run()
    assert "Otra Deudora" in shown(page)
    (agreement,) = agreements()
    with db.reading() as session:
        said = session.get(Interaction, agreement.interaction_id)
        assert (said.disposition_code, said.user_id) == ("call.agreement", fresh_cast.ana.user_id)
        assert session.scalars(select(Document).where(Document.agreement_id == agreement.id)).one()
        assert session.scalars(select(Message).where(Message.agreement_id == agreement.id)).one().channel == "whatsapp"


def test_what_is_typed_is_what_is_signed(desk: AppTest, item: WorkItem) -> None:
    page = choose(desk, item, OfferKind.SHORT_PLAN)
    page.number_input(key=field(item, "short_plan", "installments")).set_value(2)
    page.number_input(key=field(item, "short_plan", "down")).set_value(2500.0)
    page.date_input(key=field(item, "short_plan", "first")).set_value(TODAY + timedelta(days=20)).run()
    text = shown(page)
    assert "3,750.00" in text
    page.button(key=f"close-{item.id}").click().run()
    (agreement,) = agreements()
    with db.reading() as session:
        parts = session.scalars(
            select(Installment).where(Installment.agreement_id == agreement.id).order_by(Installment.number)
        ).all()
    assert [(part.number, part.amount) for part in parts] == [(0, 2500), (1, 3750), (2, 3750)]


def test_a_click_that_comes_with_the_last_field_signs_what_the_field_says(desk: AppTest, item: WorkItem) -> None:
    page = choose(desk, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(100.0)
    page.button(key=f"close-{item.id}").click().run()
    assert agreements()[0].discount_principal == 100


def test_a_double_click_signs_once(desk: AppTest, item: WorkItem) -> None:
    desk.button(key=f"close-{item.id}").click()
    desk.run()
    assert len(agreements()) == 1


def test_outside_the_limits_there_is_no_closing_but_asking(fresh_cast: Cast, desk: AppTest, item: WorkItem) -> None:
    page = choose(desk, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(900.0).run()
    assert "Outside your limits" in shown(page)
    assert not [each for each in page.button if each.key == f"close-{item.id}"]
    page.text_input(key=f"nego-reason-{item.id}").set_value("Only this month has she got the money")
    page.button(key=f"ask-button-{item.id}").click().run()
    assert page.selectbox(key=f"outcome-{item.id}").value == "call.negotiating"
    assert "Only this month" in page.text_area(key=f"note-{item.id}").value
    with db.reading() as session:
        asked = session.scalars(select(Approval)).one()
    assert (asked.state, asked.terms["discount_principal"]) == (ApprovalState.PENDING, "900.00")
    page.button(key=f"save-{item.id}").click().run()
    assert "Otra Deudora" in shown(page)
    assert agreements() == []


def test_a_request_without_a_reason_is_refused(desk: AppTest, item: WorkItem) -> None:
    page = choose(desk, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(900.0).run()
    page.button(key=f"ask-button-{item.id}").click().run()
    assert [each.value for each in page.error] == ["Write down why."]


def test_a_counter_offer_is_closed_on_the_desk(fresh_cast: Cast, desk: AppTest, item: WorkItem) -> None:
    page = choose(desk, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(900.0).run()
    page.text_input(key=f"nego-reason-{item.id}").set_value("reason")
    page.button(key=f"ask-button-{item.id}").click().run()
    with db.transaction() as session:
        asked = session.scalars(select(Approval)).one()
        approvals.decide(
            session,
            fresh_cast.sofia,
            asked.id,
            Decision.COUNTER,
            note="Not so much",
            counter={"discount_principal": "700.00"},
            at=NOW,
        )
    page.run()
    page.button(key=f"accept-{asked.id}").click().run()
    (agreement,) = agreements()
    assert (agreement.discount_principal, agreement.state) == (Decimal(700), AgreementState.ACTIVE)
    page.button(key=f"negotiate-{item.id}").click().run()
    assert f"Agreement no. {agreement.id}" in shown(page)


def test_an_agreement_that_stands_is_withdrawn_before_another_is_made(
    fresh_cast: Cast, page_as, desk: AppTest, item: WorkItem
) -> None:
    desk.button(key=f"close-{item.id}").click().run()
    with db.transaction() as session:
        worklist.claim_case(session, fresh_cast.ana, item.case_id, at=NOW + timedelta(minutes=1))
    page = page_as(MY_QUEUE, fresh_cast.ana).button(key=f"negotiate-{item.id}").click().run()
    assert "on track" in shown(page)
    page.text_input(key=f"nego-withdraw-{item.id}").set_value("She found more money")
    page.button(key=f"withdraw-{item.id}").click().run()
    assert agreements()[0].state == AgreementState.WITHDRAWN
    assert page.radio(key=f"nego-0-offer-{item.id}").options


def test_nobody_without_authority_is_shown_offers(fresh_cast: Cast, page_as) -> None:
    with db.transaction() as session:
        made = owe(session, fresh_cast.mexico)
        worklist.claim_case(session, fresh_cast.ana, made.case_id, at=NOW)
    page = page_as(MY_QUEUE, fresh_cast.ana).button(key=f"negotiate-{made.id}").click().run()
    assert any("no offers" in each.value for each in page.caption)


def test_the_outcome_form_offers_no_agreement_of_its_own(fresh_cast: Cast, page_as, item: WorkItem) -> None:
    page = page_as(MY_QUEUE, fresh_cast.ana)
    assert "Agreement" not in page.selectbox(key=f"outcome-{item.id}").options


def standing(fresh_cast: Cast, page_as, desk: AppTest, item: WorkItem) -> AppTest:
    """The desk some minutes after a settlement was closed that forgave 400 of the 10,000."""
    page = choose(desk, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(400.0)
    page.button(key=f"close-{item.id}").click().run()
    with db.transaction() as session:
        worklist.claim_case(session, fresh_cast.ana, item.case_id, at=NOW + timedelta(minutes=1))
    return page_as(MY_QUEUE, fresh_cast.ana).button(key=f"negotiate-{item.id}").click().run()


def test_an_agreement_is_changed_in_one_go_on_the_debt_without_its_discount(
    fresh_cast: Cast, page_as, desk: AppTest, item: WorkItem
) -> None:
    page = standing(fresh_cast, page_as, desk, item)
    assert "9,600.00" in shown(page)
    page = page.button(key=f"change-{item.id}").click().run()
    assert "What it forgave counts as owed here." in shown(page)
    assert "10,000.00" in shown(page)
    page = choose(page, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(500.0).run()
    page.button(key=f"close-{item.id}").click().run()
    old, new = agreements()
    assert (old.state, old.replaced_by, old.discount_principal) == (AgreementState.REPLACED, new.id, 400)
    assert (new.state, new.principal, new.discount_principal, new.total) == (AgreementState.ACTIVE, 10000, 500, 9500)


def test_an_agreement_may_be_left_as_it_is(fresh_cast: Cast, page_as, desk: AppTest, item: WorkItem) -> None:
    page = standing(fresh_cast, page_as, desk, item).button(key=f"change-{item.id}").click().run()
    page = page.button(key=f"keep-{item.id}").click().run()
    assert "on track" in shown(page)
    assert [each.state for each in agreements()] == [AgreementState.ACTIVE]


def test_a_change_beyond_the_limits_is_judged_on_the_debt_without_the_old_discount(
    fresh_cast: Cast, page_as, desk: AppTest, item: WorkItem
) -> None:
    page = standing(fresh_cast, page_as, desk, item).button(key=f"change-{item.id}").click().run()
    page = choose(page, item, OfferKind.SETTLEMENT)
    page.number_input(key=field(item, "settlement", "discount_principal")).set_value(900.0).run()
    assert not [each for each in page.button if each.key == f"close-{item.id}"]
    page.text_input(key=f"nego-reason-{item.id}").set_value("She pays today")
    page.button(key=f"ask-button-{item.id}").click().run()
    with db.transaction() as session:
        asked = session.scalars(select(Approval)).one()
        assert [(each["code"], Decimal(each["asked"])) for each in asked.exceeded] == [
            ("discount_principal", Decimal("0.09"))  # of 10,000, not of 9,600
        ]
        approvals.decide(session, fresh_cast.sofia, asked.id, Decision.APPROVE, at=NOW + timedelta(minutes=2))
    old, new = agreements()
    assert (old.state, old.replaced_by) == (AgreementState.REPLACED, new.id)
    assert (new.principal, new.total) == (10000, 9100)
