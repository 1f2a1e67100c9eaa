"""Requests for approval: those that wait for a decision, those already answered, and the answers for who asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import ApprovalKind, ApprovalState
from models.users import Role
from workbench.queries.approval_context import CONTEXT, Context
from workbench.queries.claims import case_place
from workbench.rules.access import Permission, Viewer
from workbench.rules.approvals import OPEN, may_decide, terms_of
from workbench.rules.exceeded import Exceeded, from_stored

TOLD = timedelta(hours=24)  # for so long an answer that ended the request stays on the page of who asked
INBOX_ROWS, HISTORY_ROWS = 100, 50


@dataclass(frozen=True, slots=True)
class Request:
    """One request: who asks what for which debtor, beyond which limits, the case then and now, and what became of it.

    `terms` and `counter` are the terms of its deed (`rules.approvals`); times are told in `zone`, money in `currency`.
    """

    id: int
    kind: ApprovalKind
    state: ApprovalState
    needs: Role
    portfolio_id: int
    portfolio: str
    currency: str
    zone: str
    case_id: int
    debtor: str
    reference: str
    asker_id: int
    asker: str
    asked_at: datetime
    reason: str
    terms: Any
    exceeded: tuple[Exceeded, ...]
    then: Context
    now: Context
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    note: str
    counter: Any | None
    ended_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether somebody still has to answer it."""
        return self.state in OPEN

    def decided_by(self, who: Viewer) -> bool:
        """Whether this person may decide on it, by role and by whose it is; their limits are asked when they do."""
        return who.user_id != self.asker_id and may_decide(who.role, self.needs)


def inbox(session: Session, who: Viewer | None, *, at: datetime, portfolio_id: int | None = None) -> list[Request]:
    """What waits for a decision in the viewer's portfolios, what expires first before the rest; `who` none = the operator."""
    _require(who, portfolio_id)
    asked = _asked(who, at, portfolio_id) | {"most": INBOX_ROWS}
    return _requests(session.execute(_INBOX, asked).mappings())


def history(session: Session, who: Viewer | None, *, at: datetime, portfolio_id: int | None = None) -> list[Request]:
    """What was decided, taken back or left to expire, and counter-offers that wait for an answer; the latest first."""
    _require(who, portfolio_id)
    asked = _asked(who, at, portfolio_id) | {"most": HISTORY_ROWS}
    return _requests(session.execute(_HISTORY, asked).mappings())


def answers_for(session: Session, who: Viewer, *, at: datetime) -> list[Request]:
    """The viewer's own requests: counter-offers first, then what still waits, then what was answered within a day."""
    who.require(Permission.SEE_PERSONAL_DATA)
    asked = _asked(who, at, None) | {"me": who.user_id, "since": at - TOLD}
    return _requests(session.execute(_ANSWERS, asked).mappings())


def requests_of_case(session: Session, who: Viewer, case_id: int, *, at: datetime) -> list[Request]:
    """A case's requests, the latest first; refused, as if there were none, where the viewer may not see it."""
    who.require(Permission.SEE_PERSONAL_DATA)
    case_place(session, who, case_id)
    asked = _asked(who, at, None) | {"case": case_id}
    return _requests(session.execute(_OF_CASE, asked).mappings())


def _require(who: Viewer | None, portfolio_id: int | None) -> None:
    if who:
        who.require(Permission.APPROVE_NEGOTIATIONS)
        if portfolio_id is not None:
            who.require_portfolio(portfolio_id)


def _asked(who: Viewer | None, at: datetime, portfolio_id: int | None) -> dict[str, Any]:
    return {"at": at, "visible": list(who.portfolio_ids) if who else None, "portfolio": portfolio_id}


def _requests(rows: Iterable[Any]) -> list[Request]:
    return [_request(dict(row)) for row in rows]


def _request(row: dict[str, Any]) -> Request:
    kind = ApprovalKind(row["kind"])
    row["kind"], row["state"], row["needs"] = kind, ApprovalState(row["state"]), Role(row["needs"])
    row["terms"], row["exceeded"] = terms_of(kind, row["terms"]), from_stored(row["exceeded"])
    row["counter"] = terms_of(kind, row["counter"]) if row["counter"] else None
    row["then"], row["now"] = Context.read(row["then"]), Context.read(row["now"])
    return Request(**row)


# one whose time is over is no longer open, although the timetable has not come to it
_REQUEST = f"""
    SELECT a.id, a.kind, CASE WHEN a.state IN ('pending', 'countered') AND a.expires_at <= :at THEN 'expired'
        ELSE a.state END AS state, a.needs, p.id AS portfolio_id, p.name AS portfolio, p.currency, p.time_zone AS zone,
        kase.id AS case_id, d.name AS debtor, d.reference, a.requested_by AS asker_id, asker.name AS asker,
        a.requested_at AS asked_at, a.reason, a.terms, a.exceeded, a.context AS then, ({CONTEXT}) AS now, a.expires_at,
        decider.name AS decider, a.decided_at, a.decision_note AS note, a.counter, a.ended_at
    FROM approval a JOIN collection_case kase ON kase.id = a.case_id JOIN portfolio p ON p.id = a.portfolio_id
    JOIN debtor d ON d.id = kase.debtor_id JOIN app_user asker ON asker.id = a.requested_by
    LEFT JOIN app_user decider ON decider.id = a.decided_by
    WHERE (CAST(:visible AS bigint[]) IS NULL OR a.portfolio_id = ANY(:visible))
      AND (CAST(:portfolio AS bigint) IS NULL OR a.portfolio_id = :portfolio)
"""
_INBOX = text(f"{_REQUEST} AND a.state = 'pending' AND a.expires_at > :at ORDER BY a.expires_at, a.id LIMIT :most")
_HISTORY = text(f"""
    {_REQUEST} AND (a.state <> 'pending' OR a.expires_at <= :at)
    ORDER BY coalesce(a.ended_at, a.decided_at, a.expires_at) DESC, a.id DESC LIMIT :most
""")
_ANSWERS = text(f"""
    {_REQUEST} AND a.requested_by = :me AND (
        (a.state IN ('pending', 'countered') AND a.expires_at > :since)
        OR (a.state IN ('approved', 'rejected') AND a.decided_at > :since)
        OR (a.state = 'expired' AND a.ended_at > :since))
    ORDER BY a.state <> 'countered' OR a.expires_at <= :at, a.state <> 'pending', a.decided_at DESC, a.id DESC LIMIT 20
""")
_OF_CASE = text(f"{_REQUEST} AND a.case_id = :case ORDER BY a.requested_at DESC, a.id DESC LIMIT 20")
