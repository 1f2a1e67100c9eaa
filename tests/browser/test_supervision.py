"""One day of supervision: Sofía watches the floor, deals, undoes, approves, reads and takes over; Marta changes the order."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect
from python_calamine import CalamineWorkbook

from models import ApprovalKind, PromiseLimit, Role
from tests.browser.conftest import House, Seat
from tests.browser.test_messages import at_cell
from tests.browser.test_negotiation import typed
from tests.cast import NOW, TODAY, owe
from tests.supervision.dealing import TOUCHED, agent, owned
from tests.workers.scenes import rows
from workbench import db
from workbench.actions.approvals import request_approval
from workbench.actions.nights import run_night
from workbench.actions.order_versions import publish, save_draft
from workbench.rules.refusals import Refused

pytestmark = pytest.mark.browser
Take = Callable[..., Seat]
SOON_MS = 6_000  # one refresh, and the time it takes
SCROLLED = 240
# counts the frames in which the table was away or paler than it should be
FLICKER = """() => {
  window.__gone = [];
  const watch = () => {
    const table = document.querySelector(".cw-floor");
    if (!table) window.__gone.push("away");
    for (let box = table; box; box = box.parentElement)
      if (getComputedStyle(box).opacity !== "1") window.__gone.push(getComputedStyle(box).opacity);
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
}"""
# a table is a picture; this is what a screen reader is given of it
CELLS = """it => [...it.querySelectorAll("canvas [role=row]")].map(row => [...row.children].map(cell => cell.textContent))"""
IN_HAND = "SELECT d.name, w.claimed_by FROM work_item w JOIN debtor d ON d.id = w.debtor_id WHERE w.state = 'claimed'"
APPLIED = """SELECT u.name, count(*) FROM deal_case c JOIN app_user u ON u.id = c.owner_after
    WHERE owner_after IS DISTINCT FROM owner_before GROUP BY u.name"""
PROMISED = """SELECT d.name, p.amount FROM promise p JOIN collection_case c ON c.id = p.case_id
    JOIN debtor d ON d.id = c.debtor_id ORDER BY 1"""
AMOUNT = re.compile(r"^\d+\.\d+$")
DATES = {"Fecha", "Tomada el", "Vence"}
VIP = {"name": "VIP", "when": {"past_due": {"least": "30000"}}, "ban": "Lo pidió el banco"}


class Book(NamedTuple):
    """The cases of the day that the test asks after."""

    rosa: int
    vip: int


@pytest.fixture
def book(house: House) -> Book:
    """Twelve debtors on the list of last night, three of them Beto's; a request that waits, a draft of a rule, a crowd."""
    cast = house.cast
    [north] = cast.ana.team_ids
    with db.transaction() as session:
        beto = agent(session, north, "Beto")
        for number in range(12):  # the page has to be scrolled
            agent(session, north, f"Zoe{number:02}")
        for number, amount in enumerate(("500", "1000", "2000", "4000", "8000", "16000")):
            owe(session, cast.mexico, name=f"Deudora {number}", amount=amount, days_past_due=30)
        vip = owe(session, cast.mexico, name="Virginia Poo", amount="32000", days_past_due=30)
        for number in range(3):
            owned(session, cast, beto, name=f"De Beto {number}", amount="3000")
    assert cast.mexico.id
    run_night(cast.mexico.id, on=TODAY, at=NOW - timedelta(hours=8))
    with db.transaction() as session:
        session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=Role.SUPERVISOR, days_out=40))
        owe(session, cast.mexico, name="Elena Ruiz", score=1e9)
        owe(session, cast.mexico, name="Omar Paz", score=1e8)
        rosa = owe(session, cast.mexico, name="Rosa Pérez", score=0.1)
        terms = {"amount": "400.00", "due_on": f"{TODAY + timedelta(days=20)}"}
        kind, key = ApprovalKind.PROMISE, uuid4()
        request_approval(session, cast.ana, rosa.case_id, kind, terms, reason="Cobra el 8", key=key, at=NOW)
        save_draft(session, cast.marta, cast.mexico.id, [VIP], at=NOW)
        return Book(rosa.case_id, vip.case_id)


def test_a_day_of_supervision(house: House, seat: Take, book: Book) -> None:
    ana, sofia = seat(), seat(height=480)
    sofia.log_in("sofia", "/floor")
    ana.log_in("ana")
    the_floor_follows_ana(house, sofia, ana)
    sofia_deals_and_undoes_while_ana_works(sofia)
    sofia_approves(sofia, book)
    a_figure_is_its_rows_and_its_files(sofia)
    sofia_takes_over(house, sofia, ana)
    marta = seat()
    marta.log_in("marta", "/order-report?part=rules")
    marta_tries_a_rule_and_publishes_it(house, marta)
    marta_reads_the_night(house, marta, book)


