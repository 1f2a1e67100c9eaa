"""Channel effectiveness: of the asking messages of a period, how many arrived, were read, answered, followed by a payment.

Effectiveness = replies or payments within three days ÷ messages that arrived (`queries.contact_results` says which).
A payment may follow several messages: the figures say what came after a message, not which of them brought it.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self, TypeVar

from sqlalchemy import text
from sqlmodel import Session

from models import Channel
from workbench.queries.contact_results import ANSWERED, ARRIVED, ASKING, PAID, READ
from workbench.rules.access import Permission, Viewer

ROWS = 200  # messages listed behind a figure


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of one kind: `weekday` 1 is Monday, it and `hour` are the debtor's when it left.

    `left` counts all, `arrived` those that arrived; `read`, `replied`, `paid` (within three days) and `answered`
    (either of the two) are of those that arrived.
    """

    channel: Channel
    sandbox: bool
    weekday: int
    hour: int
    language: str
    template: str
    left: int
    arrived: int
    read: int
    replied: int
    paid: int
    answered: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The counts of some groups together."""

    left: int = 0
    arrived: int = 0
    read: int = 0
    replied: int = 0
    paid: int = 0
    answered: int = 0

    @classmethod
    def of(cls, groups: Iterable[Group]) -> Self:
        """All of them added up."""
        chosen = list(groups)
        return cls(**{each.name: sum(getattr(group, each.name) for group in chosen) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class Behind:
    """One message behind the figures; `name` none without the right to it."""

    id: int
    case_id: int
    name: str | None
    reference: str
    zone: str
    template: str | None
    sent_at: datetime
    arrived: bool
    read: bool
    replied: bool
    paid: bool


Key = TypeVar("Key", bound=Hashable)


def effectiveness(session: Session, who: Viewer, portfolio_id: int, *, start: datetime, end: datetime) -> list[Group]:
    """A portfolio's asking messages that left in `[start, end)`, counted by kind."""
    who.require(Permission.SEE_MESSAGES)
    who.require_portfolio(portfolio_id)
    rows = session.execute(_GROUPS, {"portfolio": portfolio_id, "start": start, "end": end}).mappings()
    return [Group(**dict(row) | {"channel": Channel(row["channel"])}) for row in rows]


def behind(
    session: Session,
    who: Viewer,
    portfolio_id: int,
    *,
    channel: Channel,
    sandbox: bool,
    start: datetime,
    end: datetime,
    most: int = ROWS,
) -> list[Behind]:
    """The messages that a channel's figures are made of, the last first."""
    who.require(Permission.SEE_MESSAGES)
    who.require_portfolio(portfolio_id)
    asked = {
        "portfolio": portfolio_id,
        "start": start,
        "end": end,
        "channel": channel.value,
        "sandbox": sandbox,
        "named": who.may(Permission.SEE_PERSONAL_DATA),
        "most": most,
    }
    return [Behind(**row) for row in session.execute(_BEHIND, asked).mappings()]


def summed(groups: Iterable[Group], key: Callable[[Group], Key]) -> dict[Key, Sums]:
    """The groups added up by what `key` says of them, in the order of the keys."""
    parts: dict[Key, list[Group]] = {}
    for group in groups:
        parts.setdefault(key(group), []).append(group)
    return {name: Sums.of(parts[name]) for name in sorted(parts, key=str)}


# The index leads with the moment of planning; no message lives a month, so that one bounds it.
_LEFT = f"""
    FROM message m
    JOIN portfolio p ON p.id = m.portfolio_id
    JOIN debtor d ON d.id = m.debtor_id
    LEFT JOIN interaction i ON i.id = m.interaction_id AND i.disposition_code = 'message.answered'
    WHERE {ASKING} AND m.portfolio_id = :portfolio AND m.sent_at >= :start AND m.sent_at < :end
      AND m.planned_at >= CAST(:start AS timestamptz) - interval '31 days' AND m.planned_at < :end"""
_FLAGS = f"""
    coalesce(m.provider = 'sandbox', false) AS sandbox, {ARRIVED} AS arrived, {READ} AS read, {ANSWERED} AS replied,
    {ARRIVED} AND {PAID} AS paid"""
_GROUPS = text(f"""
    SELECT channel, sandbox, weekday, hour, language, template, count(*) AS left,
        count(*) FILTER (WHERE arrived) AS arrived, count(*) FILTER (WHERE read) AS read,
        count(*) FILTER (WHERE replied) AS replied, count(*) FILTER (WHERE paid) AS paid,
        count(*) FILTER (WHERE replied OR paid) AS answered
    FROM (SELECT m.channel, extract(isodow FROM m.sent_at AT TIME ZONE d.time_zone)::int AS weekday,
            extract(hour FROM m.sent_at AT TIME ZONE d.time_zone)::int AS hour, coalesce(m.language, '') AS language,
            coalesce(m.template_code, '') AS template, {_FLAGS}
          {_LEFT}) told
    GROUP BY 1, 2, 3, 4, 5, 6
""")
_BEHIND = text(f"""
    SELECT m.id, m.case_id, CASE WHEN :named THEN d.name END AS name, d.reference, d.time_zone AS zone,
        m.template_code AS template, m.sent_at, told.arrived, told.read, told.replied, told.paid
    FROM message m JOIN debtor d ON d.id = m.debtor_id
    JOIN LATERAL (SELECT {_FLAGS} FROM portfolio p LEFT JOIN interaction i ON i.id = m.interaction_id
        AND i.disposition_code = 'message.answered' WHERE p.id = m.portfolio_id) told ON told.sandbox = :sandbox
    WHERE {ASKING} AND m.portfolio_id = :portfolio AND m.channel = :channel AND m.sent_at >= :start AND m.sent_at < :end
      AND m.planned_at >= CAST(:start AS timestamptz) - interval '31 days' AND m.planned_at < :end
    ORDER BY m.planned_at DESC, m.id DESC LIMIT :most
""")
