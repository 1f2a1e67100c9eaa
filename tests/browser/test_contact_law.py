"""The contact law as an agent and a supervisor meet it: at closing time, after a talk, on a holiday."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import text
from sqlmodel import Session

from models import Creditor, Portfolio, WorkItem
from tests.browser.conftest import House, Seat
from tests.cast import NOW, owe
from workbench import db
from workbench.actions import interactions
from workbench.actions.interactions import InteractionForm
from workbench.queries.users import viewer

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]
STANDS = "document.getAnimations().every(each => each.playState !== 'running')"


def bogota(clock: str, day: str = "2026-11-18") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}-05:00")


def rows(sql: str) -> list[Any]:
    with db.reading() as session:
        return [tuple(row) for row in session.execute(text(sql))]


def colombians(house: House, *names: str) -> list[WorkItem]:
    """Debtors of Colombia in the order of their scores, whose portfolio calls at all hours of the law."""
    with db.transaction() as session:
        session.execute(text("UPDATE portfolio SET weekday_opens = '07:00' WHERE country = 'CO'"))
        return [
            owe(session, house.cast.colombia, name=name, score=100.0 - place, phone=f"+57300123{place:04}")
            for place, name in enumerate(names)
        ]


def sofia_joins_the_south(session: Session, house: House) -> None:
    join = "INSERT INTO team_member (team_id, user_id) SELECT id, :sofia FROM team WHERE code = 'sur'"
    session.execute(text(join), {"sofia": house.cast.sofia.user_id})


def badge(seat: Seat) -> Locator:
    return seat.page.locator(".cw-badge")


def cited(seat: Seat) -> Locator:
    return seat.page.locator(".cw-badges .cw-cite summary")


def links(seat: Seat) -> Locator:
    return seat.page.locator("a[href^='tel:']")


def outcome(seat: Seat) -> Locator:
    return seat.page.locator("[class*=st-key-outcome-] input")


def dial(seat: Seat) -> None:
    """Clicks the number; the softphone stays out of it, for the browser's question about it swallows all keys."""
    stays = (
        "addEventListener('click', (e) => e.target.closest('a[href^=\"tel:\"]') && e.preventDefault(), { once: true })"
    )
    seat.page.evaluate(stays)
    seat.click(links(seat))


@pytest.mark.parametrize("house", [bogota("18:58:00")], indirect=True)
def test_in_bogota_at_18_58_and_at_19_00(house: House, seat: Take) -> None:
    colombians(house, "Uno Gómez", "Dos Gómez", "Tres Gómez")
    bruno = seat()
    bruno.log_in("bruno")
    bruno.press("Control+Enter")
    bruno.sees("Uno Gómez")
    expect(badge(bruno)).to_have_text("Se puede llamar hasta las 19:00")
    expect(cited(bruno)).to_have_text("Ley 2300 de 2023 art. 3 inc. 2")
    expect(bruno.page.get_by_text("Hoy: quedan 1 de 1 llamadas")).to_be_visible()
    expect(bruno.page.get_by_text("No preguntar:")).to_be_visible()

    # a call begun in time may end and be saved late
    house.at(bogota("18:59:00"))
    dial(bruno)
    house.at(bogota("19:01:00"))
    bruno.click(outcome(bruno))
    bruno.choose("no contesta")
    expect(bruno.page.locator("[class*=st-key-began-] [role=spinbutton]")).to_have_text(["18", "59"])
    bruno.save()
    expect(bruno.page.get_by_text("No es hora de llamar")).to_be_visible()
    assert rows("SELECT to_char(started_at, 'HH24:MI'), decision -> 'allowed' FROM interaction") == [("23:59", True)]

    # nobody of Bogotá is handed out any more, and it says when and why
    expect(bruno.page.get_by_text("jue 19 nov 07:00 (Bogotá)")).to_be_visible()
    expect(bruno.page.get_by_text("Ley 2300 de 2023 art. 3 inc. 2")).to_be_visible()
    bruno.press("Control+Enter")
    bruno.settle()
    expect(bruno.page.get_by_text("No es hora de llamar")).to_be_visible()


