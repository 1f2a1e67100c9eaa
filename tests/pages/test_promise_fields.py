"""The promise on the outcome form: one part as quick as ever, or several."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from models import Promise, PromisePart, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.dispositions import install_dispositions
from workbench.actions.worklist import claim_next
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/my_queue.py")


@pytest.fixture
def item(fresh_cast: Cast) -> WorkItem:
    """A debtor of 1,000.01 in Ana's hands."""
    with db.transaction() as session:
        install_dispositions(session)
        owed = owe(session, fresh_cast.mexico, amount="1000.01")
    with db.transaction() as session:
        assert claim_next(session, fresh_cast.ana, portfolio_id=fresh_cast.mexico.id, at=NOW)
    return owed


@pytest.fixture
def form(page_as, fresh_cast: Cast, item: WorkItem):
    """The form with a promise chosen, due in two days."""
    token = i18n._spoken.set("en")
    page = partial(page_as, PAGE)(fresh_cast.ana)
    page.selectbox(f"outcome-{item.id}").select("call.promise").run()
    page.date_input(f"due-{item.id}").set_value(TODAY + timedelta(days=2)).run()
    yield page
    i18n._spoken.reset(token)


def typed(page: AppTest, item: WorkItem) -> list[tuple[float, int]]:
    assert not page.exception, page.exception
    amounts = [each.value for each in page.number_input if str(each.key).startswith("amount")]
    days = [(each.value - TODAY).days for each in page.date_input if str(each.key).startswith("due") and each.value]
    return list(zip(amounts, days, strict=True))


def save(page: AppTest, item: WorkItem) -> None:
    page.button(f"save-{item.id}").click().run()
    assert not page.exception, page.exception


def test_one_part_is_saved_without_any_further_field(form: AppTest, item: WorkItem) -> None:
    assert typed(form, item) == [(1000.01, 2)]
    save(form, item)
    with db.reading() as session:
        promise = session.exec(select(Promise)).one()
        assert (promise.amount, promise.due_on) == (Decimal("1000.01"), TODAY + timedelta(days=2))
        assert not session.exec(select(PromisePart)).all()


def test_parts_share_the_amount_out_and_fall_due_week_by_week(form: AppTest, item: WorkItem) -> None:
    form.button(f"more-parts-{item.id}").click().run()
    assert typed(form, item) == [(500.0, 2), (500.01, 9)]
    form.button(f"more-parts-{item.id}").click().run()
    assert typed(form, item) == [(333.33, 2), (333.33, 9), (333.35, 15)]  # the farthest day is fifteen days away
    assert form.button(f"more-parts-{item.id}").disabled
    save(form, item)
    with db.reading() as session:
        promise = session.exec(select(Promise)).one()
        parts = session.exec(select(PromisePart).order_by(col(PromisePart.number))).all()
    assert (promise.amount, promise.due_on) == (Decimal("1000.01"), TODAY + timedelta(days=15))
    assert [(part.amount, (part.due_on - TODAY).days) for part in parts] == [
        (Decimal("333.33"), 2),
        (Decimal("333.33"), 9),
        (Decimal("333.35"), 15),
    ]


def test_a_part_less_gives_its_amount_to_the_others(form: AppTest, item: WorkItem) -> None:
    form.button(f"more-parts-{item.id}").click().run()
    form.button(f"less-parts-{item.id}").click().run()
    assert typed(form, item) == [(1000.01, 2)]


def test_parts_in_the_wrong_order_are_refused_while_they_are_typed(form: AppTest, item: WorkItem) -> None:
    form.button(f"more-parts-{item.id}").click().run()
    form.date_input(f"due_2-{item.id}").set_value(TODAY).run()
    assert any("fall due one after the other" in each.value for each in form.warning)
    save(form, item)
    assert any("fall due one after the other" in each.value for each in form.error)
    with db.reading() as session:
        assert not session.exec(select(Promise)).all()
