"""Whom work may be dealt to: caps, skills and absences of the people of a supervisor's teams."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Role, Stage
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.work_profiles import Skills


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which nothing is dealt to somebody, the last one included."""

    absence_id: int
    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody who works queues: their teams' names, what those may see, what may be dealt to them, when they are away.

    `absences` have not ended by the day asked for; `away` is the one of that day.
    """

    user_id: int
    name: str
    email: str
    role: Role
    team_ids: frozenset[int]
    teams: tuple[str, ...]
    visible: frozenset[int]
    skills: Skills
    absences: tuple[Away, ...]
    away: Away | None


def profiles(session: Session, who: Viewer | None, *, on: date) -> list[Profile]:
    """The active people who work queues and share a team with `who`, by name; none is the operator and sees all."""
    if who is not None:
        who.require(Permission.ASSIGN_WORK)
    return _profiles(session, who, None, on)


def profile(session: Session, who: Viewer | None, user_id: int, *, on: date) -> Profile:
    """One of them; refused as if there were nobody, unless the two share a team."""
    if who is not None:
        who.require(Permission.ASSIGN_WORK)
    if not (found := _profiles(session, who, user_id, on)):
        raise Refused("There is nothing here that you may see.")
    return found[0]


def _profiles(session: Session, who: Viewer | None, user_id: int | None, on: date) -> list[Profile]:
    asked = {"teams": None if who is None else list(who.team_ids), "user": user_id, "on": on}
    return [_read(row, on) for row in session.execute(_PROFILES, asked).mappings()]


def _read(row: Any, on: date) -> Profile:
    absences = tuple(
        Away(each["id"], date.fromisoformat(each["from_on"]), date.fromisoformat(each["until_on"]), each["reason"])
        for each in row["absences"]
    )
    skills = Skills(
        case_cap=row["case_cap"],
        balance_cap=row["balance_cap"],
        stages=frozenset(Stage(each) for each in row["stages"]),
        languages=frozenset(row["languages"]),
        portfolio_ids=frozenset(row["portfolio_ids"]),
    )
    return Profile(
        user_id=row["id"],
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        team_ids=frozenset(row["team_ids"]),
        teams=tuple(row["teams"]),
        visible=frozenset(row["visible"]),
        skills=skills,
        absences=absences,
        away=next((each for each in absences if each.from_on <= on), None),
    )


_PROFILES = text("""
    SELECT u.id, u.name, u.email, u.role, p.case_cap, p.balance_cap,
        coalesce(p.stages, '{}') AS stages, coalesce(p.languages, '{}') AS languages,
        coalesce(p.portfolio_ids, '{}') AS portfolio_ids,
        ARRAY(SELECT m.team_id FROM team_member m WHERE m.user_id = u.id) AS team_ids,
        ARRAY(SELECT t.name FROM team_member m JOIN team t ON t.id = m.team_id
              WHERE m.user_id = u.id ORDER BY t.name) AS teams,
        ARRAY(SELECT DISTINCT v.portfolio_id FROM team_member m JOIN team_portfolio v ON v.team_id = m.team_id
              WHERE m.user_id = u.id) AS visible,
        coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.from_on, a.id) FROM absence a
                  WHERE a.user_id = u.id AND a.cancelled_at IS NULL AND a.until_on >= :on), '[]') AS absences
    FROM app_user u LEFT JOIN work_profile p ON p.user_id = u.id
    WHERE u.active AND u.role IN ('agent', 'supervisor')
      AND (CAST(:user AS bigint) IS NULL OR u.id = :user)
      AND (CAST(:teams AS bigint[]) IS NULL
           OR EXISTS (SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams)))
    ORDER BY u.name, u.id
""")
