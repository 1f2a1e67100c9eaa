"""One debt from asking beyond one's authority to a payment that is taken back: three people, real workers, one sum."""

import base64
import re
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import pytest
from playwright.sync_api import FilePayload, Locator, expect
from sqlmodel import select

from models import Account, Component, ContactKind, ContactPoint, Debtor, Portfolio, Receivable
from tests.browser.conftest import PRESS_MS, House, Seat
from tests.browser.post import Post, worker_of
from tests.browser.test_messages import at_cell, one_message, post, redis_url, sandbox, shows
from tests.cast import TODAY, owe
from tests.rules.intake.files_of import csv_of
from tests.ui.test_compliance_files import pages_of
from tests.workers.conftest import valkey
from tests.workers.scenes import rows, until
from workbench import clock, db
from workbench.actions.nights import run_night
from workbench.actions.policies import install_policies
from workbench.queries.invariants import broken_invariants

pytestmark = pytest.mark.browser
__all__ = ["post", "redis_url", "sandbox", "valkey"]
Take = Callable[..., Seat]
ROSA, LUIS = "+525512340001", "+525512340002"
REASON = "Cobra el aguinaldo hoy y paga más de la mitad"
PAID = {1: "5400,00", 2: "2000,00", 3: "2000,00"}
MONEY = re.compile(r"[\d,]+\.\d\d")


class Rosa(NamedTuple):
    """The debtor: her case, her code at the creditor's and her account."""

    case_id: int
    reference: str
    account: str


@pytest.fixture
def rosa(post: Post, house: House) -> Rosa:
    """Rosa owes 8,000 and 2,000 of interest, 90 days late, and has an address; Luis, who owes 1,000, comes after her."""
    house.at(clock.now())  # the clock of the workers
    with db.transaction() as session:
        install_policies(session, session.get_one(Portfolio, house.cast.mexico.id))
        item = owe(
            session,
            house.cast.mexico,
            name="Rosa Pérez",
            amount="8000.00",
            days_past_due=90,
            phone=ROSA,
            score=90.0,
        )
        owe(session, house.cast.mexico, name="Luis Ortega", amount="1000.00", phone=LUIS)
        debtor = session.get_one(Debtor, item.debtor_id)
        account = session.exec(select(Account).where(Account.case_id == item.case_id)).one()
        session.add(
            ContactPoint(
                debtor_id=item.debtor_id,
                kind=ContactKind.EMAIL,
                value="rosa@example.net",
                raw="rosa@example.net",
                source="test",
            )
        )
        principal = session.exec(select(Receivable).where(Receivable.account_id == account.id)).one()
        owed = principal.model_dump(exclude={"id"}) | {"number": "1-int", "component": Component.INTEREST}
        session.add(Receivable(**owed | {"amount": Decimal(2000), "balance": Decimal(2000)}))
    night(house)
    return Rosa(item.case_id, debtor.reference, account.number)


@pytest.mark.parametrize("post", ["sandbox"], indirect=True)
def test_what_was_agreed_is_paid_taken_back_and_told_alike_on_every_page(
    post: Post, house: House, seat: Take, rosa: Rosa
) -> None:
    ana, sofia, marta = seat(), seat(width=1024, height=768, scheme="dark"), seat()
    ana.log_in("ana")
    ana_asks_for_more_than_she_may_give(ana)
    sofia.log_in("sofia", "/approvals")
    sofia_offers_something_else(sofia)
    ana_closes_with_the_counter_offer(ana)
    the_letter_says_what_was_agreed(ana)
    ana_takes_a_promise_for_the_first_payment(ana)
    the_letter_leaves(sofia, post)
    marta.log_in("marta", "/import-file")
    with worker_of(house, post.environment, "workbench"):
        marta_brings_the_payments_in(marta, rosa)
    assert standing(rosa) == Standing("0.00", "9400.00", "completed", "5400.00", "kept")
    everything_adds_up(house)
    sofia_takes_one_back(sofia)
    assert standing(rosa) == Standing("5400.00", "4000.00", "active", "4000.00", "open")
    everything_adds_up(house)
    the_pages_agree(sofia, rosa)
    night(house)
    assert standing(rosa) == Standing("5400.00", "4000.00", "active", "4000.00", "open"), "the night finds it so too"


def night(house: House) -> None:
    assert house.cast.mexico.id
    run_night(house.cast.mexico.id, on=TODAY, at=clock.now())


