"""People: hired, given a role and a password, shown out. Whoever does it must be an admin, or the command line."""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from models import Role, Team, TeamMember, User
from workbench.actions import audit
from workbench.actions.reservations import free_reservations
from workbench.actions.sessions import revoke_sessions
from workbench.queries.users import viewer
from workbench.rules.access import Permission, Viewer
from workbench.rules.passwords import check_password, hashed
from workbench.rules.refusals import Refused
from workbench.rules.words import LANGUAGES

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def create_user(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role,
    team_codes: Iterable[str],
    password: str | None,
    language: str,
    by: int | None,
    at: datetime,
) -> User:
    """Hires somebody into teams; without a password they can only come in through single sign-on."""
    _require_admin(session, by)
    email, name = email.strip().lower(), name.strip()
    if not _EMAIL.fullmatch(email) or not name:
        raise Refused("A user needs a name and a valid e-mail.")
    if language not in LANGUAGES:
        raise Refused("The language is one of: {languages}.", languages=", ".join(LANGUAGES))
    if session.execute(select(col(User.id)).where(func.lower(col(User.email)) == email)).first():
        raise Refused("There is already a user with the e-mail {email}.", email=email)
    if password is not None:
        check_password(password, email=email, name=name)
    password_hash = None if password is None else hashed(password)
    user = User(email=email, name=name, role=role, language=language, password_hash=password_hash, created_at=at)
    session.add(user)
    session.flush()
    teams = _teams(session, sorted(set(team_codes)))
    assert user.id is not None
    session.add_all([TeamMember(team_id=team_id, user_id=user.id) for team_id in teams.values()])
    audit.log(session, "create_user", "app_user", user.id, by=by, at=at, role=role, teams=list(teams))
    session.flush()
    return user


def set_password(session: Session, user_id: int, password: str, *, by: int | None, at: datetime) -> None:
    """Gives somebody a new password and ends every session opened with the old one."""
    _require_admin(session, by)
    user = _user(session, user_id)
    check_password(password, email=user.email, name=user.name)
    user.password_hash = hashed(password)
    audit.log(session, "set_password", "app_user", user_id, by=by, at=at)
    revoke_sessions(session, user_id, because="password", by=by, at=at)


def change_role(session: Session, user_id: int, role: Role, *, by: int | None, at: datetime) -> None:
    """Gives somebody another role and ends their sessions, so that no open page keeps the old one."""
    _require_admin(session, by)
    _keep_an_admin(session, user_id, staying=role is Role.ADMIN)
    user = _user(session, user_id)
    if user.role is role:
        return
    before, user.role = user.role, role
    free_reservations(session, user_id)
    audit.log(session, "change_role", "app_user", user_id, by=by, at=at, before=before, after=role)
    revoke_sessions(session, user_id, because="role", by=by, at=at)


def change_teams(session: Session, user_id: int, team_codes: Iterable[str], *, by: int | None, at: datetime) -> None:
    """Puts somebody into exactly these teams: what they may see changes with their next click."""
    _require_admin(session, by)
    _user(session, user_id)
    teams = _teams(session, sorted(set(team_codes)))
    session.execute(delete(TeamMember).where(col(TeamMember.user_id) == user_id))
    session.add_all([TeamMember(team_id=team_id, user_id=user_id) for team_id in teams.values()])
    free_reservations(session, user_id)
    audit.log(session, "change_teams", "app_user", user_id, by=by, at=at, teams=list(teams))


def deactivate(session: Session, user_id: int, *, by: int | None, at: datetime) -> None:
    """Shows somebody out: they cannot log in again, what was kept for them is everybody's, and what they did stays theirs."""
    _require_admin(session, by)
    _keep_an_admin(session, user_id, staying=False)
    user = _user(session, user_id)
    user.active = False
    free_reservations(session, user_id)
    audit.log(session, "deactivate", "app_user", user_id, by=by, at=at)
    revoke_sessions(session, user_id, because="deactivated", by=by, at=at)


def end_sessions(session: Session, user_id: int, *, by: int | None, at: datetime) -> int:
    """Logs somebody out everywhere; returns how many sessions that ended."""
    _require_admin(session, by)
    return revoke_sessions(session, user_id, because="admin", by=by, at=at)


def recognise(session: Session, *, subject: str, email: str | None, at: datetime) -> int:
    """The active user an identity provider vouches for: by its subject, or the first time by its verified `email`.

    `subject` is "issuer subject"; refuses a stranger, and an e-mail whose owner came with another subject before.
    """
    known: User | None = session.execute(select(User).where(col(User.oidc_subject) == subject)).scalar()
    if known is None and email is not None:
        query = select(User).where(
            func.lower(col(User.email)) == email.strip().lower(), col(User.oidc_subject).is_(None)
        )
        known = session.execute(query.with_for_update()).scalar()
        if known is not None and known.active:
            known.oidc_subject = subject
            audit.log(session, "recognise", "app_user", known.id, by=known.id, at=at, oidc_subject=subject)
    if known is None or not known.active or known.id is None:
        raise Refused("This account may not enter here. Ask your administrator.")
    return known.id


def _require_admin(session: Session, by: int | None) -> None:
    if by is not None:
        viewer(session, by).require(Permission.MANAGE_USERS)


def _user(session: Session, user_id: int) -> User:
    # without its key: who claims for them at this moment holds an item that is freed below
    user = session.get(User, user_id, with_for_update={"key_share": True})
    if user is None or not user.active:
        raise Refused("There is no such user.")
    return user


def _keep_an_admin(session: Session, user_id: int, *, staying: bool) -> None:
    """Locks the admins first, so that two of them cannot show each other out at once."""
    admins = select(col(User.id)).where(col(User.active), col(User.role) == Role.ADMIN).order_by(col(User.id))
    if not staying and list(session.execute(admins.with_for_update()).scalars()) == [user_id]:
        raise Refused("The last administrator has to stay one.")


def _teams(session: Session, codes: list[str]) -> dict[str, int]:
    rows = session.execute(select(col(Team.code), col(Team.id)).where(col(Team.code).in_(codes)))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    if unknown := [code for code in codes if code not in found]:
        raise Refused("There is no team {code}.", code=", ".join(unknown))
    return found


def remember_portfolio(session: Session, who: Viewer, portfolio_id: int) -> None:
    """Keeps the portfolio a person chose to work in, so that their next page begins there; a preference, not audited."""
    who.require_portfolio(portfolio_id)
    session.execute(update(User).where(col(User.id) == who.user_id).values(last_portfolio_id=portfolio_id))
