"""Scenes for deals: more agents, owned cases, promises, and what a deal may touch as text."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Case, Promise, Role, TeamMember, User, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench.queries.users import viewer
from workbench.rules.access import Viewer

TOUCHED = ("collection_case", "work_item", "promise", "team_portfolio")


def north(cast: Cast) -> int:
    return next(iter(cast.ana.team_ids))


def south(cast: Cast) -> int:
    return next(iter(cast.bruno.team_ids))


def agent(session: Session, team_id: int, name: str, *, role: Role = Role.AGENT) -> Viewer:
    """Somebody more in a team."""
    user = User(email=f"{name.lower()}@example.com", name=name, role=role, created_at=NOW)
    session.add(user)
    session.flush()
    session.add(TeamMember(team_id=team_id, user_id=user.id))
    session.flush()
    return viewer(session, user.id or 0)


def owned(session: Session, cast: Cast, who: Viewer, **fields: Any) -> WorkItem:
    """A case of Mexico that belongs to somebody, its call reserved for them."""
    item = owe(session, cast.mexico, reserved_for=who.user_id, **fields)
    session.get_one(Case, item.case_id).owner_id = who.user_id
    session.flush()
    return item


def promised(session: Session, item: WorkItem, who: Viewer, *, due_on: date = TODAY + timedelta(days=3)) -> Promise:
    """An open promise on a case, taken by somebody."""
    promise = Promise(
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        taken_by=who.user_id,
        amount=Decimal(100),
        paid=Decimal(0),
        taken_on=TODAY,
        due_on=due_on,
        created_at=NOW,
    )
    session.add(promise)
    session.flush()
    return promise


def dump(session: Session) -> dict[str, list[Any]]:
    """Every row that a deal may touch, as text."""
    session.flush()
    rows = "SELECT t::text FROM {table} t ORDER BY t::text"
    return {table: list(session.execute(text(rows.format(table=table))).scalars()) for table in TOUCHED}


def owners(session: Session) -> dict[int, int | None]:
    """Whose each case is."""
    return dict(map(tuple, session.execute(text("SELECT id, owner_id FROM collection_case ORDER BY id"))))


def reserved(session: Session) -> dict[int, int | None]:
    """For whom each item is kept."""
    return dict(map(tuple, session.execute(text("SELECT id, reserved_for FROM work_item ORDER BY id"))))
