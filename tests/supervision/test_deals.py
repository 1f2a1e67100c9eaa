"""Work dealt out: what the preview shows is what is done, and what is done can be put back."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import DealWay, Role, TeamMember, User
from tests.cast import NOW, Cast, owe
from workbench.actions import deals
from workbench.actions.deals import Asked
from workbench.queries.users import viewer
from workbench.rules.access import Viewer

TOUCHED = ("collection_case", "work_item", "promise", "team_portfolio")


def hire_agent(session: Session, cast: Cast, name: str) -> Viewer:
    user = User(email=f"{name.lower()}@example.com", name=name, role=Role.AGENT, created_at=NOW)
    session.add(user)
    session.flush()
    session.add(TeamMember(team_id=next(iter(cast.ana.team_ids)), user_id=user.id))
    session.flush()
    return viewer(session, user.id or 0)


def dump(session: Session) -> dict[str, list[Any]]:
    session.flush()
    return {
        table: list(session.execute(text(f"SELECT t::text FROM {table} t ORDER BY t::text")).scalars())
        for table in TOUCHED
    }


def test_what_the_preview_shows_is_done_and_undone_byte_for_byte(session: Session, cast: Cast) -> None:
    luis = hire_agent(session, cast, "Luis")
    for number in range(7):
        owe(session, cast.mexico, amount=f"{number + 1}00.00", score=float(number))
    before = dump(session)

    shown = deals.preview(session, cast.sofia, Asked(DealWay.COUNT), at=NOW)
    given = {each.user_id: each.given for each in shown.agents}
    assert sorted(given.values()) == [3, 4]
    deal = deals.apply(session, cast.sofia, shown, at=NOW)

    assert deal.told["cases"] == 7
    assert deals.apply(session, cast.sofia, shown, at=NOW).id == deal.id
    owners = session.execute(text("SELECT owner_id, count(*) FROM collection_case GROUP BY 1")).all()
    assert dict(map(tuple, owners)) == given
    assert {cast.ana.user_id, luis.user_id} == set(given)
    reserved = session.execute(
        text(
            "SELECT count(*) FROM work_item w JOIN collection_case c ON c.id = w.case_id AND c.owner_id = w.reserved_for"
        )
    )
    assert reserved.scalar_one() == 7

    undone = deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert (undone.restored, undone.left) == (7, ())
    assert dump(session) == before