def the_floor_follows_ana(house: House, sofia: Seat, ana: Seat) -> None:
    """What she does is seen by the next refresh; the page stays as it is and where it is."""
    page, mine = sofia.page, row_of(sofia, house)
    expect(mine).to_contain_text("Sin caso", timeout=SOON_MS)
    choose_ana(sofia)
    main = page.locator("[data-testid=stMain]")
    main.evaluate(f"main => main.scrollTo(0, {SCROLLED})")
    page.evaluate(FLICKER)
    ana.press("Control+Enter")
    ana.sees("Elena Ruiz")
    expect(mine).to_contain_text("Elena Ruiz", timeout=SOON_MS)
    expect(page.locator(".cw-chosen")).to_contain_text("En un caso")
    ana.choose("promesa")
    ana.write("500")
    ana.press("Tab")
    ana.write("25112026")
    ana.press("Tab", "Tab")
    ana.save()
    ana.sees("Omar Paz")
    expect(mine).to_contain_text("Omar Paz", timeout=SOON_MS)
    expect(mine.locator(".cw-num")).to_have_text(["1", "1", "1", "1", "500 MXN"])
    assert rows("SELECT user_id, disposition_code FROM interaction") == [(house.cast.ana.user_id, "call.promise")]
    ana.press("Alt+b")
    expect(ana.page.locator(".cw-away")).to_be_visible()
    expect(mine).to_contain_text("Descanso", timeout=SOON_MS)
    expect(page.get_by_role("button", name="Tomar el caso")).to_have_count(0)
    ana.press("Control+Enter")
    ana.sees("Omar Paz")
    expect(mine).to_contain_text("Omar Paz", timeout=SOON_MS)
    assert main.evaluate("main => main.scrollTop") == SCROLLED
    assert page.evaluate("window.__gone") == []


def row_of(sofia: Seat, house: House) -> Locator:
    return sofia.page.locator(f".cw-floor tr[data-agent='{house.cast.ana.user_id}']")


def choose_ana(sofia: Seat) -> None:
    sofia.click(sofia.page.get_by_role("combobox", name="Agente"))
    sofia.click(sofia.page.get_by_role("option", name="Ana"))
    expect(sofia.page.locator(".cw-chosen")).to_contain_text("Ana")


def sofia_deals_and_undoes_while_ana_works(sofia: Seat) -> None:
    """From a figure to a preview of a deal to two people, which is what is done; undone, each row is as it was."""
    page = sofia.page
    sofia.go("/assignment?part=work")
    for level in range(2):  # the queue of calls, and in it what is nobody's
        at_cell(sofia, 0, 16, place=level)
    sofia.click("Repartir estos")
    sofia.click(page.get_by_role("radio", name="Todos", exact=True))
    sofia.click(page.get_by_role("radio", name="Algunos"))
    sofia.click(page.get_by_role("combobox", name="Agentes"))
    for name in ("Ana", "Beto"):
        sofia.click(page.get_by_role("option", name=name))
    sofia.press("Escape")  # the open list hides the rest
    expect(page.get_by_text("1 en gestión ahora se queda")).to_be_visible()
    sofia.settle()
    before = touched()
    sofia.click("Vista previa")
    sums = dict(zip(*(page.locator(f".cw-sums-of {tag}").all_inner_texts() for tag in ("dt", "dd")), strict=True))
    gets = {line[0]: int(line[1]) for line in table(page.locator("[data-testid=stDataFrame]").first)[1:]}
    assert touched() == before, "a preview writes nothing"
    assert set(gets) == {"Ana", "Beto", "Nadie: la cola de todos"}
    sofia.click(f"Repartir {sums['Casos que cambian de manos']} casos")
    expect(page.get_by_text(f"{sums['Casos que cambian de manos']} casos cambiaron de manos.")).to_be_visible()
    assert touched() != before
    applied = dict(rows(APPLIED))
    assert applied == {name: given for name, given in gets.items() if given}
    [(cases, left_out)] = rows("SELECT told->'cases', told->'left_out' FROM deal")
    assert [int(each) for each in sums.values()] == [cases, 0, sum(left_out.values()), len(applied)]
    assert sum(applied.values()) == cases
    assert rows(IN_HAND) == [("Omar Paz", sofia.house.cast.ana.user_id)]
    sofia.click(page.get_by_role("radio", name="Historial"))
    sofia.click("Deshacer")
    expect(page.get_by_text(f"{cases} casos volvieron.")).to_be_visible()
    assert touched() == before


def touched() -> dict[str, list[str]]:
    """Every row that a deal may touch; a lease is renewed meanwhile."""
    kept = "SELECT (to_jsonb(t) - 'lease_until')::text FROM {table} t ORDER BY 1"
    return {table: [row for (row,) in rows(kept.format(table=table))] for table in TOUCHED}


def table(of: Locator) -> list[list[str]]:
    """A table's head and its lines."""
    expect(of.get_by_role("gridcell", include_hidden=True).first).to_be_attached()
    found: list[list[str]] = of.evaluate(CELLS)
    return found


