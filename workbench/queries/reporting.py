"""The schema `reporting` as it should be, and who may log in to read it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from string import Template

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer

# looked up once a statement, and no rows at all for a log-in that is not, or no longer, on the list
_ALL = "ARRAY(SELECT every.id FROM public.portfolio every)"
_MINE = f"""coalesce((SELECT CASE WHEN l.everything THEN {_ALL} ELSE l.portfolio_ids END
    FROM public.reporting_login l WHERE l.login = session_user), '{{}}')"""
VIEWS = Template(Path(__file__).with_name("reporting.sql").read_text(encoding="utf-8")).substitute(mine=_MINE)
# stands as the schema's comment: by it we know our own schema, and whether its views are this version's
OURS = "Cobranza Workbench"
MARK = f"{OURS} {blake2b(VIEWS.encode(), digest_size=8).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in of the database that reads the schema `reporting`, and the portfolios it sees there."""

    login: str
    portfolios: tuple[str, ...]
    everything: bool  # also those that are opened later
    opened_by: str | None  # none = the operator
    opened_at: datetime


_LOGINS = text("""
    SELECT r.login, r.everything,
        ARRAY(SELECT p.code FROM portfolio p WHERE r.everything OR p.id = ANY(r.portfolio_ids) ORDER BY p.code) AS portfolios,
        u.email AS opened_by, r.opened_at
    FROM reporting_login r LEFT JOIN app_user u ON u.id = r.opened_by
    WHERE CAST(:visible AS bigint[]) IS NULL OR NOT r.everything AND r.portfolio_ids <@ CAST(:visible AS bigint[])
    ORDER BY r.login
""")
_STANDING = text("SELECT obj_description(to_regnamespace('reporting'), 'pg_namespace')")
_THERE = text("SELECT to_regnamespace('reporting') IS NOT NULL")


def logins(session: Session, who: Viewer | None) -> list[Login]:
    """The log-ins whose portfolios the viewer sees all, by name; `who` none is the command line and sees every one."""
    if who is not None:
        who.require(Permission.MANAGE_REPORTING)
    visible = None if who is None else list(who.portfolio_ids)
    rows = session.execute(_LOGINS, {"visible": visible}).mappings()
    return [Login(**dict(row) | {"portfolios": tuple(row["portfolios"])}) for row in rows]


def standing(session: Session) -> tuple[bool, str]:
    """Whether there is a schema of that name, and its comment."""
    return bool(session.scalar(_THERE)), session.scalar(_STANDING) or ""