@pytest.mark.parametrize("house", [bogota("18:58:00")], indirect=True)
def test_a_call_begun_at_19_00_is_refused_kept_and_answered_for_by_the_supervisor(house: House, seat: Take) -> None:
    (item,) = colombians(house, "Dos Gómez")
    with db.transaction() as session:
        sofia_joins_the_south(session, house)
    bruno, sofia = seat(), seat()
    bruno.log_in("bruno")
    bruno.press("Control+Enter")
    bruno.sees("Dos Gómez")
    house.at(bogota("19:00:00"))
    dial(bruno)
    bruno.click(outcome(bruno))
    bruno.choose("sin compromiso")
    bruno.write("Pide hablar con su hija")
    expect(bruno.page.locator(".cw-draft")).to_have_text("Nota guardada como borrador")
    bruno.save()

    alert = bruno.page.locator("[data-testid=stAlert]")
    expect(alert).to_contain_text("Ley 2300 de 2023 art. 3 inc. 2")
    expect(alert).to_contain_text("jue 19 nov 07:00 (Bogotá)")
    expect(alert).to_contain_text("puede guardarlo con un motivo")
    expect(bruno.note).to_have_value("Pide hablar con su hija")
    expect(badge(bruno)).to_have_class(re.compile("cw-bad"))
    expect(links(bruno)).to_have_count(0)
    assert rows("SELECT count(*) FROM interaction") == [(0,)]
    assert rows("SELECT rule, law, to_char(at, 'HH24:MI') FROM blocked_contact") == [
        ("co.window", "Ley 2300 de 2023 art. 3 inc. 2", "00:00")
    ]

    sofia.log_in("sofia", f"/search?case={item.case_id}")
    expect(sofia.page.get_by_text("Llamada no permitida: Ley 2300 de 2023 art. 3 inc. 2")).to_be_visible()
    expect(sofia.page.get_by_text("Llamada bloqueada de Bruno, mié 18 nov 19:00")).to_be_visible()
    save = sofia.page.get_by_role("button", name="Guardar con este motivo")
    sofia.click(save)
    expect(sofia.page.locator("[data-testid=stAlert]")).to_contain_text("anotar el motivo")
    sofia.settle()
    reason = sofia.page.get_by_label("Motivo de una llamada que no es lícita")
    reason.fill("La deudora pidió la llamada por escrito")
    reason.press("Tab")
    sofia.click(save)
    expect(sofia.page.get_by_text("responde Sofía: La deudora pidió la llamada por escrito")).to_be_visible()
    expect(save).to_have_count(0)
    assert rows("""SELECT u.name, s.name, i.note, i.decision -> 'allowed' FROM interaction i
        JOIN app_user u ON u.id = i.user_id JOIN app_user s ON s.id = i.override_by""") == [
        ("Bruno", "Sofía", "Pide hablar con su hija", False)
    ]


@pytest.mark.parametrize("house", [bogota("19:05:00")], indirect=True)
def test_a_supervisor_calls_at_night_with_a_reason_and_notes_what_the_debtor_asked_for(
    house: House, seat: Take
) -> None:
    (item,) = colombians(house, "Dos Gómez")
    with db.transaction() as session:
        sofia_joins_the_south(session, house)
    sofia = seat()
    sofia.log_in("sofia", f"/search?case={item.case_id}")
    sofia.click("Tomar y trabajar")
    sofia.sees("Dos Gómez")
    expect(links(sofia)).to_have_count(1)
    sofia.choose("no contesta")
    sofia.write("Emergencia")  # the cursor stands in the reason
    sofia.save()
    expect(sofia.page.locator(".cw-empty")).to_be_visible()
    assert rows("SELECT override_reason FROM interaction") == [("Emergencia",)]

    sofia.go(f"/search?case={item.case_id}")
    sofia.click(sofia.page.get_by_text("Lo que pidió el deudor y lo que decidió un juez"))
    sofia.page.wait_for_function(STANDS)  # it unfolds, and its buttons move
    sofia.click(sofia.page.get_by_text("No quiere que se le contacte"))
    expect(sofia.page.get_by_role("checkbox", name="No quiere que se le contacte")).to_be_checked()
    sofia.click("Guardar lo que se sabe")
    expect(badge(sofia)).to_contain_text("Esperar no lo cambia.")
    expect(cited(sofia)).to_have_text("Ley 2300 de 2023 art. 2")
    assert rows("SELECT contact_facts FROM debtor") == [({"opted_out": True},)]


