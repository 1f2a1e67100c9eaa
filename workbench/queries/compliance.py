"""What Compliance shows of a portfolio: contacts the law stopped, where its debtors live, whom a law affects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from workbench.queries.contact_rules import places
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Place
from workbench.rules.lawful_hours import midnight

MOST = 2000  # blocked contacts of one day that a page can show


@dataclass(frozen=True, slots=True)
class Blocked:
    """A contact that was not allowed; without the right to personal data, `name` is none.

    `because` are a message id and its values, empty when the rule's own sentence is the reason; `saved_by` is who
    saved the same contact afterwards with a reason of their own.
    """

    at: datetime
    zone: str
    who: str | None
    case_id: int
    reference: str
    name: str | None
    channel: Channel
    rule: str
    law: str
    confidence: str
    because: Mapping[str, Any]
    next_allowed: datetime | None
    version: str
    saved_by: str | None
    saved_reason: str | None


@dataclass(frozen=True, slots=True)
class Home:
    """A place where a portfolio's debtors live, and how many of them."""

    zone: str
    region: str | None
    debtors: int


@dataclass(frozen=True, slots=True)
class Affected:
    """A portfolio under a law, with its place, its debtors and those of its cases that are still owed something."""

    portfolio_id: int
    name: str
    place: Place
    debtors: int
    open_cases: int


def blocked_on(session: Session, who: Viewer, portfolio_id: int, *, on: date, most: int = MOST) -> list[Blocked]:
    """What was blocked on a day of the portfolio's calendar, the newest first."""
    who.require(Permission.SEE_COMPLIANCE)
    who.require_portfolio(portfolio_id)
    zone = places(session, [portfolio_id])[portfolio_id].time_zone
    start, end = midnight(zone, on), midnight(zone, on + timedelta(days=1))
    asked = {
        "portfolio": portfolio_id,
        "start": start,
        "end": end,
        "most": most,
        "named": who.may(Permission.SEE_PERSONAL_DATA),
    }
    rows = session.execute(_BLOCKED, asked).mappings()
    return [Blocked(**dict(row) | {"channel": Channel(row["channel"])}) for row in rows]


def homes(session: Session, who: Viewer, portfolio_id: int) -> list[Home]:
    """Where a portfolio's debtors live, the most of them first."""
    who.require(Permission.SEE_COMPLIANCE)
    who.require_portfolio(portfolio_id)
    return [Home(*row) for row in session.execute(_HOMES, {"portfolio": portfolio_id})]


def place_of_portfolio(session: Session, who: Viewer, portfolio_id: int) -> Place:
    """Under which law and policy a portfolio's debtors live."""
    who.require(Permission.SEE_COMPLIANCE)
    who.require_portfolio(portfolio_id)
    return places(session, [portfolio_id])[portfolio_id]


def affected_by(session: Session, who: Viewer, country: str) -> list[Affected]:
    """The viewer's portfolios that live under a country's law."""
    who.require(Permission.SEE_LAW_CHANGES)
    rows = session.execute(_AFFECTED, {"country": country, "visible": list(who.portfolio_ids)}).all()
    where = places(session, [row.id for row in rows])
    return [Affected(row.id, row.name, where[row.id], row.debtors, row.open_cases) for row in rows]


# The same form saved later has its submission key; typed anew it is the same case at the same moment, with a reason.
_BLOCKED = text("""
    SELECT b.at, d.time_zone AS zone, u.name AS who, b.case_id, d.reference, CASE WHEN :named THEN d.name END AS name,
        b.channel, b.rule, b.law, b.confidence, b.because, b.next_allowed, b.version,
        saved.by AS saved_by, saved.override_reason AS saved_reason
    FROM blocked_contact b
    JOIN debtor d ON d.id = b.debtor_id
    LEFT JOIN app_user u ON u.id = b.user_id
    LEFT JOIN LATERAL (
        SELECT i.override_reason, s.name AS by FROM interaction i JOIN app_user s ON s.id = i.override_by
        WHERE i.case_id = b.case_id
          AND (i.submission_key::text = b.form ->> 'submission_key' OR i.started_at = b.at)
        LIMIT 1) saved ON true
    WHERE b.portfolio_id = :portfolio AND b.at >= :start AND b.at < :end
    ORDER BY b.at DESC, b.id DESC LIMIT :most
""")
_HOMES = text("""
    SELECT d.time_zone, d.region, count(*) FROM collection_case k JOIN debtor d ON d.id = k.debtor_id
    WHERE k.portfolio_id = :portfolio GROUP BY d.time_zone, d.region ORDER BY count(*) DESC, d.time_zone, d.region
""")
_AFFECTED = text("""
    SELECT p.id, p.name, count(k.id) AS debtors, count(s.case_id) FILTER (WHERE s.balance > 0) AS open_cases
    FROM portfolio p
    LEFT JOIN collection_case k ON k.portfolio_id = p.id
    LEFT JOIN case_standing s ON s.case_id = k.id
    WHERE p.country = :country AND p.id = ANY(:visible)
    GROUP BY p.id, p.name ORDER BY p.name
""")
