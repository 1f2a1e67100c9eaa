"""Figures and rows are refused to other teams and lower roles, and name nobody of another team."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import AgentsSee, Role, Team, TeamMember, TeamPortfolio, User
from tests.cast import NOW, Cast
from tests.supervision.worked import MONDAY, WEDNESDAY, contact, live
from workbench.actions.dispositions import change_disposition
from workbench.queries.disposition_preview import preview
from workbench.queries.dispositions import all_dispositions
from workbench.queries.kpis import By, Scope, Side, allowed_scope, breakdown, figures, rows_of
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

Deed = Callable[[Session, Viewer, Scope], Any]
FLAG = {"counts_contact": True}
BOARDS: dict[str, Deed] = {
    "allowed_scope": allowed_scope,
    "figures": lambda session, who, scope: figures(session, who, ["attempts"], scope, at=NOW),
    "breakdown": lambda session, who, scope: breakdown(session, who, ["attempts"], scope, By.DAY, at=NOW),
    "by agent": lambda session, who, scope: breakdown(session, who, ["attempts"], scope, By.AGENT, at=NOW),
    "rows_of": lambda session, who, scope: rows_of(session, who, "attempts", scope, Side.NUMERATOR, at=NOW),
}
SET_UP: dict[str, Deed] = {
    "preview": lambda session, who, scope: preview(session, who, "call.busy", FLAG, scope, at=NOW),
    "all_dispositions": lambda session, who, scope: all_dispositions(session, who),
    "change_disposition": lambda session, who, scope: change_disposition(session, who, "call.busy", FLAG, at=NOW),
}
REFUSED = "nothing here|role does not allow"


@pytest.fixture
def scope(session: Session, cast: Cast) -> Scope:
    live(session, cast)
    return Scope((cast.mexico.id or 0,), MONDAY, WEDNESDAY)


def sees(session: Session, cast: Cast, much: AgentsSee) -> int:
    """Lets the agents of Ana's team see so much; the team's id."""
    team = session.get_one(Team, min(cast.ana.team_ids))
    team.agents_see = much
    session.add(team)
    session.flush()
    return team.id or 0


@pytest.mark.parametrize("deed", [*BOARDS.values(), *SET_UP.values()], ids=[*BOARDS, *SET_UP])
@pytest.mark.parametrize("name", ["bruno", "alma", "ana"])
def test_a_stranger_the_admin_and_an_agent_are_refused_the_portfolio(
    session: Session, cast: Cast, scope: Scope, deed: Deed, name: str
) -> None:
    with pytest.raises(Refused, match=REFUSED):
        deed(session, getattr(cast, name), scope)


@pytest.mark.parametrize("deed", SET_UP.values(), ids=SET_UP)
def test_only_a_manager_corrects_dispositions(session: Session, cast: Cast, scope: Scope, deed: Deed) -> None:
    with pytest.raises(Refused, match=REFUSED):
        deed(session, cast.sofia, scope)
    deed(session, cast.marta, scope)


@pytest.mark.parametrize("deed", BOARDS.values(), ids=BOARDS)
def test_supervisors_ask_for_their_own_teams_and_people_only(
    session: Session, cast: Cast, scope: Scope, deed: Deed
) -> None:
    for who in (cast.sofia, cast.marta):
        deed(session, who, replace(scope, user_id=cast.ana.user_id, team_id=min(who.team_ids)))
        for other in (
            replace(scope, user_id=cast.bruno.user_id),
            replace(scope, team_id=min(cast.bruno.team_ids)),
            replace(scope, portfolio_ids=(cast.mexico.id or 0, cast.colombia.id or 0)),
        ):
            with pytest.raises(Refused, match=REFUSED):
                deed(session, who, other)


@pytest.mark.parametrize(
    ("much", "allowed"),
    [
        pytest.param(AgentsSee.OWN, set(), id="own figures only"),
        pytest.param(AgentsSee.TEAM, {"allowed_scope", "figures", "breakdown"}, id="the team's totals"),
        pytest.param(AgentsSee.RANKING, {"allowed_scope", "figures", "breakdown", "by agent"}, id="and the ranking"),
    ],
)
def test_an_agent_sees_of_the_team_what_its_policy_says(
    session: Session, cast: Cast, scope: Scope, much: AgentsSee, allowed: set[str]
) -> None:
    team = sees(session, cast, much)
    own, whole = replace(scope, user_id=cast.ana.user_id), replace(scope, team_id=team)
    for name, deed in BOARDS.items():
        if name != "by agent":
            deed(session, cast.ana, own)
        if name in allowed:
            deed(session, cast.ana, whole)
            continue
        with pytest.raises(Refused, match=REFUSED):
            deed(session, cast.ana, whole)
    for other in (replace(scope, user_id=cast.sofia.user_id), replace(whole, user_id=cast.sofia.user_id)):
        with pytest.raises(Refused, match=REFUSED):
            BOARDS["figures"](session, cast.ana, other)


def test_work_of_another_team_is_in_the_totals_and_names_nobody(session: Session, cast: Cast, scope: Scope) -> None:
    """Dora's team works Mexico, too: Sofía sees that others did it, Dora's supervisor who it was."""
    book = live_again(session, cast, scope)
    lines = breakdown(session, cast.sofia, ["attempts"], scope, By.AGENT, at=NOW).groups
    assert [(each.key, each.label, each.figures["attempts"].value) for each in lines][-1] == (0, "Other teams", 1)
    assert "Dora" not in {each.label for each in lines}
    assert {each.label for each in breakdown(session, None, ["attempts"], scope, By.AGENT, at=NOW).groups} >= {"Dora"}
    teams = breakdown(session, cast.sofia, ["attempts"], scope, By.TEAM, at=NOW).groups
    assert {each.label: each.figures["attempts"].value for each in teams} == {"Norte": 5, "Other teams": 1}
    rows = rows_of(session, cast.sofia, "attempts", scope, Side.NUMERATOR, at=NOW)
    people = {row[list(rows.columns).index("Person")] for row in rows.rows}
    assert people == {"Ana", "Sofía", "Otros equipos"}
    others = rows_of(session, cast.sofia, "attempts", scope, Side.NUMERATOR, at=NOW, within=(By.AGENT, 0))
    assert (others.total, others.case_ids) == (1, (book,))
    with pytest.raises(Refused, match="nothing here"):
        figures(session, cast.sofia, ["attempts"], replace(scope, user_id=dora(session)), at=NOW)


def live_again(session: Session, cast: Cast, scope: Scope) -> int:
    """A second team on the portfolio, whose Dora called somebody once."""
    team = Team(code="oeste", name="Oeste", created_at=NOW)
    user = User(email="dora@example.com", name="Dora", role=Role.AGENT, created_at=NOW)
    session.add_all([team, user])
    session.flush()
    session.add(TeamPortfolio(team_id=team.id, portfolio_id=cast.mexico.id))
    session.add(TeamMember(team_id=team.id, user_id=user.id))
    session.flush()
    found = rows_of(session, None, "attempts", scope, Side.NUMERATOR, at=NOW)
    item = type("Item", (), {"portfolio_id": cast.mexico.id, "case_id": found.case_ids[0]})
    contact(session, item, WEDNESDAY, "09:50", "call.no_answer", user.id, 1)
    return found.case_ids[0] or 0


def dora(session: Session) -> int:
    return session.scalars(select(User).where(col(User.name) == "Dora")).one().id or 0
