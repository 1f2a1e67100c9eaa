"""The schema `reporting` and its log-ins: made of SQL that PostgreSQL takes no parameters in, so names are quoted here.

A password reaches the server only as its SCRAM verifier: no log of statements ever holds it.
"""

import re
from collections.abc import Collection
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject, InsufficientPrivilege, UndefinedObject
from sqlmodel import Session, col, select

from models import ReportingLogin
from workbench.actions import audit
from workbench.db import driver
from workbench.queries.reporting import MARK, OURS, VIEWS, standing
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

_NAME = re.compile(r"(?!pg_)[a-z][a-z0-9_]{2,40}")
SHORTEST_PASSWORD = 16
# what a report that was left open may cost; the log-in can lift all but the number of connections for itself
_LIMITS = (
    ("default_transaction_read_only", "on"),
    ("search_path", "reporting"),
    ("statement_timeout", "10min"),
    ("idle_in_transaction_session_timeout", "5min"),
)
CONNECTIONS = 10


def install_reporting(session: Session) -> bool:
    """Makes the views as this version has them and lets the log-ins in; says whether anything had to be done.

    Raises `Refused` when the database has a schema of that name that is not ours, or lets us make none.
    """
    there, mark = standing(session)
    if mark == MARK:
        return False
    if there and not mark.startswith(OURS):
        raise Refused("The database has a schema “reporting” of its own; rename it first.")
    raw = driver(session)
    try:
        raw.execute("DROP SCHEMA IF EXISTS reporting CASCADE")
        raw.execute("CREATE SCHEMA reporting")
    except InsufficientPrivilege:
        raise Refused("The user of DATABASE_URL may not make schemas: reports have no views.") from None
    raw.execute(VIEWS)
    raw.execute(sql.SQL("COMMENT ON SCHEMA reporting IS {}").format(sql.Literal(MARK)))
    for login in session.scalars(select(col(ReportingLogin.login))):
        _let_in(raw, login)
    return True


def open_login(
    session: Session,
    who: Viewer | None,
    login: str,
    portfolio_ids: Collection[int] | None,
    *,
    password: str,
    at: datetime,
) -> bool:
    """Lets a log-in of the database read these portfolios; one that is ours gets them instead of those it had.

    `portfolio_ids` none is every portfolio, also those that are opened later. An empty password leaves a log-in's own as it is; a new one needs one. Says whether it is new.
    """
    _may(who, portfolio_ids)
    if not _NAME.fullmatch(login):
        raise Refused("A log-in's name is 3 to 41 small letters, digits and underscores, and begins with a letter.")
    if portfolio_ids is not None and not portfolio_ids:
        raise Refused("Choose at least one portfolio.")
    known = session.get(ReportingLogin, login)
    if known and who:
        _may(who, _given(known))
    if (password or not known) and len(password) < SHORTEST_PASSWORD:
        raise Refused("Set WORKBENCH_REPORTING_PASSWORD to at least {n} characters.", n=SHORTEST_PASSWORD)
    install_reporting(session)
    row = known or ReportingLogin(login=login, portfolio_ids=[], opened_at=at)
    row.portfolio_ids, row.everything = sorted(portfolio_ids or ()), portfolio_ids is None
    row.opened_by, row.opened_at = who.user_id if who else None, at
    session.add(row)
    session.flush()
    _admit(driver(session), login, password, new=known is None)
    details = {"login": login, "portfolios": "all" if row.everything else row.portfolio_ids, "password": bool(password)}
    audit.log(session, "open_reporting_login", "reporting_login", None, by=row.opened_by, at=at, **details)
    return known is None


def close_login(session: Session, who: Viewer | None, login: str, *, at: datetime) -> None:
    """Takes a log-in out of the database; a report that is connected reads nothing more."""
    known = session.get(ReportingLogin, login)
    if known is None:
        raise Refused("There is no reporting log-in {login}.", login=login)
    _may(who, _given(known))
    install_reporting(session)
    session.delete(known)
    session.flush()
    _turn_out(driver(session), login)
    by = who.user_id if who else None
    audit.log(session, "close_reporting_login", "reporting_login", None, by=by, at=at, login=login)


def _given(login: ReportingLogin) -> Collection[int] | None:
    return None if login.everything else login.portfolio_ids


def _may(who: Viewer | None, portfolio_ids: Collection[int] | None) -> None:
    if who is None:  # the operator, at the command line
        return
    who.require(Permission.MANAGE_REPORTING)
    if portfolio_ids is None:
        raise Refused("Reports of all portfolios are the operator's to open and close.")
    for each in portfolio_ids:
        who.require_portfolio(each)


def _admit(raw: "psycopg.Connection[tuple[object, ...]]", login: str, password: str, *, new: bool) -> None:
    name = sql.Identifier(login)
    try:
        if new:
            made = (
                "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT {}"
            )
            raw.execute(sql.SQL(made).format(name, sql.Literal(CONNECTIONS)))
            for setting, value in _LIMITS:
                limit = sql.SQL("ALTER ROLE {} SET {} = {}")
                raw.execute(limit.format(name, sql.Identifier(setting), sql.Literal(value)))
        if password:
            verifier = raw.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
            raw.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))
    except DuplicateObject:
        raise Refused("The database has a log-in {login} that is not one of these.", login=login) from None
    except InsufficientPrivilege:
        raise Refused("The user of DATABASE_URL may not make log-ins: it needs CREATEROLE.") from None
    except UndefinedObject:
        raise Refused("Somebody took the log-in {login} out of the database: close it first.", login=login) from None
    if new:
        _let_in(raw, login)


def _let_in(raw: "psycopg.Connection[tuple[object, ...]]", login: str) -> None:
    """One that an operator has taken out of the database by hand is passed over."""
    if raw.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).fetchone() is None:
        return
    for each in _GRANTS:
        raw.execute(sql.SQL("GRANT " + each + " TO {login}").format(**_names(raw, login)))


def _turn_out(raw: "psycopg.Connection[tuple[object, ...]]", login: str) -> None:
    if raw.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).fetchone() is None:
        return
    for each in _GRANTS:
        raw.execute(sql.SQL("REVOKE " + each + " FROM {login}").format(**_names(raw, login)))
    raw.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def _names(raw: "psycopg.Connection[tuple[object, ...]]", login: str) -> dict[str, sql.Identifier]:
    return {"login": sql.Identifier(login), "database": sql.Identifier(raw.info.dbname)}


_GRANTS = ("CONNECT ON DATABASE {database}", "USAGE ON SCHEMA reporting", "SELECT ON ALL TABLES IN SCHEMA reporting")
