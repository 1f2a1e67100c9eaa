"""From a manager's step to an agent's answer: real pages, a real worker, and a provider that tells what became of it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, expect
from sqlmodel import select

from models import Debtor, Strategy, WorkItem
from tests.browser.conftest import House, Seat
from tests.browser.post import Post, post_of
from tests.cast import NOW, TODAY, owe
from tests.providers import How, MetaAndTwilio
from tests.providers.tallies import Taken
from tests.workers.conftest import Valkey, valkey
from tests.workers.scenes import rows, until
from workbench import clock, db
from workbench.actions.payments import record_payment
from workbench.actions.planning import plan_events
from workbench.actions.strategies import create_draft, publish, save_draft

pytestmark = pytest.mark.browser
__all__ = ["valkey"]
Take = Callable[..., Seat]
ROW = 35  # pixels
ROSA, LUIS = "+525512340001", "+525512340002"
MINORS = "Ninguna gestión con menores de edad (Disposiciones CONDUSEF DOF 07-10-2014)."
COUNTED = "addEventListener('click', event => { if (event.isTrusted) window.clicks = (window.clicks ?? 0) + 1 }, true)"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MetaAndTwilio]:
    """Meta, on this machine."""
    with MetaAndTwilio() as meta:
        for name, value in meta.settings().items():
            monkeypatch.setenv(name, value)
        yield meta


@pytest.fixture
def sandbox() -> Iterator[MetaAndTwilio]:
    """Meta, which nobody was told of: no channel has settings."""
    with MetaAndTwilio() as meta:
        yield meta


@pytest.fixture
def redis_url(valkey: Valkey, fresh_db: str) -> str:
    """A Valkey of the test's own: no other test's worker takes what waits in it."""
    db.connect(fresh_db, valkey.url)
    return valkey.url


@pytest.fixture
def post(
    request: pytest.FixtureRequest, fresh_db: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    """The post of the house by a provider, or by the one a test is parametrized with."""
    provider = request.getfixturevalue(getattr(request, "param", "provider"))  # the house starts with its settings
    with post_of(request.getfixturevalue("house"), provider, fresh_db, redis_url) as running:
        monkeypatch.setenv(clock.AHEAD, running.environment[clock.AHEAD])
        yield running


@pytest.fixture
def rosa(post: Post, house: House) -> WorkItem:
    """Rosa, whose second notice comes three days early; Luis; and Tomás, to whom nobody may write."""
    with db.transaction() as session:
        rosa = owe(session, house.cast.mexico, name="Rosa Pérez", days_past_due=5, phone=ROSA, amount="1250.40")
        owe(session, house.cast.mexico, name="Luis Ortega", days_past_due=2, phone=LUIS, score=90.0)
        tomas = owe(session, house.cast.mexico, name="Tomás Gil", days_past_due=5, phone="+525512340003")
        session.get_one(Debtor, tomas.debtor_id).contact_facts = {"minor": True}
        create_draft(session, house.cast.marta, house.cast.mexico.id, at=NOW)
    return rosa


def publishes(house: House) -> None:
    """What Marta does in the first test."""
    with db.transaction() as session:
        draft = session.exec(select(Strategy)).one()
        definition = deepcopy(draft.definition)
        [second] = [step for step in definition["segments"][0]["steps"] if step["code"] == "second"]
        second["offset"] = 5
        save_draft(session, house.cast.marta, draft.id, definition, at=NOW)
        publish(session, house.cast.marta, draft.id, at=NOW)


def table(seat: Seat, place: int = 0) -> Locator:
    return seat.page.locator("[data-testid=stDataFrame]").nth(place)


def shows(seat: Seat, *words: str, place: int = 0) -> None:
    """Waits until a table has these cells; they are read as a screen reader does, the rest is a picture."""
    for each in words:
        expect(
            table(seat, place).get_by_role("gridcell", name=each, exact=True, include_hidden=True).first
        ).to_be_attached()


def at_cell(seat: Seat, row: int, right: int, place: int = 0) -> None:
    """Clicks a cell of a table: its rows count from 0, `right` is how far from its left edge it is."""
    canvas = table(seat, place).locator(".dvn-scroller")
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": right, "y": ROW + row * ROW + ROW / 2})
    seat.settle()


def one_message(seat: Seat, debtor: str) -> Locator:
    """The outbox with one debtor's message opened."""
    seat.go("/outbox")
    names = rows("SELECT d.name FROM message m JOIN debtor d ON d.id = m.debtor_id ORDER BY planned_at DESC, m.id DESC")
    at_cell(seat, [name for (name,) in names].index(debtor), 16)
    card = seat.page.locator(".cw-two")
    expect(card).to_contain_text(debtor)
    return card


def states() -> dict[str, str]:
    """The state of each debtor's last message."""
    return dict(
        rows("""SELECT DISTINCT ON (d.name) d.name, m.state FROM message m JOIN debtor d ON d.id = m.debtor_id
            ORDER BY d.name, m.id DESC""")
    )


def become(**expected: str) -> None:
    """Waits until the last messages of Rosa and Luis are in these states."""
    until(lambda: {name.split()[0].lower(): state for name, state in states().items()} == expected)