def sofia_approves(sofia: Seat, book: Book) -> None:
    """The promise beyond Ana's limit is taken by the click."""
    sofia.go("/approvals")
    expect(sofia.page.locator("[class*=st-key-request-]")).to_contain_text("Rosa Pérez")
    sofia.click("Aprobar")
    expect(sofia.page.get_by_text("No hay nada por decidir")).to_be_visible()
    assert rows("SELECT state, decided_by FROM approval") == [("approved", sofia.house.cast.sofia.user_id)]
    taken = rows("SELECT amount, taken_by FROM promise WHERE case_id = :rosa", rosa=book.rosa)
    assert taken == [(Decimal("400.00"), sofia.house.cast.ana.user_id)]


def a_figure_is_its_rows_and_its_files(sofia: Seat) -> None:
    """The tile, the rows in the window, both files and the database agree on what was promised this week."""
    page = sofia.page
    sofia.go("/team-performance")
    told = page.locator(".st-key-tile-promised .cw-tile-value").inner_text()
    sofia.click(page.locator(".st-key-behind-promised-rows button"))
    dialog = page.get_by_role("dialog")
    head, *lines = table(dialog.locator("[data-testid=stDataFrame]"))
    expect(dialog.get_by_text(f"{len(lines)} filas")).to_be_visible()
    listed = {line[head.index("Deudor")]: Decimal(line[head.index("Aporta")]) for line in lines}
    assert sorted(listed.items()) == rows(PROMISED)
    assert sum(listed.values()) == Decimal(told.removesuffix("MXN").strip())
    sofia.settle()
    files = []
    for label in ("Descargar CSV", "Descargar Excel"):
        with page.expect_download() as download:
            sofia.click(dialog.get_by_role("button", name=label))
        files.append(download.value.path().read_bytes())
    as_csv = list(csv.reader(StringIO(files[0].decode("utf-8-sig"))))
    as_xlsx = CalamineWorkbook.from_filelike(BytesIO(files[1])).get_sheet_by_index(0).to_python()
    assert plain(as_csv) == plain(as_xlsx)
    assert as_csv[0] == head[:-1], "all but the link"
    dated = {place for place, each in enumerate(head) if each in DATES}
    for line, kept in zip(lines, as_csv[1:], strict=True):
        held = [cell[:10] if n in dated else cell for n, cell in enumerate(line[:-1])]  # a table holds moments
        assert plain([kept]) == [held]


def plain(lines: list[list[Any]]) -> list[list[str]]:
    """What a file says, amounts without their last zeros."""
    return [[AMOUNT.sub(lambda it: f"{Decimal(it[0]).normalize():f}", str(cell)) for cell in line] for line in lines]


def sofia_takes_over(house: House, sofia: Seat, ana: Seat) -> None:
    """The case in Ana's hands goes to Sofía's; Ana can save nothing on it any more."""
    sofia.go("/floor")
    choose_ana(sofia)
    sofia.click("Tomar el caso")
    expect(sofia.page.locator(".cw-who h2")).to_have_text("Omar Paz")
    ana.press("Control+Enter")
    expect(ana.page.locator(".cw-who h2", has_text="Omar Paz")).to_have_count(0)
    assert ("Omar Paz", house.cast.sofia.user_id) in rows(IN_HAND)


def marta_tries_a_rule_and_publishes_it(house: House, marta: Seat) -> None:
    """She words it anew; it is published only after it was tried out."""
    button = marta.page.get_by_role("button", name="Publicar")
    expect(button).to_be_disabled()
    with pytest.raises(Refused, match="Simulate"), db.transaction() as session:
        publish(session, house.cast.marta, house.cast.mexico.id or 0, at=NOW)
    typed(marta, "Motivo para dejar fuera", "Los atiende el banco")
    typed(marta, "Llamadas por día", "3")
    marta.click("Simular")
    metrics = marta.page.get_by_test_id("stMetricValue")
    expect(metrics).to_have_count(4)
    [(found,)] = rows("SELECT simulated FROM order_version")
    assert [int(each) for each in metrics.all_inner_texts()][:3] == [found["into"], found["out"], found["banned"]]
    assert found["banned"] == 1
    expect(button).to_be_enabled()
    marta.click(button)
    expect(marta.page.get_by_text("La versión 1 rige desde")).to_be_visible()
    [(state, rules)] = rows("SELECT state, rules FROM order_version")
    assert (state, rules[0]["ban"]) == ("published", "Los atiende el banco")


def marta_reads_the_night(house: House, marta: Seat, book: Book) -> None:
    """What the rule left out stands there by name, with a link to the case, which says why."""
    assert house.cast.mexico.id
    run_night(house.cast.mexico.id, on=TODAY + timedelta(days=1), at=NOW + timedelta(hours=16))
    marta.go("/last-night?kind=left")
    expect(marta.page.get_by_text("La regla «VIP» lo deja fuera · 1")).to_be_visible()
    head, line = table(marta.page.locator("[data-testid=stDataFrame]"))
    told = dict(zip(head, line, strict=True))
    assert (told["Deudor"], told["Caso"]) == ("Virginia Poo", f"/search?case={book.vip}")
    marta.go(told["Caso"])
    expect(marta.page.locator(".cw-card").first).to_contain_text("Virginia Poo")
