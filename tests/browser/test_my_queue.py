"""An agent's day in a real browser, by keyboard alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from models import WorkItem
from tests.browser.conftest import PRESS_MS, House, Seat
from tests.cast import owe
from workbench import db

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]


def debtors(house: House, *names: str) -> list[WorkItem]:
    """Debtors of Mexico in the order of their scores."""
    with db.transaction() as session:
        return [
            owe(session, house.cast.mexico, name=name, score=100.0 - place, phone=f"+52551234{place:04}")
            for place, name in enumerate(names)
        ]


def rows(sql: str) -> list[Any]:
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text(sql))]


def test_ana_works_five_debtors_by_keyboard_and_logs_out(house: House, seat: Take) -> None:
    debtors(house, "Uno Ruiz", "Dos Ruiz", "Tres Ruiz", "Cuatro Ruiz", "Cinco Ruiz", "Seis Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")

    ana.sees("Uno Ruiz")
    ana.choose("promesa")
    ana.write("500")
    ana.press("Tab")
    ana.write("25112026")
    ana.press("Tab", "Tab")
    ana.write("Paga con la quincena")
    ana.save()

    ana.sees("Dos Ruiz")
    ana.choose("no contesta")
    ana.save()

    ana.sees("Tres Ruiz")
    ana.choose("equivocado")
    ana.save()

    ana.sees("Cuatro Ruiz")
    ana.choose("volver")
    ana.write("1530")
    ana.save()

    ana.sees("Cinco Ruiz")
    ana.choose("saltar")
    ana.write("idioma")
    ana.press("Enter")
    ana.settle()
    ana.save()

    ana.sees("Seis Ruiz")
    assert rows("SELECT disposition_code, note FROM interaction ORDER BY id") == [
        ("call.promise", "Paga con la quincena"),
        ("call.no_answer", ""),
        ("call.wrong_number", ""),
        ("call.call_back", ""),
    ]
    assert rows("SELECT amount, due_on FROM promise") == [(Decimal("500.00"), date(2026, 11, 25))]
    assert rows("SELECT value FROM contact_point WHERE status <> 'active'") == [("+525512340002",)]
    assert rows("SELECT not_before FROM work_item WHERE band = 1") == [(datetime(2026, 11, 18, 21, 30, tzinfo=UTC),)]
    assert rows("SELECT count(*) FROM audit_entry WHERE deed LIKE 'skip%'") == [(1,)]

    ana.page.get_by_role("button", name="Salir").click(delay=PRESS_MS)  # what comes is no page of Streamlit's
    expect(ana.page).to_have_url(f"{house.address}/session/login")
    ana.page.goto(house.address)
    expect(ana.page.locator("input[name=password]")).to_be_visible()


def test_what_is_typed_replaces_a_proposed_amount_that_came_after_the_cursor(house: House, seat: Take) -> None:
    """A slow server's value leaves the cursor behind the last digit: "500" once became 1000.00500."""
    debtors(house, "Uno Ruiz", "Dos Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.choose("promesa")
    arrives_late = "(() => { const it = document.activeElement, now = it.value; it.value = ''; it.value = now; })()"
    ana.page.evaluate(arrives_late)
    ana.write("500")
    ana.press("Tab")
    ana.write("25112026")
    ana.press("Tab", "Tab")
    ana.save()
    ana.sees("Dos Ruiz")
    assert rows("SELECT amount FROM promise") == [(Decimal("500.00"),)]


def test_a_refresh_in_the_middle_of_a_note_loses_nothing(house: House, seat: Take) -> None:
    debtors(house, "Uno Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.choose("promesa")
    ana.write("350")
    ana.click(ana.note)
    ana.write("Dice que pagará cuando le deposi")
    ana.page.reload()  # at once: the last keys leave with the page
    ana.settle()
    expect(ana.note).to_have_value("Dice que pagará cuando le deposi")
    expect(ana.page.get_by_label("Monto prometido")).to_have_value("350.00")
    expect(ana.page.locator("[class*=st-key-outcome-] input")).to_have_value("Promesa de pago")


def test_a_note_typed_without_connection_waits_in_the_browser(house: House, seat: Take) -> None:
    debtors(house, "Uno Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.page.route("**/api/draft/*", lambda route: route.abort())
    ana.click(ana.note)
    ana.write("Se cayó la red")
    expect(ana.page.locator(".cw-draft")).to_have_text("Sin conexión: la nota espera en este navegador")
    assert rows("SELECT count(*) FROM draft WHERE note <> ''") == [(0,)]
    ana.page.unroute("**/api/draft/*")
    ana.page.reload()
    expect(ana.note).to_have_value("Se cayó la red")
    expect(ana.page.locator(".cw-draft")).to_have_text("Nota guardada como borrador")
    assert rows("SELECT note FROM draft") == [("Se cayó la red",)]


def test_a_double_click_saves_once(house: House, seat: Take) -> None:
    debtors(house, "Uno Ruiz", "Dos Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.choose("promesa")
    ana.write("500")
    ana.press("Tab")
    ana.write("25112026")
    ana.press("Tab")
    ana.settle()
    ana.page.get_by_role("button", name="Guardar y siguiente").dblclick(delay=20)
    ana.sees("Dos Ruiz")
    assert rows("SELECT count(*) FROM interaction") == [(1,)]
    assert rows("SELECT count(*) FROM promise") == [(1,)]
    expect(ana.note).to_have_value("")


def test_a_queue_reordered_under_an_open_page_moves_nothing(house: House, seat: Take) -> None:
    first, second = debtors(house, "Uno Ruiz", "Dos Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.choose("no contesta")
    ana.write("Nota de Uno")
    with db.transaction() as session:
        session.execute(text("UPDATE work_item SET score = 1000, band = 2 WHERE id = :second"), {"second": second.id})
        session.execute(text("UPDATE work_item SET score = 1 WHERE id = :first"), {"first": first.id})
    ana.save()
    ana.sees("Dos Ruiz")
    expect(ana.note).to_have_value("")
    expect(ana.page.locator("[class*=st-key-outcome-] input")).to_have_value("")
    assert rows("SELECT case_id, note FROM interaction") == [(first.case_id, "Nota de Uno")]


def test_an_outcome_for_a_debtor_somebody_else_has_now_is_refused_and_the_note_kept(house: House, seat: Take) -> None:
    (item,) = debtors(house, "Uno Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    ana.choose("no contesta")
    ana.write("Sin respuesta, dos tonos")
    expect(ana.page.locator(".cw-draft")).to_have_text("Nota guardada como borrador")
    with db.transaction() as session:
        taken = {"sofia": house.cast.sofia.user_id, "item": item.id}
        session.execute(text("UPDATE work_item SET claimed_by = :sofia WHERE id = :item"), taken)
    ana.save()
    expect(ana.page.locator("[data-testid=stAlert]")).to_be_visible()
    assert rows("SELECT count(*) FROM interaction") == [(0,)]
    assert rows("SELECT note FROM draft") == [("Sin respuesta, dos tonos",)]


def test_nothing_due_says_when_something_is(house: House, seat: Take) -> None:
    (item,) = debtors(house, "Uno Ruiz")
    with db.transaction() as session:
        waiting = "UPDATE work_item SET state = 'waiting', ready_at = NULL, not_before = '2026-11-18 20:15+00' WHERE id = :item"
        session.execute(text(waiting), {"item": item.id})
    ana = seat()
    ana.log_in("ana")
    expect(ana.page.get_by_text("No hay nada pendiente ahora")).to_be_visible()
    expect(ana.page.get_by_text("14:15 (Ciudad de México)")).to_be_visible()