class Standing(NamedTuple):
    """What is owed, and what the agreement and the promise make of the money, as the database has them."""

    balance: str
    agreement_paid: str
    agreement: str
    promise_paid: str
    promise: str


def standing(rosa: Rosa) -> Standing:
    [found] = rows(
        """SELECT s.balance::text, a.paid::text, a.state, p.paid::text, p.state
        FROM case_standing s JOIN agreement a USING (case_id) JOIN promise p USING (case_id) WHERE case_id = :case""",
        case=rosa.case_id,
    )
    return Standing(*found)


def everything_adds_up(house: House) -> None:
    with db.reading() as session:
        assert broken_invariants(session, house.cast.mexico.id) == []


def ana_asks_for_more_than_she_may_give(ana: Seat) -> None:
    """She may forgive 500 of the interest in a short plan; Rosa could pay if it were 700."""
    ana.press("Control+Enter")
    ana.sees("Rosa Pérez")
    ana.press("Alt+N")
    ana.click(ana.page.get_by_text("Plan corto", exact=False).first)
    typed(ana, "Cuotas", "2")
    typed(ana, "Pago inicial", "5400")
    typed(ana, "Descuento sobre los intereses", "700")
    expect(ana.page.get_by_text("Fuera de las facultades propias")).to_be_visible()
    typed(ana, "Por qué aprobarlo", REASON)
    ana.click("Pedir aprobación")
    expect(ana.note).to_have_value(REASON)


def sofia_offers_something_else(sofia: Seat) -> None:
    request = sofia.page.locator("[class*=st-key-request-]")
    expect(request).to_contain_text("Rosa Pérez")
    expect(request).to_contain_text(REASON)
    sofia.click("Contraoferta")
    typed(sofia, "Descuento sobre los intereses", "600")
    typed(sofia, "Por qué", "Hasta 600 alcanza")
    sofia.click("Enviar contraoferta")


def ana_closes_with_the_counter_offer(ana: Seat) -> None:
    ana.page.reload()
    ana.settle()
    answer = ana.page.locator("[class*=st-key-answer-]")
    expect(answer).to_contain_text("600.00")
    ana.click("Aceptar y cerrar")


def typed(seat: Seat, label: str, words: str) -> None:
    """Fills a field and leaves it by the key that leaves fields."""
    field = seat.page.get_by_label(label, exact=True).last
    field.fill(words)
    field.press("Tab", delay=PRESS_MS)
    seat.settle()


def the_letter_says_what_was_agreed(ana: Seat) -> None:
    ana.press("Alt+N")
    ana.settle()
    expect(ana.page.get_by_text("0.00 MXN de 9,400.00 MXN pagado")).to_be_visible()
    with ana.page.expect_download() as download:
        ana.click("Carta (PDF)")
    pdf = download.value.path().read_bytes()
    [(kept,)] = rows("SELECT content FROM document WHERE kind = 'agreement_letter'")
    assert pdf == bytes(kept)
    said = words_of(pdf)
    assert "Intereses 2,000.00 MXN 600.00 MXN 1,400.00 MXN" in said
    assert "Pago inicial 18 de noviembre de 2026 5,400.00 MXN" in said
    assert "Pago 2 de 2 18 de enero de 2027 2,000.00 MXN Total 9,400.00 MXN" in said


def words_of(pdf: bytes) -> str:
    """What a PDF says; a compressed one of reportlab is unpacked first."""

    def plain(packed: re.Match[bytes]) -> bytes:
        return b"stream\n" + zlib.decompress(base64.a85decode(packed[1])) + b"endstream"

    return " ".join(pages_of(re.sub(rb"stream\r?\n(.*?)~>\s*endstream", plain, pdf, flags=re.DOTALL)))


def ana_takes_a_promise_for_the_first_payment(ana: Seat) -> None:
    ana.click(ana.page.get_by_role("tab", name="Resultado"))
    ana.click(ana.page.locator("[class*=st-key-outcome-] input"))
    ana.choose("promesa")
    ana.write("5400")
    ana.press("Tab")
    ana.write("20112026")
    ana.press("Tab", "Tab")
    ana.write("El pago inicial")
    ana.save()
    ana.sees("Luis Ortega")


def the_letter_leaves(sofia: Seat, post: Post) -> None:
    """The outbox has it and lets it go."""
    card = one_message(sofia, "Rosa Pérez")
    expect(card).to_contain_text("Carta de convenio")
    expect(card).to_contain_text("Total del convenio: 9,400.00 MXN, en pagos: 3.")
    until(post.leaves)  # from the next minute on
    until(lambda: rows("SELECT FROM message WHERE cause = 'agreement' AND channel = 'email' AND state = 'sent'"))
    expect(one_message(sofia, "Rosa Pérez").locator(".cw-badge")).to_contain_text("enviado")


