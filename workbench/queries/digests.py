"""Digests as their subscriber sees them, those whose day has come, and one issue as a worker takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Board, MessageState, Period
from workbench.rules.access import Viewer
from workbench.rules.digests import last_issue, next_issue
from workbench.rules.message_states import LIVE


@dataclass(frozen=True, slots=True)
class Issue:
    """What became of one issue; `error` is a message id or a provider's words."""

    issue_id: int
    on: date
    state: MessageState
    planned_at: datetime
    not_before: datetime
    sent_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A board that somebody gets by e-mail, at which hour of the portfolio's day, and its last issues."""

    digest_id: int
    reader: str  # their e-mail
    board: Board
    portfolio_id: int
    portfolio: str  # its code
    team_id: int | None
    team: str | None  # its code
    every: Period
    hour: int
    zone: str
    created_at: datetime
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """The issue of a digest that leaves next: when, the day it bears, and its state; none = it is not written yet."""

    digest_id: int
    reader: str
    board: Board
    portfolio: str
    at: datetime
    on: date
    state: MessageState | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An active digest of somebody who may log in, with the day of its last issue."""

    digest_id: int
    every: Period
    hour: int
    zone: str
    created_at: datetime
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An issue locked by the worker that sends it, for whom it is, and what it is about."""

    issue_id: int
    digest_id: int
    on: date
    tries: int
    user_id: int
    email: str
    language: str
    wanted: bool  # neither was it ended, nor its subscriber shown out
    board: Board
    portfolio_id: int
    portfolio: str
    portfolio_code: str
    currency: str
    zone: str
    team_id: int | None
    team: str | None
    every: Period


def subscriptions(session: Session, who: Viewer | None, *, issues: int = 5) -> list[Subscription]:
    """A person's own digests of what they may see, each with its last issues, the newest first.

    `who` none is the operator, who sees everybody's that are wanted.
    """
    whose = {"user": who.user_id if who else None, "visible": list(who.portfolio_ids) if who else []}
    rows = session.execute(_MINE, whose).mappings().all()
    asked = {"ids": [row["digest_id"] for row in rows], "most": issues}
    told: dict[int, list[Issue]] = {}
    for row in session.execute(_ISSUES, asked):
        one = Issue(
            row.id, row.on_date, MessageState(row.state), row.planned_at, row.not_before, row.sent_at, row.error
        )
        told.setdefault(row.digest_id, []).append(one)
    return [Subscription(**_typed(row) | {"issues": tuple(told.get(row["digest_id"], ()))}) for row in rows]


def leaving(session: Session, who: Viewer | None, *, at: datetime) -> list[Leaving]:
    """What leaves next of each of these digests, the soonest first."""
    told = (_leaving(each, at) for each in subscriptions(session, who, issues=1))
    return sorted(told, key=lambda each: (each.at, each.digest_id))


def _leaving(of: Subscription, at: datetime) -> Leaving:
    last = of.issues[0] if of.issues else None
    named = (of.digest_id, of.reader, of.board, of.portfolio)
    if last and last.state in LIVE:
        return Leaving(*named, last.not_before, last.on, last.state)
    due_at, on = last_issue(of.every, of.hour, of.zone, at)
    if due_at <= of.created_at or (last and last.on >= on):
        due_at, on = next_issue(of.every, of.hour, of.zone, at)
    return Leaving(*named, due_at, on, None)


def wanted_digests(session: Session) -> list[Wanted]:
    """The digests that are to be sent by themselves."""
    return [Wanted(**_typed(row)) for row in session.execute(_WANTED).mappings()]


def take(session: Session, issue_id: int) -> Taken | None:
    """Locks a queued issue; none when it is not queued, or in another worker's hands."""
    row = session.execute(_TAKE, {"id": issue_id}).mappings().first()
    return Taken(**_typed(row)) if row else None


def _typed(row: Mapping[Any, Any]) -> dict[str, Any]:
    kinds = {"board": Board, "every": Period}
    return {name: kinds[name](value) if name in kinds else value for name, value in row.items()}


_MINE = text("""
    SELECT d.id AS digest_id, u.email AS reader, d.board, d.portfolio_id, p.code AS portfolio, d.team_id, t.code AS team,
        d.every, d.hour, p.time_zone AS zone, d.created_at
    FROM digest d JOIN app_user u ON u.id = d.user_id JOIN portfolio p ON p.id = d.portfolio_id
    LEFT JOIN team t ON t.id = d.team_id
    WHERE d.active AND u.active
      AND (CAST(:user AS bigint) IS NULL OR d.user_id = :user AND d.portfolio_id = ANY(:visible)) ORDER BY d.id
""")
_ISSUES = text("""
    SELECT i.id, i.digest_id, i.on_date, i.state, i.planned_at, i.not_before, i.sent_at, i.error
    FROM unnest(CAST(:ids AS bigint[])) AS d (id)
    CROSS JOIN LATERAL (SELECT * FROM digest_issue n WHERE n.digest_id = d.id ORDER BY n.on_date DESC LIMIT :most) i
    ORDER BY i.on_date DESC
""")
_WANTED = text("""
    SELECT d.id AS digest_id, d.every, d.hour, p.time_zone AS zone, d.created_at,
        (SELECT max(i.on_date) FROM digest_issue i WHERE i.digest_id = d.id) AS last_on
    FROM digest d JOIN app_user u ON u.id = d.user_id JOIN portfolio p ON p.id = d.portfolio_id
    WHERE d.active AND u.active ORDER BY d.id
""")
_TAKE = text("""
    SELECT i.id AS issue_id, d.id AS digest_id, i.on_date AS "on", i.tries, u.id AS user_id, u.email, u.language,
        d.active AND u.active AS wanted, d.board, p.id AS portfolio_id, p.name AS portfolio, p.code AS portfolio_code,
        p.currency, p.time_zone AS zone, d.team_id, t.name AS team, d.every
    FROM digest_issue i JOIN digest d ON d.id = i.digest_id JOIN app_user u ON u.id = d.user_id
    JOIN portfolio p ON p.id = d.portfolio_id LEFT JOIN team t ON t.id = d.team_id
    WHERE i.id = :id AND i.state = 'queued' FOR UPDATE OF i SKIP LOCKED
""")
