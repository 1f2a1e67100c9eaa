"""The page My figures: one's own with rows; the team's totals and ranking only as far as the team's policy goes."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import streamlit as st
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import AgentsSee, Interaction, Period, Team
from tests.cast import NOW, TODAY, Cast, owe
from tests.pages.test_team_performance import shown, tile
from workbench import db
from workbench.actions.targets import Wish, set_target
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/my_figures.py")


@pytest.fixture
def opened(page_as):
    st.cache_data.clear()  # another test's database had the same ids
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture(autouse=True)
def some(fresh_cast: Cast) -> None:
    """Today Ana calls twice, Sofía, of the same team, three times."""
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa")
        for who in (fresh_cast.ana, fresh_cast.ana, fresh_cast.sofia, fresh_cast.sofia, fresh_cast.sofia):
            at = NOW - timedelta(minutes=20)
            session.add(
                Interaction(
                    submission_key=uuid4(), portfolio_id=item.portfolio_id, case_id=item.case_id, user_id=who.user_id,
                    disposition_code="call.no_answer", started_at=at, ended_at=at + timedelta(minutes=3),
                )
            )  # fmt: skip


def policy(agents_see: AgentsSee) -> None:
    with db.transaction() as session:
        session.scalars(select(Team).where(Team.code == "norte")).one().agents_see = agents_see


def parts(page: AppTest) -> list[str]:
    assert not page.exception, page.exception
    return [str(each) for each in page.segmented_control(key="own-part").options]


def open_part(page: AppTest, name: str) -> AppTest:
    page.session_state["own-part"] = name
    page.run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize(
    ("agents_see", "more"),
    [
        (AgentsSee.OWN, []),
        (AgentsSee.TEAM, ["The team's totals"]),
        (AgentsSee.RANKING, ["The team's totals", "Ranking"]),
    ],
)
def test_an_agent_opens_what_the_teams_policy_shows(
    opened, fresh_cast: Cast, agents_see: AgentsSee, more: list[str]
) -> None:
    policy(agents_see)
    page = opened(fresh_cast.ana)
    assert parts(page) == ["Figures", "Goals", "Comments", *more]
    assert ">2<" in tile(page, "Attempts")


def test_the_teams_totals_have_no_rows_and_the_ranking_names_the_team_only(opened, fresh_cast: Cast) -> None:
    policy(AgentsSee.RANKING)
    page = open_part(opened(fresh_cast.ana), "team")
    assert ">5<" in tile(page, "Attempts")
    assert not [each for each in page.button if each.key and each.key.endswith("-rows")]
    page = open_part(page, "ranking")
    page.selectbox(key="ranking-by").set_value("attempts").run()
    assert list(page.dataframe[0].value["Person"]) == ["Sofía", "Ana"]


def test_an_own_goal_is_listed_with_its_pace_and_a_colleagues_is_not(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        for who in (fresh_cast.ana, fresh_cast.sofia):
            wish = Wish("attempts", Period.DAY, Decimal(10), user_id=who.user_id)
            set_target(session, fresh_cast.sofia, wish, from_on=TODAY, at=NOW)
    goals = open_part(opened(fresh_cast.ana), "goals").dataframe[0].value
    assert list(goals["For"]) == ["Ana"]
    assert list(goals["So far"]) == ["2"]
    assert "You have no goals" in shown(open_part(opened(fresh_cast.bruno), "goals"))


def test_bruno_sees_nothing_of_anas_team(opened, fresh_cast: Cast) -> None:
    policy(AgentsSee.RANKING)
    page = opened(fresh_cast.bruno)
    assert ">0<" in tile(page, "Attempts")
    assert "Norte" not in shown(open_part(page, "team"))
