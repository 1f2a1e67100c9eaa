"""The page Team settings: a goal is set for several at once, and ended; policies are kept; costs are the manager's."""

from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import AgentsSee, Portfolio, Target, Team
from tests.cast import Cast
from workbench import db
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/team_settings.py")


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


def part(page: AppTest, name: str) -> AppTest:
    page.session_state["settings-part"] = name
    return page.run()


def test_a_supervisor_sets_a_goal_for_several_and_the_page_lists_it(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    assert not page.exception, page.exception
    choices = page.multiselect(key="goal-whom")
    assert choices.options == ["Norte · Team", "Ana · Person", "Sofía · Person", "Banco del Valle · Portfolio"]
    choices.set_value([each for each in choices.options if "Person" in each])
    page.selectbox(key="goal-kpi").set_value("rpc_rate")
    page.run()
    page.number_input(key="goal-amount-rpc_rate").set_value(25.0)
    page.button(key="goal-set").click().run()
    assert [each.value for each in page.success] == ["2 goals set."]
    (table,) = page.dataframe
    assert list(table.value["Goal"]) == ["25.0%", "25.0%"]
    with db.reading() as session:
        assert {each.user_id for each in session.scalars(select(Target))} == {
            fresh_cast.ana.user_id,
            fresh_cast.sofia.user_id,
        }


def test_without_an_amount_nothing_is_set(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    page.button(key="goal-set").click().run()
    assert [each.value for each in page.error] == ["Choose whom the goal is for, and how much it is."]


def test_a_teams_policy_is_saved_and_costs_are_not_the_supervisors(opened, fresh_cast: Cast) -> None:
    page = part(opened(fresh_cast.sofia), "teams")
    with db.reading() as session:
        team = session.scalars(select(Team).where(Team.code == "norte")).one()
    page.selectbox(key=f"team-{team.id}-sees").set_value(AgentsSee.RANKING)
    page.number_input(key=f"team-{team.id}-red").set_value(20)
    page.button(key=f"team-{team.id}-save").click().run()
    assert not page.exception, page.exception
    with db.reading() as session:
        team = session.get_one(Team, team.id)
    assert (team.agents_see, team.red_minutes) == (AgentsSee.RANKING, 20)
    assert "costs" not in page.segmented_control(key="settings-part").options


def test_a_manager_sets_what_time_and_messages_cost(opened, fresh_cast: Cast) -> None:
    page, prefix = part(opened(fresh_cast.marta), "costs"), f"costs-{fresh_cast.mexico.id}"
    page.number_input(key=f"{prefix}-minute").set_value(2.5)
    page.number_input(key=f"{prefix}-sms").set_value(0.045)
    page.button(key=f"{prefix}-save").click().run()
    assert [each.value for each in page.success] == ["Banco del Valle: saved."]
    with db.reading() as session:
        portfolio = session.get_one(Portfolio, fresh_cast.mexico.id)
    assert (str(portfolio.minute_cost), portfolio.message_costs) == ("2.50", {"sms": "0.045"})
