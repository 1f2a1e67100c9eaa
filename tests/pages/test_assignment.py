"""Assignment on its page: chosen with few clicks, seen before it is done, done once, undone from the history."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from streamlit.testing.v1 import AppTest

from models import Case, Deal, DealWay, Role, Stage, TeamMember, User
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.work_profiles import add_absence, set_profile
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.work_profiles import Skills
from workbench.ui import i18n

ASSIGNMENT = str(Path(__file__).parents[2] / "pages/assignment.py")


@pytest.fixture(autouse=True)
def _english():
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


@pytest.fixture
def team(fresh_cast: Cast) -> dict[str, int]:
    """Ana, Luis and Carmen of the north, who work Mexico."""
    with db.transaction() as session:
        north = session.execute(text("SELECT id FROM team WHERE code = 'norte'")).scalar_one()
        people = {"Ana": fresh_cast.ana.user_id}
        for name in ("Luis", "Carmen"):
            user = User(email=f"{name.lower()}@example.com", name=name, role=Role.AGENT, created_at=NOW)
            session.add(user)
            session.flush()
            session.add(TeamMember(team_id=north, user_id=user.id))
            people[name] = user.id or 0
        return people


@pytest.fixture
def debts(fresh_cast: Cast) -> list[int]:
    """Nine Mexican cases that are nobody's."""
    with db.transaction() as session:
        return [
            owe(session, fresh_cast.mexico, name=f"Deudor {number}", amount=100 * number, score=float(number)).case_id
            for number in range(1, 10)
        ]


def shown(page: AppTest) -> str:
    assert not page.exception, page.exception
    said = [*page.error, *page.success, *page.info, *page.markdown, *page.caption]
    return "\n".join([*(each.proto.body for each in page.get("html")), *(each.value for each in said)])


def part(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="assignment-part").set_value(name).run()


def owners(case_ids: list[int]) -> list[int | None]:
    with db.reading() as session:
        return [session.get_one(Case, each).owner_id for each in case_ids]