def taken_of(post: Post, to: str) -> list[Taken]:
    return [each for each in post.provider.tally.taken if each.to == to]


def test_a_manager_s_step_reaches_a_debtor_and_an_agent_answers_her(
    post: Post, house: House, seat: Take, rosa: WorkItem
) -> None:
    marta, ana = seat(), seat(width=1024, height=768, scheme="dark")
    marta.log_in("marta", "/strategies?part=draft")
    try_out_and_publish(marta)
    post.night()
    sent = the_night_s_messages_leave(marta, post)
    post.told(sent, "delivered", "read", "sent")  # the last one late
    become(rosa="read", luis="sent")
    card = one_message(marta, "Rosa Pérez")
    expect(card.locator(".cw-badge")).to_contain_text("leído")
    post.writes(ROSA, "¿puedo pagar el viernes?", answers=sent)
    until(lambda: rows("SELECT FROM interaction WHERE direction = 'inbound'"))
    ana.log_in("ana")
    an_agent_answers(ana)
    until(lambda: rows("SELECT FROM message WHERE cause = 'reply' AND state = 'sent'"))
    assert [each.carried["sent"]["type"] for each in taken_of(post, ROSA)] == ["template", "text"]
    assert taken_of(post, ROSA)[1].carried["sent"]["text"]["body"] == "Sí, Rosa: el viernes está bien."
    a_stop_word_cancels_what_waits(post, rosa, ana, marta)
    assert set(post.provider.tally.asked.values()) == {1}


def try_out_and_publish(marta: Seat) -> None:
    """Marta sends the second notice on day 5, says what a message costs, and sees who gets what before she publishes."""
    at_cell(marta, 3, 40)
    marta.press("Enter")
    marta.page.locator("#portal :is(input, textarea)").first.fill("5")
    marta.press("Enter")
    marta.click(marta.page.get_by_role("tab", name="Eventos y costos"))
    marta.page.get_by_label("WhatsApp: costo de un mensaje (USD)").fill("0.0300")
    marta.press("Tab")
    marta.click("Probar")
    figures = marta.page.get_by_test_id("stMetricValue")
    expect(figures).to_have_text(["2", "0", "1", "0.06 USD"])
    expect(marta.page.locator(".cw-tally")).to_contain_text(MINORS)
    marta.click(marta.page.get_by_role("tab", name="1. Todos"))
    shows(marta, "Rosa Pérez", "Segundo aviso", "5 días de mora, desde el 13 nov 2026", place=2)
    marta.click(marta.page.get_by_text("Lo que se retiene", exact=True))
    shows(marta, "Tomás Gil", MINORS, place=2)
    marta.click("Guardar borrador")
    marta.click("Publicar")
    expect(marta.page.get_by_text("La versión 1 rige desde")).to_be_visible()


def the_night_s_messages_leave(marta: Seat, post: Post) -> Taken:
    """The outbox fills, shows what would leave, and then exactly what left; returns Rosa's."""
    card = one_message(marta, "Rosa Pérez")
    shows(marta, "Rosa Pérez", "Luis Ortega", "Primer aviso", "Segundo aviso", "planificado")
    before = card.locator(".cw-letter").inner_text()
    assert "Total: 1,250.40 MXN." in before
    marta.click(marta.page.get_by_text("Retenidos hoy", exact=True))
    shows(marta, "Tomás Gil", MINORS)
    assert post.leaves() == 2
    become(rosa="sent", luis="sent")
    card = one_message(marta, "Rosa Pérez")
    expect(card.locator(".cw-badge")).to_contain_text("enviado")
    assert card.locator(".cw-letter").inner_text() == before
    [sent] = taken_of(post, ROSA)
    assert sent.carried["sent"]["template"]["name"] == "cobranza_segundo_aviso"
    assert "1,250.40 MXN" in str(sent.carried["sent"]["template"]["components"])
    return sent


def an_agent_answers(ana: Seat) -> None:
    """Who waits stands on the first page and is the next one taken; three clicks and the words."""
    expect(ana.page.locator("[class*=st-key-waiting-]")).to_contain_text("¿puedo pagar el viernes?")
    ana.page.evaluate(COUNTED)
    ana.click("Tomar el siguiente deudor")
    expect(ana.page.locator(".cw-who h2")).to_have_text("Rosa Pérez")
    expect(ana.page.locator(".cw-why")).to_contain_text("Respondió por WhatsApp: “¿puedo pagar el viernes?”")
    thread = ana.page.locator(".cw-thread")
    expect(thread).to_contain_text("Total: 1,250.40 MXN.")
    expect(thread).to_contain_text("propone 20 nov 2026")
    ana.click(ana.page.locator("[class*=st-key-answer-text-] textarea"))
    ana.write("Sí, Rosa: el viernes está bien.")
    assert ana.page.evaluate("window.clicks") == 2, "one more sends it"
    ana.page.get_by_role("button", name="Enviar la respuesta").dblclick(delay=20)  # impatient: it leaves once
    expect(thread).to_contain_text("Sí, Rosa: el viernes está bien.")


