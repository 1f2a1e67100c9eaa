"""The page of hand-overs, worked as a browser would: a manager decides many at once, and takes the file."""

from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Debtor, Document, HandOver
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.hand_overs import propose_hand_overs
from workbench.actions.standings import rescore_cases

PAGE = "../pages/hand_overs.py"


def proposals(cast: Cast, count: int = 3) -> None:
    with db.transaction() as session:
        items = [owe(session, cast.mexico, days_past_due=120, name=f"Deudora {n}") for n in range(count)]
        rescore_cases(session, [item.case_id for item in items], on=TODAY)
        propose_hand_overs(session, cast.mexico, on=TODAY, at=NOW)


def button(page: AppTest, label: str):
    [found] = [each for each in page.button if each.label == label]
    return found


def states() -> list[str]:
    with db.reading() as session:
        return [row.state for row in session.exec(select(HandOver).order_by(HandOver.id))]


def test_marta_hands_all_over_takes_the_file_and_calls_back(opened, fresh_cast: Cast) -> None:
    proposals(fresh_cast)
    page = opened(fresh_cast.marta.user_id).switch_page(PAGE).run()
    assert button(page, "Entregar").disabled
    page.checkbox(key="hand-overs-all").check()
    page = page.run()
    page = button(page, "Entregar").click().run()
    assert [each.value for each in page.error] == ["Indicar quién recibe los casos."]
    page.text_input(key="hand-overs-recipient").set_value("Estudio Ríos")
    page = button(page, "Entregar").click().run()
    assert [each.value for each in page.success] == ["3 casos entregados."]
    assert states() == ["approved"] * 3
    page = opened(fresh_cast.marta.user_id)
    page.query_params["part"] = "approved"
    page = page.switch_page(PAGE).run()
    page.checkbox(key="hand-overs-all").check()
    page = page.run()
    page = button(page, "Archivo Excel").click().run()
    assert not page.exception
    with db.reading() as session:
        assert session.exec(select(Document.name)).one().endswith(".xlsx")
    page.text_input(key="hand-overs-note").set_value("Pagó")
    page.checkbox(key="hand-overs-all").check()
    page = page.run()
    page = button(page, "Recuperar").click().run()
    assert [each.value for each in page.success] == ["3 casos recuperados."]
    assert states() == ["recalled"] * 3


def test_sofia_proposes_and_does_not_decide(opened, fresh_cast: Cast) -> None:
    proposals(fresh_cast, 1)
    page = opened(fresh_cast.sofia.user_id).switch_page(PAGE).run()
    assert not page.exception
    assert "Entregar" not in [each.label for each in page.button]
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, days_past_due=10)
        rescore_cases(session, [item.case_id], on=TODAY)
        code = session.get_one(Debtor, item.debtor_id).reference
    next(each for each in page.text_input if each.label == "Código del deudor").set_value(code)
    next(each for each in page.text_input if each.label == "Motivo").set_value("Se mudó")
    page = button(page, "Proponer").click().run()
    assert [each.value for each in page.success] == ["Propuesto."]
    assert states() == ["proposed", "proposed"]
