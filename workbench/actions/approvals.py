"""Approvals: what lies outside somebody's authority is asked of who has more, decided once, and done at once.

Every deed locks the case first and the request after it, so a decision, a payment and a second decision come one
after the other, and each sees what the one before it left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel import Session, select

from models import Approval, ApprovalKind, ApprovalState, Portfolio, User
from workbench.actions import audit
from workbench.actions.approval_deeds import Decided, beyond, do
from workbench.actions.negotiation_queue import open_negotiation
from workbench.queries.approval_context import context_of
from workbench.queries.claims import case_place
from workbench.queries.users import viewer
from workbench.rules.access import Permission, Viewer
from workbench.rules.approvals import (
    DECIDERS,
    Decision,
    as_kept,
    may_decide,
    needed_role,
    replacing_of,
    require_cover,
    require_open,
    require_words,
    terms_of,
)
from workbench.rules.exceeded import as_stored
from workbench.rules.refusals import Refused

ASKS = {  # who may ask for it at all
    ApprovalKind.PROMISE: Permission.WORK_QUEUE,
    ApprovalKind.AGREEMENT: Permission.WORK_QUEUE,
    ApprovalKind.WRITE_DOWN: Permission.RESOLVE_DISPUTES,
}
DEEDS = {Decision.APPROVE: "approve", Decision.REJECT: "reject", Decision.COUNTER: "counter_offer"}
STATES = {
    Decision.APPROVE: ApprovalState.APPROVED,
    Decision.REJECT: ApprovalState.REJECTED,
    Decision.COUNTER: ApprovalState.COUNTERED,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request belongs: the portfolio of a case that is locked now."""

    portfolio: Portfolio
    portfolio_id: int


def request_approval(
    session: Session,
    who: Viewer,
    case_id: int,
    kind: ApprovalKind,
    terms: dict[str, Any],
    *,
    reason: str,
    key: UUID,
    at: datetime,
) -> Approval:
    """Asks for what lies outside one's own limits; `key` is drawn with the form, so a double click asks once.

    Raises `Refused` for what lies within them, beyond everybody's, without a reason, or when one is waiting already.
    """
    who.require(ASKS[kind])
    place = _locked_case(session, who, case_id)
    if known := session.exec(select(Approval).where(Approval.submission_key == key)).first():
        return _same(known, who, case_id, kind)
    because, asked = require_words(reason), terms_of(kind, terms)
    _refuse_second(session, case_id, kind, at)
    roles, instead = {who.role, *DECIDERS}, replacing_of(terms)
    found = {role: beyond(session, who, case_id, kind, asked, role, replacing=instead, at=at) for role in roles}
    approval = Approval(
        submission_key=key,
        portfolio_id=place.portfolio_id,
        case_id=case_id,
        kind=kind,
        needs=needed_role(found, who.role, place.portfolio.currency),
        requested_by=who.user_id,
        requested_at=at,
        reason=because,
        terms=as_kept(kind, asked, replacing=replacing_of(terms)),
        exceeded=as_stored(found[who.role]),
        context=context_of(session, case_id, at=at).as_kept(),
        expires_at=at + timedelta(hours=place.portfolio.approval_hours),
    )
    session.add(approval)
    session.flush()
    _note(session, "request_approval", approval, who, at, kind=kind.value, needs=approval.needs.value)
    return approval


def decide(
    session: Session,
    who: Viewer,
    approval_id: int,
    decision: Decision,
    *,
    note: str = "",
    counter: dict[str, Any] | None = None,
    at: datetime,
) -> Approval:
    """Approves, rejects or counters somebody else's request; what is approved is done in the same transaction.

    Raises `Refused` for one's own, for what lies outside one's limits now, for what was decided, taken back or expired
    meanwhile, and for whatever the deed itself refuses (a debt paid since): then the request still waits.
    """
    who.require(Permission.APPROVE_NEGOTIATIONS)
    approval, place = _locked(session, who, approval_id)
    if approval.requested_by == who.user_id:
        raise Refused("Nobody decides on their own request.")
    if approval.decided_by == who.user_id and approval.state is STATES[decision]:
        return approval  # the second click of two
    _require(session, approval, ApprovalState.PENDING, place, at)
    said = note.strip() if decision is Decision.APPROVE else require_words(note)
    wanted = _countered(approval, counter) if decision is Decision.COUNTER else dict(approval.terms)
    if decision is Decision.REJECT and not may_decide(who.role, approval.needs):
        raise Refused("A manager decides on this request.")
    if decision is not Decision.REJECT:
        _require_cover(session, approval, wanted, who, place, at)
    approval.state, approval.decided_by, approval.decided_at = STATES[decision], who.user_id, at
    approval.decision_note = said
    if decision is Decision.COUNTER:
        approval.counter, approval.expires_at = wanted, at + timedelta(hours=place.portfolio.approval_hours)
    session.flush()
    made = _do(session, approval, wanted, at) if decision is Decision.APPROVE else None
    _note(session, DEEDS[decision], approval, who, at, note=said, made=made)
    _back_to_the_debtor(session, [approval], at)
    return approval