def test_a_chilean_talked_to_yesterday_waits_for_monday(house: House, seat: Take) -> None:
    with db.transaction() as session:
        chile = _chile(session)
        talked = owe(session, chile, name="Rosa Soto", score=9, phone="+56912345678")
        owe(session, chile, name="Juan Soto", score=1, phone="+56912345679")
    with db.transaction() as session:
        bruno = viewer(session, house.cast.bruno.user_id)
        yesterday = NOW - timedelta(days=1)
        form = InteractionForm(uuid4(), None, talked.case_id, "call.hung_up", yesterday)
        interactions.record(session, bruno, form, at=yesterday + timedelta(minutes=3))
        session.execute(
            text("UPDATE app_user SET last_portfolio_id = :chile WHERE id = :me"),
            {"chile": chile.id, "me": bruno.user_id},
        )
    bruno_ = seat()
    bruno_.log_in("bruno")
    bruno_.press("Control+Enter")
    bruno_.sees("Juan Soto")  # the better debtor is not handed out
    expect(links(bruno_)).to_have_count(1)
    expect(bruno_.page.get_by_text("Qué decir en esta llamada (8)")).to_be_visible()

    bruno_.go(f"/search?case={talked.case_id}")
    expect(badge(bruno_)).to_contain_text("Se alcanzó el límite de contactos de la semana (1).")
    expect(badge(bruno_)).to_contain_text("lun 23 nov 08:00 (Santiago)")
    expect(cited(bruno_)).to_contain_text("Ley 19.496 art. 37")
    expect(bruno_.page.get_by_text("Esta semana: quedan 0 de 1 llamadas")).to_be_visible()
    expect(links(bruno_)).to_have_count(0)
    expect(bruno_.page.get_by_text("+56 912345678")).to_be_visible()
    expect(bruno_.page.get_by_text("No marcar ahora: la llamada no sería lícita.")).to_be_visible()
    bruno_.click(cited(bruno_))
    source = bruno_.page.locator(".cw-badges .cw-cite a").first
    expect(source).to_have_attribute("href", re.compile("^https://"))
    expect(source).to_have_attribute("target", "_blank")


@pytest.mark.parametrize("house", [bogota("10:00:00", "2026-11-16")], indirect=True)
def test_on_a_holiday_moved_to_monday_nobody_is_handed_out(house: House, seat: Take) -> None:
    colombians(house, "Uno Gómez")
    bruno = seat()
    bruno.log_in("bruno")
    expect(bruno.page.get_by_text("No es hora de llamar")).to_be_visible()
    expect(bruno.page.get_by_text("No se contacta en festivo: Independencia de Cartagena")).to_be_visible()
    expect(bruno.page.get_by_text("mar 17 nov 07:00 (Bogotá)")).to_be_visible()
    bruno.press("Control+Enter")
    bruno.settle()
    assert rows("SELECT state FROM work_item") == [("ready",)]


@pytest.mark.parametrize("house", [bogota("10:00:00", "2026-11-11")], indirect=True)
def test_the_day_that_the_holiday_moved_from_is_an_ordinary_day(house: House, seat: Take) -> None:
    colombians(house, "Uno Gómez")
    with db.transaction() as session:
        session.execute(text("UPDATE app_user SET language = 'en' WHERE name = 'Bruno'"))
    bruno = seat()
    bruno.log_in("bruno")
    bruno.press("Control+Enter")
    bruno.sees("Uno Gómez")
    expect(badge(bruno)).to_have_text("May call until 19:00")
    expect(cited(bruno)).to_have_text("Ley 2300 de 2023 art. 3 inc. 2")
    expect(bruno.page.get_by_text("Today: 1 of 1 calls left")).to_be_visible()
    bruno.click(cited(bruno))
    told = bruno.page.locator(".cw-badges .cw-formula")
    expect(told).to_contain_text("Monday to Friday 7:00 to 19:00, Saturdays 8:00 to 15:00.")
    expect(told).to_contain_text("How it is known: the law's text was read.")


def _chile(session: Session) -> Portfolio:
    """A portfolio of Chile that Bruno's team works."""
    creditor = Creditor(code="RETAIL", name="Tienda Austral", created_at=NOW)
    session.add(creditor)
    session.flush()
    chile = Portfolio(
        creditor_id=creditor.id,
        code="CL-RETAIL",
        name="Tienda Austral",
        country="CL",
        currency="CLP",
        time_zone="America/Santiago",
        created_at=NOW,
    )
    session.add(chile)
    session.flush()
    join = "INSERT INTO team_portfolio (team_id, portfolio_id) SELECT id, :chile FROM team WHERE code = 'sur'"
    session.execute(text(join), {"chile": chile.id})
    return chile
