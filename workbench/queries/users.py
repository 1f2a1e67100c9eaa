"""People: who may see what, what their log-in is checked against, and the list an admin reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlmodel import Session, col

from models import Role, Team, TeamMember, TeamPortfolio, User, UserSession
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a log-in is checked against."""

    user_id: int
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the admin's list shows them."""

    user_id: int
    email: str
    name: str
    role: Role
    language: str
    active: bool
    teams: tuple[str, ...]
    open_sessions: int
    last_seen_at: datetime | None


def viewers() -> Select[Any]:
    """Selects active users with their teams and the portfolios those may see; narrow it to one and pass the row to `seen_as`."""
    visible = (
        select(col(TeamPortfolio.portfolio_id))
        .join(TeamMember, col(TeamMember.team_id) == TeamPortfolio.team_id)
        .where(col(TeamMember.user_id) == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    teams = select(col(TeamMember.team_id)).where(col(TeamMember.user_id) == User.id).correlate(User).scalar_subquery()
    columns = (col(User.id), col(User.name), col(User.role), col(User.language))
    lists = (func.array(visible).label("portfolio_ids"), func.array(teams).label("team_ids"))
    return select(*columns, *lists).where(col(User.active))


def seen_as(row: Row[Any]) -> Viewer:
    """The viewer of a row of `viewers`."""
    return Viewer(row.id, row.name, row.role, row.language, frozenset(row.portfolio_ids), frozenset(row.team_ids))


def viewer(session: Session, user_id: int) -> Viewer:
    """The active user on whose behalf something is done; refuses somebody who is gone."""
    row = session.execute(viewers().where(col(User.id) == user_id)).first()
    if row is None:
        raise Refused("There is no such user.")
    return seen_as(row)


def credentials(session: Session, email: str) -> Credentials | None:
    """What the password of an active user is checked against; none if there is no such user."""
    query = select(col(User.id), col(User.password_hash)).where(
        col(User.active), func.lower(col(User.email)) == email.strip().lower()
    )
    row = session.execute(query).first()
    return Credentials(row[0], row[1]) if row else None


def user_by_email(session: Session, email: str) -> int:
    """The id of the user with this e-mail, active or not; refuses an unknown one."""
    query = select(col(User.id)).where(func.lower(col(User.email)) == email.strip().lower())
    user_id = session.execute(query).scalar()
    if user_id is None:
        raise Refused("There is no such user.")
    return int(user_id)


NOBODY = 0  # no user, and no team, has this id


def user_asked_for(session: Session, who: Viewer | None, email: str) -> int:
    """The id of a user that somebody asks about; an unknown one is `NOBODY`, to be refused like one of another team.

    The operator, `who` none, is told that there is no such user.
    """
    try:
        return user_by_email(session, email)
    except Refused:
        if who is None:
            raise
        return NOBODY


def people(session: Session, who: Viewer | None, *, at: datetime) -> list[Person]:
    """Everybody with their teams and live log-ins, by name; `who` is none for the command line."""
    if who is not None:
        who.require(Permission.MANAGE_USERS)
    teams = (
        select(col(Team.code))
        .join(TeamMember, col(TeamMember.team_id) == Team.id)
        .where(col(TeamMember.user_id) == User.id)
        .order_by(Team.code)
        .correlate(User)
        .scalar_subquery()
    )
    seen = select(func.max(UserSession.last_seen_at)).where(col(UserSession.user_id) == User.id).scalar_subquery()
    live = (
        select(func.count())
        .where(col(UserSession.user_id) == User.id, is_live(at))
        .select_from(UserSession)
        .scalar_subquery()
    )
    query = select(User, func.array(teams), live, seen).order_by(col(User.active).desc(), User.name)
    return [
        Person(user.id, user.email, user.name, user.role, user.language, user.active, tuple(codes), sessions, last)
        for user, codes, sessions, last in session.execute(query)
    ]


def team_codes(session: Session) -> list[str]:
    """The code of every team."""
    return list(session.execute(select(col(Team.code)).order_by(Team.code)).scalars())


def is_live(at: datetime) -> Any:
    """The condition that a log-in still holds: not revoked, not past its end, not idle for too long."""
    idle_until = col(UserSession.last_seen_at) + func.make_interval(0, 0, 0, 0, 0, UserSession.idle_minutes)
    return col(UserSession.revoked_at).is_(None) & (col(UserSession.expires_at) > at) & (idle_until > at)


def viewer_by_email(session: Session, email: str | None) -> Viewer | None:
    """The user whom a command acts as; no e-mail is the operator, who sees everything."""
    return viewer(session, user_by_email(session, email)) if email else None