def test_the_morning_deal_takes_two_clicks_and_one_takes_it_back(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    assert "9 cases fit" in shown(page)
    assert owners(debts) == [None] * 9
    page.button(key="deal-preview").click().run()
    agents = next(each.value for each in page.dataframe if "Gets" in each.value)
    assert dict(zip(agents["Agent"], agents["Gets"], strict=True)) == dict.fromkeys(team, 3) | {
        "Nobody: everybody's queue": 0
    }
    assert page.button(key="deal-apply").label == "Deal 9 cases"
    assert owners(debts) == [None] * 9  # nothing is written yet
    page.text_input(key="deal-note").set_value("lunes")
    page.button(key="deal-apply").click().run()
    assert "9 cases changed hands." in shown(page)
    assert sorted(owners(debts)) == sorted([each for each in team.values() for _ in range(3)])
    part(page, "history")
    assert "lunes" in shown(page)
    with db.reading() as session:
        (deal,) = session.execute(select(Deal)).scalars().all()
    page.button(key=f"undo-{deal.id}").click().run()
    assert "9 cases went back." in shown(page)
    assert owners(debts) == [None] * 9
    assert not [each for each in page.button if str(each.key).startswith("undo-")]


def test_only_the_chosen_get_cases_and_those_away_stand_beside(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        add_absence(session, fresh_cast.sofia, team["Luis"], TODAY, TODAY + timedelta(days=3), reason="boda", at=NOW)
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    assert f"<s>Luis</s> {i18n.day(TODAY)} to {i18n.day(TODAY + timedelta(days=3))} · boda" in shown(page)
    page.segmented_control(key="deal-to").set_value("chosen").run()
    chosen = page.multiselect(key="deal-agents")
    assert chosen.options == ["Ana", "Carmen", "Sofía"]
    chosen.set_value([team["Carmen"]])
    page.number_input(key="deal-cap").set_value(4)
    page.button(key="deal-preview").click().run()
    assert "Everybody who may have them has enough: <b>5 cases</b>" in shown(page)
    assert page.button(key="deal-apply").label == "Deal 4 cases"
    page.segmented_control(key="deal-way").set_value(DealWay.COUNT).run()
    assert "The choice has changed" in shown(page)  # what was seen is what is done, or nothing
    assert "deal-apply" not in [each.key for each in page.button]


def test_who_may_own_no_more_is_told_beside_what_they_get(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        set_profile(session, fresh_cast.sofia, team["Carmen"], Skills(case_cap=1), at=NOW)
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    page.button(key="deal-preview").click().run()
    agents = next(each.value for each in page.dataframe if "Gets" in each.value).set_index("Agent")
    told = {"Ana": "0 → 4", "Luis": "0 → 4", "Carmen": "0 → 1 · their most", "Nobody: everybody's queue": "9 → 0"}
    assert agents["Cases"].to_dict() == told


def test_a_case_of_a_link_is_given_to_one_agent_by_hand(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    page.query_params["case"] = str(debts[4])
    page.run()
    assert "1 chosen case</b>: Deudor 5" in shown(page)
    page.segmented_control(key="deal-to").set_value("chosen").run()
    page.multiselect(key="deal-agents").set_value([team["Luis"]])
    page.button(key="deal-preview").click().run()
    page.button(key="deal-apply").click().run()
    assert owners(debts) == [None] * 4 + [team["Luis"]] + [None] * 4


def test_a_cover_ends_with_the_absence_and_can_be_ended_before(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE collection_case SET owner_id = :ana"), {"ana": team["Ana"]})
        add_absence(session, fresh_cast.sofia, team["Ana"], TODAY, TODAY + timedelta(days=5), at=NOW)
    page = part(page_as(ASSIGNMENT, fresh_cast.sofia), "cover")
    last = i18n.day(TODAY + timedelta(days=5))
    assert page.selectbox(key="cover-of").options[0] == f"Ana (away until {last})"
    assert "Owns 9 cases" in shown(page)
    page.button(key="cover-preview").click().run()
    page.button(key="cover-apply").click().run()
    assert team["Ana"] not in owners(debts)
    part(page, "history")
    assert f"until {last}" in shown(page)
    (button,) = [each for each in page.button if each.label == "End the cover now"]
    button.click().run()
    assert owners(debts) == [team["Ana"]] * 9


def test_who_leaves_is_replaced_after_a_test_run(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE collection_case SET owner_id = :luis"), {"luis": team["Luis"]})
        session.execute(text("UPDATE app_user SET active = false WHERE id = :luis"), {"luis": team["Luis"]})
    page = part(page_as(ASSIGNMENT, fresh_cast.sofia), "cover")
    page.segmented_control(key="cover-kind").set_value("leaver").run()
    assert page.selectbox(key="leaver-of").options[0] == "Luis (left)"
    page.button(key="leaver-preview").click().run()
    assert owners(debts) == [team["Luis"]] * 9
    page.button(key="leaver-apply").click().run()
    assert sorted({each or 0 for each in owners(debts)}) == sorted([team["Ana"], team["Carmen"]])


def test_a_manager_gives_a_portfolio_to_another_team_and_takes_it_back(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        session.execute(text("UPDATE collection_case SET owner_id = :ana"), {"ana": team["Ana"]})
    page = part(page_as(ASSIGNMENT, fresh_cast.marta), "portfolios")
    page.button(key="move-preview").click().run()
    page.button(key="move-apply").click().run()
    assert owners(debts) == [None] * 9
    with db.reading() as session:
        assert viewer(session, team["Ana"]).portfolio_ids == frozenset()
        assert viewer(session, fresh_cast.bruno.user_id).portfolio_ids == {
            fresh_cast.mexico.id,
            fresh_cast.colombia.id,
        }
    part(page, "history")
    next(each for each in page.button if str(each.key).startswith("undo-")).click().run()
    assert owners(debts) == [team["Ana"]] * 9


def test_caps_skills_and_absences_are_kept_and_what_is_wrong_is_said(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    page, ana = part(page_as(ASSIGNMENT, fresh_cast.sofia), "people"), team["Ana"]
    page.number_input(key=f"profile-{ana}-cap").set_value(2)
    page.multiselect(key=f"profile-{ana}-stages").set_value([Stage.JUDICIAL])
    page.button(key=f"profile-{ana}-save").click().run()
    assert "Saved: it counts for what is dealt to Ana" in shown(page)
    page.date_input(key=f"absence-{ana}-until").set_value(TODAY - timedelta(days=1))
    page.button(key=f"absence-{ana}-save").click().run()
    assert [each.value for each in page.error] == ["The last day comes before the first."]
    page.date_input(key=f"absence-{ana}-until").set_value(TODAY)
    page.button(key=f"absence-{ana}-save").click().run()
    assert f"away until {i18n.day(TODAY)}" in page.dataframe[0].value.to_string()
    next(each for each in page.button if each.label == "Cancel").click().run()
    assert "The absence is cancelled." in shown(page)
    table = page.dataframe[0].value.set_index("Person").loc["Ana"]
    assert (table["Cases at most"], table["May be given"], table["Today"]) == ("2", "Judicial", "here")


def test_what_cannot_be_dealt_is_said_and_nothing_is_written(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    with db.transaction() as session:
        for user_id in team.values():
            add_absence(session, fresh_cast.sofia, user_id, TODAY, TODAY, at=NOW)
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    page.button(key="deal-preview").click().run()
    assert [each.value for each in page.error] == ["None of the people chosen can be given work today."]
    assert owners(debts) == [None] * 9


def test_a_supervisor_moves_no_portfolio_and_another_team_sees_no_deal(
    page_as, fresh_cast: Cast, team: dict[str, int], debts: list[int]
) -> None:
    page = page_as(ASSIGNMENT, fresh_cast.sofia)
    assert "portfolios" not in [str(each) for each in page.segmented_control(key="assignment-part").options]
    page.button(key="deal-preview").click().run()
    page.button(key="deal-apply").click().run()
    part(page, "work").segmented_control(key="assignment-pivot").set_value("agent").run()
    (held,) = page.dataframe
    assert dict(zip(held.value["Whose"], held.value["Cases"], strict=True)) == dict.fromkeys(team, 3)
    south = Viewer(
        fresh_cast.bruno.user_id,
        "Bruno",
        Role.SUPERVISOR,
        "en",
        fresh_cast.bruno.portfolio_ids,
        fresh_cast.bruno.team_ids,
    )
    page = part(page_as(ASSIGNMENT, south), "history")
    assert "Nothing has been dealt yet." in shown(page)
    for name in ("deal", "work", "cover", "people"):
        part(page, name)
        texts = shown(page) + "".join(each.value.to_string() for each in page.dataframe)
        assert not [each for each in (*team, "Deudor", "Banco del Valle") if each in texts]
