"""What a team's figures are judged by and who of it may see them."""

from datetime import datetime

from sqlmodel import Session

from models import AgentsSee, Team
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


def set_team_policy(
    session: Session,
    who: Viewer,
    team_id: int,
    *,
    agents_see: AgentsSee,
    amber_minutes: int,
    red_minutes: int,
    at: datetime,
) -> None:
    """Says what a team's agents see of its figures, and after how many minutes on a case the floor turns amber and red."""
    who.require(Permission.SET_TARGETS)
    team = session.get(Team, team_id, with_for_update=True) if team_id in who.team_ids else None
    if team is None:
        raise Refused("There is nothing here that you may see.")
    if not 0 < amber_minutes < red_minutes:
        raise Refused("Amber begins after at least one minute, and red after amber.")
    wanted = {"agents_see": agents_see, "amber_minutes": amber_minutes, "red_minutes": red_minutes}
    changed = {
        name: {"from": getattr(team, name), "to": to} for name, to in wanted.items() if getattr(team, name) != to
    }
    for name, to in wanted.items():
        setattr(team, name, to)
    session.flush()
    if changed:
        audit.log(session, "set_team_policy", "team", team_id, by=who.user_id, at=at, **changed)
