"""The people whose figures and days somebody may see by name: those who share a team with them."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from models import Role
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody of one's own teams; `active` is false for who has left."""

    user_id: int
    name: str
    role: Role
    active: bool


def teammates(session: Session, who: Viewer, *, role: Role | None = None) -> list[Teammate]:
    """Everybody who shares a team with the viewer, the viewer included, by name; `role` narrows to one."""
    rows = session.execute(_MATES, {"teams": list(who.team_ids), "role": role.value if role else None})
    return [Teammate(row.id, row.name, Role(row.role), row.active) for row in rows]


def require_teammate(session: Session, who: Viewer, user_id: int) -> str:
    """The name of one's teammate; refuses anybody else as if they did not exist."""
    if user_id == who.user_id:
        return who.name
    name = session.execute(_MATE, {"teams": list(who.team_ids), "user": user_id}).scalar()
    if name is None:
        raise Refused("There is nothing here that you may see.")
    return str(name)


_MATES = text("""
    SELECT u.id, u.name, u.role, u.active FROM app_user u
    WHERE (CAST(:role AS text) IS NULL OR u.role = :role)
        AND EXISTS (SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams))
    ORDER BY u.name, u.id
""")
_MATE = text("""
    SELECT u.name FROM app_user u
    WHERE u.id = :user AND EXISTS (SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams))
""")
