"""Nobody sees a page, or a debtor, that is not theirs: not by menu, not by address, not first thing after a start."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import House, Seat
from tests.cast import NOW, owe
from workbench import db
from workbench.actions.sessions import revoke_sessions

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]

EVERY_DAY = ["Mi cola", "Negociaciones", "Buscar", "Piso", "Aprobaciones"]
TEAM = ["Desempeño del equipo", "Asignación", "Día del agente", "Ajustes del equipo"]
SECTIONS = {
    "Equipo": TEAM,
    "Dinero": ["Promesas", "Pagos", "Disputas", "Traspasos"],
    "Mensajes": ["Bandeja de salida", "Estrategias", "Plantillas", "Efectividad por canal"],
    "Informes": ["Última noche", "Informe de orden", "Salud de la cartera", "Cola de otro día", "Cumplimiento"],
}
SET_UP = {"Configuración": ["Carteras", "Políticas", "Resultados", "Importar", "Operaciones"]}
AGENT = ["Mi cola", "Negociaciones", "Buscar", "Mis indicadores", "Promesas", "Disputas"]
MENUS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "ana": (AGENT, {}),
    "sofia": (EVERY_DAY, SECTIONS | {"Equipo": [*TEAM, "Mis indicadores"]}),
    "marta": (EVERY_DAY[2:], SECTIONS | SET_UP),
    "bruno": (AGENT, {}),
    "alma": (["Cumplimiento", "Operaciones", "Usuarios"], {}),
}


def test_the_menu_shows_the_pages_of_the_role(house: House, seat: Take) -> None:
    for name, (in_sight, sections) in MENUS.items():
        person = seat()
        person.log_in(name)
        menu = person.page.locator("[data-testid=stTopNavLink]")
        expect(menu).to_have_text(in_sight)
        titles = person.page.locator("[data-testid=stTopNavSection]")
        expect(titles).to_have_text(list(sections))
        for title, pages in sections.items():
            person.click(titles.filter(has_text=title))
            expect(person.page.locator("[data-testid=stTopNavDropdownLink]")).to_have_text(pages)
            person.page.keyboard.press("Escape")


@pytest.mark.parametrize(("name", "path"), [("marta", "/my-queue"), ("ana", "/users"), ("ana", "/operations")])
def test_on_a_fresh_server_a_deep_link_to_a_forbidden_page_shows_nothing_of_it(
    house: House, seat: Take, name: str, path: str
) -> None:
    person = seat()
    person.log_in(name, path)  # the log-in leads back to the link: it is the first page this server ever runs
    expect(person.page.locator(".cw-title h1")).to_have_text(MENUS[name][0][0])
    expect(person.page.locator("[data-testid=stSidebarNav]")).to_have_count(0)


def test_a_stranger_is_led_to_the_door_and_bruno_finds_nothing_of_anas_portfolio(house: House, seat: Take) -> None:
    with db.transaction() as session:
        item = owe(session, house.cast.mexico, name="Secreta Ruiz", phone="+525587654321")
    stranger = seat()
    stranger.page.goto(house.address + f"/search?case={item.case_id}")
    expect(stranger.page).to_have_url(f"{house.address}/session/login?next=%2Fsearch%3Fcase%3D{item.case_id}")
    assert "Secreta" not in stranger.page.content()
    bruno = seat()
    bruno.log_in("bruno", "/search")
    for typed in ("Secreta", "5587654321"):
        bruno.page.get_by_label("Nombre, identificación").fill(typed)
        bruno.press("Enter")
        expect(bruno.page.get_by_text("No se encontró a nadie")).to_be_visible()
        bruno.settle()
    bruno.go(f"/search?case={item.case_id}")
    expect(bruno.page.get_by_text("No hay nada aquí que puedas ver.")).to_be_visible()
    assert "Secreta" not in bruno.page.content()


def test_sofia_finds_a_debtor_reads_the_case_and_sees_who_works_it(house: House, seat: Take) -> None:
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Lucía Peña")
    ana, sofia = seat(), seat()
    sofia.log_in("sofia", "/search")
    sofia.page.get_by_label("Nombre, identificación").fill("lucia pena")
    sofia.press("Enter")
    sofia.click("Abrir")
    expect(sofia.page.locator(".cw-card h2")).to_have_text("Lucía Peña")
    expect(sofia.page.get_by_role("button", name="Tomar y trabajar")).to_be_enabled()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Lucía Peña")
    sofia.page.reload()
    expect(sofia.page.get_by_text("Ana está trabajando con este deudor ahora.")).to_be_visible()
    expect(sofia.page.get_by_role("button", name="Tomar y trabajar")).to_be_disabled()


def test_a_link_to_a_case_leads_a_manager_there_on_her_first_page_and_sofia_claims_it(house: House, seat: Take) -> None:
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Otra Ruiz", score=9)
        item = owe(session, house.cast.mexico, name="Lucía Peña")
    marta, sofia = seat(), seat()
    marta.log_in("marta", f"/search?case={item.case_id}")
    expect(marta.page.locator(".cw-card h2")).to_have_text("Lucía Peña")
    marta.go(f"/search?case={item.case_id}")
    expect(marta.page.locator(".cw-card h2")).to_have_text("Lucía Peña")
    sofia.log_in("sofia", f"/search?case={item.case_id}")
    sofia.click("Tomar y trabajar")
    sofia.sees("Lucía Peña")


def test_a_page_open_when_the_log_in_ends_serves_nothing_more(house: House, seat: Take) -> None:
    with db.transaction() as session:
        owe(session, house.cast.mexico, name="Uno Ruiz")
        owe(session, house.cast.mexico, name="Dos Ruiz")
    ana = seat()
    ana.log_in("ana")
    ana.press("Control+Enter")
    ana.sees("Uno Ruiz")
    with db.transaction() as session:
        revoke_sessions(session, house.cast.ana.user_id, because="password", by=None, at=NOW)
    ana.page.wait_for_timeout(600)
    ana.save()
    expect(ana.page.locator("input[name=password]")).to_be_visible()
