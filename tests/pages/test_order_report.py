"""The order report as a manager and a supervisor see it: rules written, checked in place, simulated, published."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from models import Portfolio
from tests.actions.books import publish, segment, step
from tests.cast import NOW, TODAY, Cast, owe
from tests.pages.test_every_page import PAGES, everything_said
from workbench import db
from workbench.actions.standings import rescore_cases
from workbench.queries.order_versions import order_versions
from workbench.rules.access import Viewer
from workbench.ui import i18n

PageAs = Callable[[str, Viewer], AppTest]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


@pytest.fixture
def book(fresh_cast: Cast) -> Cast:
    """Three debtors late for forty days, on the morning after a night."""
    with db.transaction() as session:
        cases = [owe(session, fresh_cast.mexico, amount=each, days_past_due=40, name=f"D {each}").case_id for each in ("100", "300", "900")]  # fmt: skip
        rescore_cases(session, cases, on=TODAY)
        session.get_one(Portfolio, fresh_cast.mexico.id).business_date = TODAY
    return fresh_cast


def part(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="order-part").set_value(name).run()


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def test_a_manager_writes_simulates_and_publishes_a_rule(page_as: PageAs, book: Cast) -> None:
    page = part(page_as(str(PAGES / "order_report.py"), book.marta), "rules")
    assert not page.exception
    number = book.mexico.id
    page = page.number_input(key=f"calls-{number}").set_value(1).run()
    page = press(page, "order-add-0")
    assert "it takes everybody" in page.error[0].value
    assert page.button(key="order-simulate").disabled
    page.text_input(key=f"order-{number}-1-0-name").set_value("Chicos")
    page.number_input(key=f"order-{number}-1-0-past_due-most").set_value(100.0)
    page = page.number_input(key=f"order-{number}-1-0-multiplier").set_value(10.0).run()
    assert not page.error
    assert page.button(key="order-publish").disabled
    page = press(page, "order-simulate")
    assert not page.exception
    assert [each.value for each in page.metric] == ["1", "1", "0", "0"]
    assert "D 100" in page.dataframe[1].value.to_string() + page.dataframe[2].value.to_string()
    page = press(page, "order-publish")
    assert page.success[0].value.startswith("Version 1 is in force since")
    with db.reading() as session:
        [version] = order_versions(session, book.marta, number or 0)
    assert (version.state, version.rules[0]["multiplier"], version.simulated["calls"]) == ("published", 10, 1)
    page = part(page, "versions")
    assert "≤" in page.dataframe[0].value.to_string()


def test_conditions_are_chosen_by_what_they_are_called(page_as: PageAs, book: Cast) -> None:
    """Countries, channels, the owner's teams and the strategy's segments; a segment that has gone is told in place."""
    with db.transaction() as session:
        publish(
            session, book.mexico, {"segments": [segment(step("a", 5), code="early", name="Temprana")], "events": {}}
        )
    page = press(part(page_as(str(PAGES / "order_report.py"), book.marta), "rules"), "order-add-0")
    key = f"order-{book.mexico.id}-1-0"
    offered = {
        noun: page.multiselect(key=f"{key}-{noun}").options
        for noun in ("countries", "channels", "without_channels", "teams", "segments")
    }
    channels = ["Call", "WhatsApp", "SMS", "E-mail"]
    assert offered == {
        "countries": ["Mexico"], "channels": channels, "without_channels": channels, "teams": ["Norte"], "segments": ["Temprana"]
    }  # fmt: skip
    for noun, chosen in {"countries": ["MX"], "channels": ["call"], "teams": ["norte"], "segments": ["early"]}.items():
        page.multiselect(key=f"{key}-{noun}").set_value(chosen)
    page = page.run()
    assert not page.error
    page = press(press(page, "order-simulate"), "order-publish")
    with db.reading() as session:
        [version] = order_versions(session, book.marta, book.mexico.id or 0)
    assert version.rules[0]["when"] == {
        "channels": ["call"], "countries": ["MX"], "segments": ["early"], "teams": ["norte"]
    }  # fmt: skip
    said = part(page, "versions").dataframe[0].value.to_string()
    assert "Countries: Mexico" in said
    assert "Can be reached by: Call" in said
    with db.transaction() as session:
        session.execute(text("UPDATE strategy SET state = 'retired', retired_at = :at"), {"at": NOW})
    page = part(page_as(str(PAGES / "order_report.py"), book.marta), "rules")
    assert "no segment early" in page.error[0].value


def test_a_supervisor_reads_the_rules_and_changes_nothing(page_as: PageAs, book: Cast) -> None:
    page = part(page_as(str(PAGES / "order_report.py"), book.sofia), "rules")
    assert not page.exception
    assert "No rules yet" in everything_said(page)
    assert not [each for each in page.button if each.key and each.key.startswith("order-")]
    page = part(page, "report")
    assert not page.exception
    assert "Money reached at your capacity" in everything_said(page)


def test_what_was_typed_outlives_another_part_of_the_page(page_as: PageAs, book: Cast) -> None:
    page = press(part(page_as(str(PAGES / "order_report.py"), book.marta), "rules"), "order-add-0")
    page = page.text_input(key=f"order-{book.mexico.id}-1-0-name").set_value("Mía").run()
    page = part(part(page, "versions"), "rules")
    assert page.text_input(key=f"order-{book.mexico.id}-2-0-name").value == "Mía"
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM order_version")).scalar() == 0
