"""A portfolio's rules for the order in versions: which is in force, which was at a moment, and all of them for the page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio, StrategyState
from workbench.queries.order_facts import rules_of
from workbench.queries.strategies import published
from workbench.rules.access import Permission, Viewer
from workbench.rules.order_rules import Rules
from workbench.rules.zones import country_of


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the rules; `simulated` is what these very rules did to a book, none = nobody has tried them."""

    id: int
    version: int
    state: StrategyState
    rules: list[Any]
    simulated: dict[str, Any] | None
    created_by: str | None
    created_at: datetime
    published_by: str | None
    published_at: datetime | None
    retired_at: datetime | None


def order_versions(session: Session, who: Viewer | None, portfolio_id: int) -> list[Version]:
    """All versions, the newest first; `who` none is the command line."""
    if who is not None:
        who.require(Permission.SEE_CHANGES)
        who.require_portfolio(portfolio_id)
    rows = session.execute(_VERSIONS, {"portfolio": portfolio_id}).mappings()
    return [Version(**dict(row) | {"state": StrategyState(row["state"])}) for row in rows]


def rules_in_force(session: Session, portfolio_id: int) -> Rules:
    """The rules of the published version; none without one."""
    return rules_of(session.execute(_PUBLISHED, {"portfolio": portfolio_id}).scalar())


def rules_at(session: Session, portfolio_id: int, at: datetime) -> Rules:
    """The rules that were in force at a moment."""
    return rules_of(session.execute(_AT, {"portfolio": portfolio_id, "at": at}).scalar())


def rules_before(session: Session, portfolio_id: int, on: date) -> Rules:
    """The rules with which the last night before a business date began."""
    return rules_of(session.execute(_BEFORE, {"portfolio": portfolio_id, "on": on}).scalar())


def names_written(session: Session, who: Viewer, portfolio_id: int) -> dict[str, dict[str, str]]:
    """The names that a book has, by noun, each with what it is called, for whoever writes a rule; the most frequent first."""
    who.require(Permission.EDIT_ORDER)
    who.require_portfolio(portfolio_id)
    rows = session.execute(_WRITTEN, {"portfolio": portfolio_id, "most": MOST_NAMES})
    found: dict[str, dict[str, str]] = {}
    for noun, name in rows:
        found.setdefault(noun, {})[name] = name
    home = session.get_one(Portfolio, portfolio_id).country
    countries = [country_of(zone) or home for zone in found.get("zones", {})]
    return found | {"countries": {each: each for each in countries}}


def names_known(session: Session, who: Viewer | None, portfolio_id: int) -> dict[str, dict[str, str]]:
    """The codes that rules of a portfolio may name, each with its name: its teams that this person belongs to, `segments`.

    Teams that stand in its rules already may stay. `who` none is the command line.
    """
    if who is not None:
        who.require(Permission.EDIT_ORDER)
        who.require_portfolio(portfolio_id)
    written = session.execute(_STANDING, {"portfolio": portfolio_id}).scalars().all()
    standing = {team for rules in written for rule in rules for team in rule.get("when", {}).get("teams", ())}
    asked = {"portfolio": portfolio_id, "teams": list(who.team_ids) if who else None}
    named = {row.code: row.name for row in session.execute(_TEAMS, asked)}
    in_force = published(session, portfolio_id)
    segments = in_force.definition.segments if in_force else ()
    return {
        "teams": {each: each for each in sorted(standing)} | named,
        "segments": {each.code: each.name for each in segments},
    }


MOST_NAMES = 200
_NAMES = """(SELECT '{noun}', d.{column} FROM debtor d JOIN collection_case c ON c.debtor_id = d.id
    WHERE c.portfolio_id = :portfolio AND d.{column} IS NOT NULL GROUP BY d.{column} ORDER BY count(*) DESC, d.{column} LIMIT :most)"""
_WRITTEN = text(f"""
    (SELECT 'products', product FROM account WHERE portfolio_id = :portfolio AND product IS NOT NULL
     GROUP BY product ORDER BY count(*) DESC, product LIMIT :most)
    UNION ALL {_NAMES.format(noun="regions", column="region")}
    UNION ALL {_NAMES.format(noun="cities", column="city")}
    UNION ALL {_NAMES.format(noun="zones", column="time_zone")}
""")
_TEAMS = text("""
    SELECT t.code, t.name FROM team t JOIN team_portfolio p ON p.team_id = t.id
    WHERE p.portfolio_id = :portfolio AND (CAST(:teams AS int8[]) IS NULL OR t.id = ANY(:teams)) ORDER BY t.name, t.id
""")
_STANDING = text("SELECT rules FROM order_version WHERE portfolio_id = :portfolio AND state IN ('draft', 'published')")
_VERSIONS = text("""
    SELECT v.id, v.version, v.state, v.rules, v.simulated, c.name AS created_by, v.created_at, p.name AS published_by,
           v.published_at, v.retired_at
    FROM order_version v LEFT JOIN app_user c ON c.id = v.created_by LEFT JOIN app_user p ON p.id = v.published_by
    WHERE v.portfolio_id = :portfolio ORDER BY v.version DESC
""")
PUBLISHED = "SELECT v.rules::text FROM order_version v WHERE v.portfolio_id = {portfolio} AND v.state = 'published'"
_PUBLISHED = text(PUBLISHED.format(portfolio=":portfolio"))
_IN_FORCE_AT = """v.published_at <= {at} AND coalesce(v.retired_at > {at}, true)"""
_AT = text(f"""
    SELECT v.rules::text FROM order_version v
    WHERE v.portfolio_id = :portfolio AND {_IN_FORCE_AT.format(at="CAST(:at AS timestamptz)")}
    ORDER BY v.version DESC LIMIT 1
""")
_BEFORE = text(f"""
    SELECT v.rules::text FROM order_version v
    JOIN LATERAL (SELECT r.started_at FROM nightly_run r WHERE r.portfolio_id = v.portfolio_id
                  AND r.business_date < :on ORDER BY r.business_date DESC LIMIT 1) r
        ON {_IN_FORCE_AT.format(at="r.started_at")}
    WHERE v.portfolio_id = :portfolio ORDER BY v.version DESC LIMIT 1
""")