def a_stop_word_cancels_what_waits(post: Post, rosa: WorkItem, ana: Seat, marta: Seat) -> None:
    """Thanks for a payment wait when she writes BAJA: they never leave, the card and the outbox say why."""
    with db.transaction() as session:
        at, amount = clock.now(), Decimal("100.00")
        record_payment(session, case_id=rosa.case_id, amount=amount, paid_on=TODAY, reference="P", by=None, at=at)
    with db.transaction() as session:
        assert plan_events(session, at=clock.now()) == 1
    post.writes(ROSA, "BAJA")
    assert states()["Rosa Pérez"] == "cancelled", "at once, before the webhook is answered"
    until(lambda: rows("SELECT FROM interaction WHERE note = 'BAJA'"))
    assert post.leaves() == 0
    ana.page.reload()
    ana.settle()
    expect(ana.page.locator(".cw-thread")).to_contain_text("pide no recibir más mensajes: detenido")
    expect(ana.page.get_by_text("El deudor pidió no recibir más mensajes por aquí.")).to_be_visible()
    card = one_message(marta, "Rosa Pérez")
    expect(card).to_contain_text("El deudor pidió no recibir más mensajes.")
    shows(marta, "Agradecimiento por un pago", "cancelado")


def test_sofia_stops_a_message_and_says_what_became_of_one_nobody_knows(
    post: Post, house: House, seat: Take, rosa: WorkItem
) -> None:
    publishes(house)
    post.night()
    sofia, marta = seat(), seat(scheme="dark")
    sofia.log_in("sofia")
    card = one_message(sofia, "Luis Ortega")
    sofia.page.get_by_label("Motivo para cancelar").fill("Está en el hospital")
    sofia.click("Cancelar 1 mensaje")
    expect(card).to_contain_text("Cancelado por una persona: Está en el hospital")
    post.provider.script.then(How.CUT)
    post.leaves()
    until(lambda: "unconfirmed" in states().values())
    marta.log_in("marta", "/operations")
    marta.click(marta.page.get_by_role("tab", name="Mensajes"))
    marta.click(marta.page.get_by_role("link", name="Decidir en la bandeja de salida"))
    expect(marta.page.get_by_text("1 mensaje pudo haber salido")).to_be_visible()
    marta.click("No salió: enviar de nuevo")
    expect(marta.page.get_by_text("1 mensaje pudo haber salido")).to_have_count(0)
    assert post.leaves() == 1
    until(lambda: "sent" in states().values())
    assert post.provider.tally.told()["most_per_key"] == 1
    assert not taken_of(post, LUIS)


@pytest.mark.parametrize("post", ["sandbox"], indirect=True)
def test_a_text_that_two_people_made_leaves_by_the_sandbox_and_is_answered_there(
    post: Post, house: House, seat: Take, rosa: WorkItem
) -> None:
    publishes(house)
    marta, sofia = seat(), seat(width=1024, height=768)
    marta.log_in("marta", "/templates")
    write_anew(marta)
    sofia.log_in("sofia", "/templates")
    sofia.click(sofia.page.locator("[class*=st-key-open-draft-] button"))
    sofia.click("Aprobar y usar")
    expect(sofia.page.get_by_text("El texto está aprobado y sale desde ahora.")).to_be_visible()
    post.night()
    assert post.leaves() == 2
    become(rosa="sent", luis="sent")
    card = one_message(sofia, "Luis Ortega")
    expect(card.locator(".cw-letter")).to_have_text(
        "Hola, Luis: cobranza de Banco del Valle, 1,000.00 MXN. Con BAJA no le escribimos más."
    )
    sofia.click("Leer")
    become(rosa="sent", luis="read")
    sofia.page.get_by_label("El deudor responde").fill("quiero pagar <b>hoy</b>")
    sofia.click("Enviar respuesta")
    until(lambda: rows("SELECT FROM interaction WHERE note = 'quiero pagar <b>hoy</b>'"))
    expect(one_message(sofia, "Luis Ortega").locator(".cw-badge")).to_contain_text("leído")
    assert not post.provider.tally.asked
    sofia.go("/")
    expect(sofia.page.locator("[class*=st-key-waiting-]")).to_contain_text("quiero pagar <b>hoy</b>")


def write_anew(marta: Seat) -> None:
    """Marta makes the first notice by WhatsApp shorter; she cannot approve it herself."""
    marta.click(marta.page.get_by_label("Texto").first)
    marta.write("Primer aviso")
    marta.press("Enter")
    marta.click(marta.page.get_by_role("radio", name="WhatsApp"))
    marta.click("Escribir una versión nueva")
    words = (
        "Hola, {{ first_name }}: cobranza de {{ creditor }}, {{ total }}. Con {{ opt_out_word }} no le escribimos más."
    )
    marta.page.get_by_label("Texto", exact=True).last.fill(words)
    marta.press("Control+Enter")
    marta.click("Guardar borrador")
    expect(marta.page.get_by_text("El borrador está guardado.")).to_be_visible()
    expect(marta.page.get_by_role("button", name="Aprobar y usar")).to_have_count(0)