def accept_counter(session: Session, who: Viewer, approval_id: int, *, at: datetime) -> Approval:
    """Closes with the counter-offer's terms, by who asked; who made the offer must still have the authority for it."""
    approval, place = _own(session, who, approval_id)
    if approval.state is ApprovalState.ACCEPTED:
        return approval
    _require(session, approval, ApprovalState.COUNTERED, place, at)
    assert approval.counter is not None  # a countered request has one
    assert approval.decided_by is not None
    decider = viewer(session, approval.decided_by)
    _require_cover(session, approval, approval.counter, decider, place, at)
    approval.state, approval.ended_at = ApprovalState.ACCEPTED, at
    session.flush()
    _note(session, "accept_counter", approval, who, at, made=_do(session, approval, approval.counter, at))
    return approval


def decline_counter(session: Session, who: Viewer, approval_id: int, *, note: str = "", at: datetime) -> Approval:
    """Turns the counter-offer down, which ends the request."""
    approval, place = _own(session, who, approval_id)
    if approval.state is ApprovalState.DECLINED:
        return approval
    _require(session, approval, ApprovalState.COUNTERED, place, at)
    approval.state, approval.ended_at = ApprovalState.DECLINED, at
    session.flush()
    _note(session, "decline_counter", approval, who, at, note=note.strip())
    return approval


def withdraw_request(session: Session, who: Viewer, approval_id: int, *, at: datetime) -> Approval:
    """Takes one's own request back before it is decided."""
    approval, place = _own(session, who, approval_id)
    if approval.state is ApprovalState.WITHDRAWN:
        return approval
    _require(session, approval, ApprovalState.PENDING, place, at)
    approval.state, approval.ended_at = ApprovalState.WITHDRAWN, at
    session.flush()
    _note(session, "withdraw_request", approval, who, at)
    return approval


def expire_approvals(session: Session, *, at: datetime) -> int:
    """Ends the requests and counter-offers past their time; returns how many."""
    ended = session.execute(_EXPIRE, {"at": at}).all()
    _back_to_the_debtor(session, ended, at)
    return len(ended)


def _locked_case(session: Session, who: Viewer, case_id: int) -> _Place:
    portfolio_id, _ = case_place(session, who, case_id)
    session.execute(_LOCK_CASE, {"case": case_id})
    portfolio = session.get_one(Portfolio, portfolio_id, populate_existing=True)
    return _Place(portfolio, portfolio_id)


def _locked(session: Session, who: Viewer, approval_id: int) -> tuple[Approval, _Place]:
    """The request as it is now, under its case's lock; refused as if it did not exist outside the viewer's portfolios."""
    found = session.get(Approval, approval_id)
    if found is None:
        raise Refused("There is nothing here that you may see.")
    place = _locked_case(session, who, found.case_id)
    return session.get_one(Approval, approval_id, with_for_update=True, populate_existing=True), place


def _own(session: Session, who: Viewer, approval_id: int) -> tuple[Approval, _Place]:
    approval, place = _locked(session, who, approval_id)
    if approval.requested_by != who.user_id:
        raise Refused("Only who asked may answer.")
    who.require(ASKS[approval.kind])
    return approval, place


def _same(known: Approval, who: Viewer, case_id: int, kind: ApprovalKind) -> Approval:
    if (known.requested_by, known.case_id, known.kind) != (who.user_id, case_id, kind):
        raise Refused("This form was already used for another debtor. Open the case again.")
    return known


