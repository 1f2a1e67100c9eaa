"""The manager's page of portfolios, worked as a browser would."""

from datetime import time

from models import Portfolio
from tests.cast import Cast
from workbench import db
from workbench.queries.contact_rules import policy_of

PAGE = "../pages/portfolios.py"


def test_a_manager_tightens_a_policy_and_a_wrong_one_is_refused(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.marta.user_id).switch_page(PAGE).run()
    mexico = fresh_cast.mexico.id
    save = next(button for button in page.button if button.label == "Guardar política")
    page.number_input(key=f"policy-{mexico}-daily_attempts").set_value(2)
    page.time_input(key=f"policy-{mexico}-weekday_opens").set_value(time(9))
    save.click().run()
    assert [each.value for each in page.success] == ["La política de contacto de Banco del Valle está guardada."]
    with db.reading() as session:
        policy = policy_of(session.get_one(Portfolio, mexico))
    assert (policy.daily_attempts, policy.hours.weekday_opens, policy.readings) == (2, time(9), ())
    page.time_input(key=f"policy-{mexico}-weekday_opens").set_value(time(20))
    next(button for button in page.button if button.label == "Guardar política").click().run()
    assert [each.value for each in page.error] == ["El horario de llamadas tiene que cerrar después de abrir."]


def test_a_country_of_readings_regimes_and_regions_offers_them(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        mexico = session.get_one(Portfolio, fresh_cast.mexico.id)
        mexico.country, mexico.regime, mexico.region = "BR", None, "SP"
        session.add(mexico)
    page = opened(fresh_cast.marta.user_id).switch_page(PAGE).run()
    assert not page.exception
    assert page.selectbox(key=f"policy-{fresh_cast.mexico.id}-region").value == "SP"