def marta_brings_the_payments_in(marta: Seat, rosa: Rosa) -> None:
    """The whole agreement in three payments, and one of nobody."""
    hers = [f"PAGO-{n};18/11/2026;{amount};{rosa.reference};{rosa.account};MXN" for n, amount in PAID.items()]
    file = csv_of(*hers, "PAGO-4;18/11/2026;10,00;NADIE;;MXN", head="Referencia;Fecha;Monto;Cliente;Cuenta;Moneda")
    marta.click(marta.page.get_by_label("Qué trae el archivo"))
    marta.write("Pagos")
    marta.press("Enter")
    expect(marta.page.get_by_text("una fila por pago")).to_be_visible()
    marta.settle()
    upload: FilePayload = {"name": "pagos.csv", "mimeType": "text/csv", "buffer": file}
    marta.page.locator("input[type=file]").set_input_files(upload)
    expect(marta.page.get_by_role("button", name="Importar", exact=True)).to_be_enabled(timeout=60_000)
    marta.click("Importar")
    expect(marta.page.get_by_text("El archivo se importó")).to_be_visible(timeout=180_000)
    shows(marta, "9,400.00 MXN")
    shows(marta, "NADIE", place=2)


def sofia_takes_one_back(sofia: Seat) -> None:
    sofia.go("/payments")
    listed = [reference for (reference,) in rows("SELECT reference FROM payment ORDER BY paid_on DESC, id DESC")]
    at_cell(sofia, listed.index("PAGO-1"), 16)
    typed(sofia, "Motivo", "El banco devolvió la transferencia")
    sofia.click("Revertir el pago")
    expect(sofia.page.get_by_text("El pago se revirtió")).to_be_visible()


def the_pages_agree(sofia: Seat, rosa: Rosa) -> None:
    """Payments, promises, the statement, the case and the agreement say what the database says, and so each other."""
    told = standing(rosa)
    owed, paid = Decimal(told.balance), Decimal(told.agreement_paid)
    expect(sofia.page.locator(".cw-sums-of")).to_be_visible()
    received, _lowered, back, credit = amounts(sofia.page.locator(".cw-sums-of"))
    assert [received, back, credit] == [paid, owed, Decimal(0)]
    sofia.go("/promises")
    shows(sofia, "Rosa Pérez", f"{5400 - paid:,} MXN", "5,400.00 MXN", f"{Decimal(told.promise_paid):,} MXN")
    sofia.go(f"/statement?case={rosa.case_id}")
    assert the_statement_closes_at(sofia.page.locator(".cw-statement")) == owed
    sofia.go(f"/search?case={rosa.case_id}")
    assert amounts(sofia.page.locator(".cw-card .cw-owed strong").first) == [owed]
    expect(sofia.page.locator(".cw-card", has_text="Pago revertido").last).to_contain_text("5,400.00 MXN")
    sofia.click("Tomar y trabajar")
    sofia.sees("Rosa Pérez")
    sofia.press("Alt+N")
    agreed = sofia.page.get_by_text(f"{paid:,} MXN de 9,400.00 MXN pagado")
    expect(agreed).to_be_visible()
    sofia.settle()
    assert amounts(sofia.page.get_by_role("row", name="Capital")) == [owed]


def the_statement_closes_at(statement: Locator) -> Decimal:
    """Goes through it line by line: each balance is the one before, with the charge and less the credit."""
    expect(statement).to_be_visible()
    lines = statement.evaluate(
        "it => [...it.rows].slice(1).map(row => [...row.cells].slice(-3).map(cell => cell.innerText))"
    )
    moved = [[sum(figures(figure), Decimal(0)) for figure in line] for line in lines]
    [_, _, balance], *movements, [charged, credited, closing] = moved
    for charge, credit, after in movements:
        balance += charge - credit
        assert balance == after
    assert (sum(line[0] for line in movements), sum(line[1] for line in movements)) == (charged, credited)
    assert balance == closing
    return closing


def amounts(of: Locator) -> list[Decimal]:
    """The amounts of money that stand there."""
    return figures(of.inner_text())


def figures(text: str) -> list[Decimal]:
    return [Decimal(each.replace(",", "")) for each in MONEY.findall(text)]
