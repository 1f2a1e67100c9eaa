"""The page of templates: written by the manager, approved by her supervisor, seen with a real debtor."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Channel, Template
from tests.cast import Cast, owe
from workbench import db
from workbench.queries.templates import approved
from workbench.rules.access import Viewer

PAGE = "../pages/templates.py"
BODY = "{{ creditor }}, mensaje de cobranza: {{ first_name }} debe {{ total }}. Responda {{ opt_out_word }}."


def texts(page: AppTest) -> str:
    return " ".join(html.proto.body for html in page.get("html"))


def visit(opened: Callable[[int], AppTest], who: Viewer) -> AppTest:
    return opened(who.user_id).switch_page(PAGE).run()


def choose(page: AppTest, channel: Channel, language: str = "es", code: str = "first_notice") -> AppTest:
    page.segmented_control(key="template-channel").set_value(channel)
    page.segmented_control(key="template-language").set_value(language)
    page.selectbox(key="template-code").set_value(code)
    return page.run()


def button(page: AppTest, key: str):
    return next((each for each in page.button if each.key == key), None)


@pytest.fixture
def debtor(fresh_cast: Cast) -> int:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, name="XIMENA {{ 7*7 }} VILLASEÑOR", amount="1234.50").case_id


def test_the_shipped_text_is_seen_as_a_real_debtor_gets_it(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.sofia), Channel.SMS)
    assert not page.exception
    told = texts(page)
    assert "Ximena, tiene vencido" in told
    assert "1,234.50 MXN" in told
    assert "2 partes en GSM-7" in told
    assert button(page, "template-begin") is None, "a supervisor approves, and does not write"


def test_a_manager_writes_a_text_and_her_supervisor_puts_it_into_use(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.marta), Channel.SMS)
    button(page, "template-begin").click().run()
    with db.reading() as session:
        draft = session.scalars(select(Template).where(Template.state == "draft")).one()
    page.text_area(key=f"template-{draft.id}-body").set_value("{{ creditor }} BAJA\n{{ totl }}").run()
    assert [each.value for each in page.error] == [
        "Texto, línea 2: No existe el marcador totl; el más parecido es total."
    ]
    page.text_area(key=f"template-{draft.id}-body").set_value(BODY).run()
    assert not page.error
    assert "Banco del Valle, mensaje de cobranza: Ximena debe 1,234.50 MXN. Responda BAJA." in texts(page)
    button(page, "template-save").click().run()
    assert [each.value for each in page.success] == ["El borrador está guardado."]
    assert button(page, "template-approve") is None, "nobody approves what they wrote"

    page = visit(opened, fresh_cast.sofia)
    button(page, f"open-draft-{draft.id}").click().run()
    assert not page.text_area
    assert "cw-bad" in texts(page), "what leaves now is compared"
    button(page, "template-approve").click().run()
    assert [each.value for each in page.success] == ["El texto está aprobado y sale desde ahora."]
    with db.reading() as session:
        assert approved(session, fresh_cast.mexico.id, "first_notice", Channel.SMS, "es").body == BODY


def test_what_somebody_saved_meanwhile_is_not_overwritten(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.marta), Channel.SMS)
    button(page, "template-begin").click().run()
    with db.transaction() as session:
        draft = session.scalars(select(Template).where(Template.state == "draft")).one()
        draft.body = BODY
        session.add(draft)
    page.text_area(key=f"template-{draft.id}-body").set_value("mine").run()
    button(page, "template-save").click().run()
    assert page.error[0].value == "Alguien cambió este texto mientras tanto; hay que leerlo de nuevo."
    button(page, f"template-{draft.id}-again").click().run()
    assert page.text_area(key=f"template-{draft.id}-body").value == BODY


def test_a_whatsapp_text_shows_what_the_provider_is_to_approve(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.marta), Channel.WHATSAPP)
    told = texts(page)
    assert "Hola, {{1}}. Mensaje de cobranza de {{2}}." in told
    assert "cobranza_primer_aviso" in told
    assert "49" not in told.replace("1,234.50", "")


def test_a_text_about_a_promise_says_that_it_is_not_known(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.marta), Channel.EMAIL, "en", "promise_broken")
    (warning,) = page.warning
    assert "no se conoce promise_amount" in warning.value


def test_a_debtor_of_another_portfolio_is_never_found(opened, fresh_cast: Cast, debtor: int) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.colombia, name="Yolanda Quintanilla", amount=Decimal(777))
    page = choose(visit(opened, fresh_cast.marta), Channel.SMS)
    page.text_input(key="template-debtor").set_value("Yolanda Quintanilla").run()
    assert "Yolanda" not in texts(page)
    page.text_input(key="template-debtor").set_value("Ximena Villaseñor").run()
    assert "Ximena" in page.selectbox(key="template-case").options[0].title()


def test_the_manager_says_which_number_messages_give(opened, fresh_cast: Cast, debtor: int) -> None:
    page = choose(visit(opened, fresh_cast.marta), Channel.EMAIL)
    page.text_input(key=f"contact-phone-of-{fresh_cast.mexico.id}").set_value("55 1234 5678")
    next(each for each in page.button if each.label == "Guardar número").click().run()
    assert [each.value for each in page.success] == ["El número está guardado."]
    assert "llamarnos al +52 55 1234 5678." in texts(page)
