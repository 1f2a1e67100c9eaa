"""A manager reads what last night changed, tries a rule for the order out and puts it in force."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, Seat
from tests.cast import NOW, TODAY, owe
from workbench import db
from workbench.actions.nights import run_night
from workbench.actions.order_versions import save_draft
from workbench.queries.order_versions import rules_in_force

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]
RULES = [
    {"name": "Cuentas chicas", "when": {"past_due": {"most": "600"}, "days_past_due": {"least": 10}}, "multiplier": 10},
    {"name": "VIP", "when": {"past_due": {"least": "30000"}}, "ban": "Los atiende el banco"},
]


def test_marta_simulates_a_rule_publishes_it_and_reads_last_night(house: House, seat: Take) -> None:
    book = house.cast.mexico.id or 0
    with db.transaction() as session:
        for number, amount in enumerate(("500", "1000", "2000", "4000", "8000", "16000", "32000")):
            owe(session, house.cast.mexico, name=f"Deudora {number}", amount=amount, days_past_due=30)
    run_night(book, on=TODAY, at=NOW - timedelta(hours=8))
    with db.transaction() as session:
        save_draft(session, house.cast.marta, book, RULES, at=NOW)
    marta = seat()
    marta.log_in("marta", "/order-report?part=rules")
    publish = marta.page.get_by_role("button", name="Publicar")
    expect(publish).to_be_disabled()
    calls = marta.page.get_by_role("spinbutton", name="Llamadas por día")
    calls.fill("3")
    calls.press("Enter")
    marta.settle()
    marta.page.get_by_role("button", name="Simular").click(delay=80)
    metrics = marta.page.get_by_test_id("stMetric")
    expect(metrics.first).to_contain_text("1")
    expect(metrics).to_have_count(4)
    marta.settle()
    expect(publish).to_be_enabled()
    publish.click(delay=80)
    expect(marta.page.get_by_text("La versión 1 rige desde")).to_be_visible()
    with db.reading() as session:
        assert [rule.name for rule in rules_in_force(session, book)] == ["Cuentas chicas", "VIP"]
    run_night(book, on=TODAY + timedelta(days=1), at=NOW + timedelta(hours=16))
    marta.go("/last-night?kind=left")
    expect(marta.page.get_by_text("La regla «VIP» lo deja fuera · 1")).to_be_visible()
    expect(marta.page.get_by_role("button", name="Descargar CSV")).to_be_visible()
