"""The page Team performance: figures with the ones before, people side by side, trends, ranking and goals."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import AgentsSee, Interaction, Period, Presence, PresenceState
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.targets import Wish, set_target
from workbench.actions.teams import set_team_policy
from workbench.queries.kpis import Figure
from workbench.rules.kpis import kpi
from workbench.ui import i18n, kpi_rows, performance_summary

PAGE = str(Path(__file__).parents[2] / "pages/team_performance.py")


@pytest.fixture
def opened(page_as):
    st.cache_data.clear()  # another test's database had the same ids
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture
def some(fresh_cast: Cast) -> None:
    """This week Ana calls three times and reaches one; Sofía once; a week ago Ana called twice."""
    calls = [
        (fresh_cast.ana, "call.no_commitment", 0),
        (fresh_cast.ana, "call.no_answer", 0),
        (fresh_cast.ana, "call.no_answer", 1),
        (fresh_cast.sofia, "call.no_answer", 0),
        (fresh_cast.ana, "call.no_answer", 7),
        (fresh_cast.ana, "call.no_answer", 8),
    ]
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa")
        for who, code, days in calls:
            at = NOW - timedelta(days=days, minutes=20)
            session.add(
                Interaction(
                    submission_key=uuid4(), portfolio_id=item.portfolio_id, case_id=item.case_id, user_id=who.user_id,
                    disposition_code=code, started_at=at, ended_at=at + timedelta(minutes=3),
                )
            )  # fmt: skip


def part(page: AppTest, name: str) -> AppTest:
    page.session_state["performance-part"] = name
    page.run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.markdown]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def tile(page: AppTest, label: str) -> str:
    """What the tile of a figure says."""
    bodies = [html.proto.body for html in page.get("html") if f'cw-tile-name">{label}<' in html.proto.body]
    return bodies[0].split("</p>", 1)[1]


def test_a_tile_has_its_value_what_changed_its_formula_and_its_goal(opened, some, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        wish = Wish("attempts", Period.WEEK, Decimal(20), portfolio_id=fresh_cast.mexico.id)
        set_target(session, fresh_cast.sofia, wish, from_on=TODAY - timedelta(days=30), at=NOW)
    page = opened(fresh_cast.sofia)
    said = tile(page, "Attempts")
    assert ">4<" in said
    assert "before: 2" in said
    assert "▲ +100.0%" in said
    assert "Goal 20 · 20% so far" in said
    assert "the first 3 days of the period before" in shown(page)
    assert "Outbound contacts by people whose result counts as an attempt." in shown(page)


def test_a_figure_opens_the_rows_it_is_made_of(opened, some, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    page.button(key="behind-rpc_rate-rows").click().run()
    assert not page.exception, page.exception
    assert "1 row " in shown(page)
    rows = page.dataframe[-1].value
    assert list(rows["Debtor"]) == ["Rosa"]
    assert list(rows["Person"]) == ["Ana"]


def test_a_square_of_the_week_and_a_step_of_the_funnel_open_their_rows(opened, some, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    assert page.selectbox(key="heat-piece").options == ["Wed 9:00 · 1"]
    page.button(key="heat-rows").click().run()
    assert "1 row " in shown(page)
    page = opened(fresh_cast.sofia)
    page.selectbox(key="funnel-piece").set_value("Contacts").run()
    page.button(key="funnel-rows").click().run()
    assert "1 row " in shown(page)


def test_one_persons_figures_are_theirs_alone(opened, some, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    page.selectbox(key="board-person-None").set_value(fresh_cast.sofia.user_id).run()
    assert ">1<" in tile(page, "Attempts")


def test_people_stand_side_by_side_the_one_with_most_first(opened, some, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.sofia)
    page.session_state["performance-part"] = "compare"
    page.run()
    page.selectbox(key="compare-order-activity").set_value("attempts").run()
    assert not page.exception, page.exception
    (table,) = page.dataframe
    assert list(table.value["By agent"]) == ["Ana", "Sofía", "Total"]
    assert list(table.value["Attempts"]) == ["3 (+50.0%)", "1", "4 (+100.0%)"]


def test_portfolios_stand_side_by_side_without_what_belongs_to_people(opened, some, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        session.add(
            Presence(user_id=fresh_cast.ana.user_id, state=PresenceState.AVAILABLE, started_at=NOW, seen_at=NOW)
        )
    page = part(opened(fresh_cast.sofia), "compare")
    page.session_state["compare-family"] = "time"
    page.run()
    page.selectbox(key="compare-order-time").set_value("time_available").run()
    page.session_state["compare-side"] = "portfolio"
    page.run()
    assert not page.exception, page.exception
    (table,) = page.dataframe
    assert list(table.value["By portfolio"]) == ["Banco del Valle", "Total"]
    assert list(table.value)[1:] == ["Handled contacts", "Average handling time", "Time on cases", "Skips"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("dso", Decimal("125000.5"), "125,000.50\N{NO-BREAK SPACE}MXN"),  # the balance, not so many days
        ("average_days_past_due", Decimal("125000.5"), "125,000.50"),  # amounts × days
        ("intensity", 12, "12"),
        ("promise_to_cash", 4, "4.0 days"),
        ("time_on_cases", 90, "1 min 30 s"),
    ],
)
def test_what_rows_come_to_is_told_as_what_they_are(opened, name: str, value: Decimal | int, told: str) -> None:
    assert kpi_rows._counted(kpi(name), value, "MXN") == told


def test_the_files_units_are_told_in_the_readers_language(opened) -> None:
    i18n._spoken.set("es")
    units = {
        "attempts": "cantidad",
        "kept_rate": "fracción",
        "promise_to_cash": "días",
        "aht": "segundos",
        "promised": "COP",
    }
    for name, unit in units.items():
        figure = Figure(kpi(name), None, None, None, None, 0)
        assert performance_summary._line(figure, figure, "COP")["Unidad"] == unit


def test_trends_ranking_and_goals_are_drawn_with_their_tables(opened, some, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        wish = Wish("attempts", Period.WEEK, Decimal(3), user_id=fresh_cast.ana.user_id)
        set_target(session, fresh_cast.sofia, wish, from_on=date(2026, 1, 1), at=NOW)
    page = part(opened(fresh_cast.sofia), "trends")
    page.multiselect(key="trend-figures-days").set_value(["attempts"]).run()
    days = page.dataframe[0].value
    assert list(days["Attempts"][days["Whose"] == "this period"]) == [
        "0 · 16 Nov 2026",
        "1 · 17 Nov 2026",
        "3 · 18 Nov 2026",
    ]
    page = part(page, "ranking")
    page.selectbox(key="ranking-by").set_value("attempts").run()
    ranked = page.dataframe[0].value
    assert list(ranked["Place"]) == [1, 2]
    assert list(ranked["Person"]) == ["Ana", "Sofía"]
    page = part(page, "goals")
    goals = page.dataframe[0].value
    assert list(goals["So far"]) == ["3"]
    assert list(goals["Pace"]) == ["✓ on course"]


def test_the_ranking_says_which_teams_show_it(opened, some, fresh_cast: Cast) -> None:
    team = next(iter(fresh_cast.sofia.team_ids))
    with db.transaction() as session:
        set_team_policy(
            session, fresh_cast.sofia, team, agents_see=AgentsSee.RANKING, amber_minutes=5, red_minutes=9, at=NOW
        )
    assert "Shown to the agents of: Norte." in shown(part(opened(fresh_cast.sofia), "ranking"))
