from collections.abc import Iterable

from sqlmodel import Session, col, select

from models import Team
from workbench.rules.refusals import Refused


def team_ids(session: Session, codes: Iterable[str]) -> dict[str, int]:
    """The teams of these codes, by code; refuses a code that no team has."""
    wanted = sorted(set(codes))
    rows = session.execute(select(col(Team.code), col(Team.id)).where(col(Team.code).in_(wanted)))
    found: dict[str, int] = {code: team_id for code, team_id in rows}
    if unknown := [code for code in wanted if code not in found]:
        raise Refused("There is no team {code}.", code=", ".join(unknown))
    return found
