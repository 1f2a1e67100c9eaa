from collections.abc import Iterable

from sqlmodel import Session, col, select

from models import Team, TeamMember
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused


def team_ids(session: Session, codes: Iterable[str]) -> dict[str, int]:
    """The teams of these codes, by code; refuses a code that no team has."""
    wanted = sorted(set(codes))
    rows = session.execute(select(col(Team.code), col(Team.id)).where(col(Team.code).in_(wanted)))
    found: dict[str, int] = dict(tuple(row) for row in rows)
    if unknown := [code for code in wanted if code not in found]:
        raise Refused("There is no team {code}.", code=", ".join(unknown))
    return found


def team_asked_for(session: Session, who: Viewer | None, code: str) -> int:
    """The id of a team that somebody asks about; an unknown one is 0, to be refused like one that is not theirs.

    The operator, `who` none, is told that there is no such team.
    """
    try:
        return team_ids(session, [code])[code]
    except Refused:
        if who is None:
            raise
        return 0


def own_teams(session: Session, who: Viewer) -> dict[str, str]:
    """The names of the teams a person belongs to, by code."""
    mine = select(col(Team.code), col(Team.name)).join(TeamMember, col(TeamMember.team_id) == Team.id)
    rows = session.execute(mine.where(col(TeamMember.user_id) == who.user_id).order_by(col(Team.name)))
    return dict(tuple(row) for row in rows)