def _refuse_second(session: Session, case_id: int, kind: ApprovalKind, at: datetime) -> None:
    """One at a time for a case; one whose time is over is ended here, before the timetable comes to it."""
    session.execute(_EXPIRE_OF, {"case": case_id, "at": at})
    other = session.execute(_WAITING, {"case": case_id, "kind": kind.value}).scalar()
    if other:
        raise Refused("{name} has asked for an approval on this case already; it has to be answered first.", name=other)


def _require(session: Session, approval: Approval, state: ApprovalState, place: _Place, at: datetime) -> None:
    decider = session.get_one(User, approval.decided_by).name if approval.decided_by else None
    expires = approval.expires_at.astimezone(ZoneInfo(place.portfolio.time_zone))
    require_open(approval.state, state, decider=decider, expires_at=expires, at=at)


def _require_cover(
    session: Session, approval: Approval, wanted: dict[str, Any], decider: Viewer, place: _Place, at: datetime
) -> None:
    """The limits of who decides, as they are now: they may have changed since it was asked."""
    decider.require(Permission.APPROVE_NEGOTIATIONS)
    terms = terms_of(approval.kind, wanted)
    found = beyond(
        session, decider, approval.case_id, approval.kind, terms, decider.role, replacing=replacing_of(wanted), at=at
    )
    require_cover(found, place.portfolio.currency)


def _countered(approval: Approval, counter: dict[str, Any] | None) -> dict[str, Any]:
    """The counter-offer as it is kept: like what was asked, but not the same."""
    merged = dict(approval.terms) | (counter or {})
    kept = as_kept(approval.kind, terms_of(approval.kind, merged), replacing=replacing_of(merged))
    if kept == approval.terms:
        raise Refused("A counter-offer differs from what was asked; approve it if it may be done as it is.")
    return kept


def _do(session: Session, approval: Approval, wanted: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Does what was decided on behalf of who asked, with the authority of who decided."""
    assert approval.decided_by is not None
    asker, decider = viewer(session, approval.requested_by), viewer(session, approval.decided_by)
    return do(session, terms_of(approval.kind, wanted), Decided(approval, asker, decider, at))


def _back_to_the_debtor(session: Session, answered: Sequence[Approval | Row[Any]], at: datetime) -> None:
    """Who asked has something to tell the debtor, or the debtor still waits; a write-down is told by nobody."""
    by_asker: dict[int, list[int]] = {}
    for each in answered:
        if each.kind != ApprovalKind.WRITE_DOWN:
            by_asker.setdefault(each.requested_by, []).append(each.case_id)
    for asker, case_ids in sorted(by_asker.items()):
        open_negotiation(session, case_ids, at=at, reserved_for=asker)


def _note(session: Session, deed: str, approval: Approval, who: Viewer, at: datetime, **details: Any) -> None:
    kept = {name: value for name, value in details.items() if value}
    audit.log(session, deed, "approval", approval.id, by=who.user_id, at=at, case_id=approval.case_id, **kept)


_LOCK_CASE = text("SELECT FROM collection_case WHERE id = :case FOR NO KEY UPDATE")
_WAITING = text("""
    SELECT u.name FROM approval a JOIN app_user u ON u.id = a.requested_by
    WHERE a.case_id = :case AND a.kind = :kind AND a.state IN ('pending', 'countered')
""")
# the case is locked first here too; one that is being decided on is left to the next minute
_ENDED = """
    WITH due AS MATERIALIZED (
        SELECT a.id FROM approval a JOIN collection_case c ON c.id = a.case_id
        WHERE a.state IN ('pending', 'countered') AND a.expires_at <= :at {where}
        ORDER BY c.id, a.id FOR NO KEY UPDATE OF c SKIP LOCKED
    ), ended AS (
        UPDATE approval a SET state = 'expired', ended_at = :at FROM due
        WHERE a.id = due.id AND a.state IN ('pending', 'countered') AND a.expires_at <= :at
        RETURNING a.id, a.case_id, a.kind, a.requested_by
    ), noted AS (
        INSERT INTO audit_entry (at, deed, subject, subject_id, details)
        SELECT :at, 'expire_approval', 'approval', id, jsonb_build_object('case_id', case_id) FROM ended
    )
    SELECT id, case_id, kind, requested_by FROM ended ORDER BY id
"""
_EXPIRE = text(_ENDED.format(where=""))
_EXPIRE_OF = text(_ENDED.format(where="AND a.case_id = :case"))
