"""The work list: what to do next, one debtor and one agent at a time, on a lease.

A lease that has run out is the holder's until somebody frees it (the timetable does, and a claim that finds
nothing else); the draft stays with the item. Heartbeats and drafts are not audited: they decide nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8
from sqlalchemy import Row, text
from sqlmodel import Session

from models.work_items import Band, Queue, WorkState
from workbench.actions import audit
from workbench.actions.claim_statements import (
    FREE_EXPIRED,
    GIVEN_BACK,
    PROMOTE_DUE,
    claim_statement,
)
from workbench.db import driver
from workbench.queries.callable_zones import CallableZones, callable_zones
from workbench.queries.claims import (
    Claim,
    DraftNote,
    Holder,
    NextMoment,
    case_place,
    current_claim,
    draft,
    holder,
    next_moment,
)
from workbench.queries.contact_history import known_debtor
from workbench.queries.contact_rules import places
from workbench.queries.owners import owner_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.follow_ups import CALLBACK_OWN_MINUTES, SkipReason, skipped_until
from workbench.rules.refusals import Refused

__all__ = [
    "LEASE",
    "Claim",
    "DraftNote",
    "Holder",
    "NextMoment",
    "claim_case",
    "claim_next",
    "current_claim",
    "draft",
    "free_expired",
    "heartbeat",
    "holder",
    "next_moment",
    "promote_due",
    "release",
    "save_draft",
    "skip",
]

LEASE = timedelta(minutes=15)
RACES = 5  # two portfolios' claims meeting on one debtor; each try sees the other's


def claim_next(
    session: Session,
    who: Viewer,
    *,
    portfolio_id: int,
    at: datetime,
    queue: Queue = Queue.CALL,
    lease: timedelta = LEASE,
) -> Claim | None:
    """Gives this person the best debtor who may be called now, leased; none when nothing is due and lawful."""
    who.require(Permission.WORK_QUEUE)
    who.require_portfolio(portfolio_id)
    session.flush()
    asked = {
        "me": Int8(who.user_id),
        "portfolio": Int8(portfolio_id),
        "queue": queue.value,
        "at": at,
        "until": at + lease,
    }
    zones = callable_zones(session, who, portfolio_id, queue=queue, at=at)
    if claim := _claim(session, asked, zones):
        return claim
    promote_due(session, at=at, portfolio_id=portfolio_id)
    free_expired(session, at=at, portfolio_id=portfolio_id)
    return _claim(session, asked, callable_zones(session, who, portfolio_id, queue=queue, at=at, fresh=True))


def claim_case(
    session: Session,
    who: Viewer,
    case_id: int,
    *,
    at: datetime,
    queue: Queue | None = None,
    lease: timedelta = LEASE,
) -> Claim:
    """Opens one particular case for work, giving back what the person held; refused with the holder's name when taken.

    Without a `queue` it is opened where it is: as a negotiation when it waits for one, else as a call.
    """
    who.require(Permission.WORK_QUEUE)
    portfolio_id, debtor_id = case_place(session, who, case_id)
    held = holder(session, who, case_id)
    if held and held.user_id == who.user_id:
        return _renewed(session, who, held.item_id, until=at + lease)
    if held:
        raise Refused("{name} is working with this debtor now.", name=held.name)
    if former := current_claim(session, who):
        release(session, who, former.item_id, at=at)
    queue = queue or Queue(session.execute(_WHERE, {"case": case_id}).scalar() or Queue.CALL)
    item_id = _open_item(session, case_id, portfolio_id, debtor_id, queue, at)
    _take(session, who, item_id, case_id, at=at, until=at + lease)
    audit.log(session, "claim_case", "work_item", item_id, by=who.user_id, at=at, case_id=case_id)
    claim = current_claim(session, who)
    assert claim is not None  # just taken
    return claim


def heartbeat(session: Session, who: Viewer, item_id: int, *, at: datetime, lease: timedelta = LEASE) -> bool:
    """Extends the holder's lease from `at`; False when the item is no longer theirs."""
    who.require(Permission.WORK_QUEUE)
    asked = {"item": item_id, "me": who.user_id, "until": at + lease, "visible": list(who.portfolio_ids)}
    if session.execute(_EXTEND, asked).first():
        return True
    _require_item(session, who, item_id)
    return False


def release(session: Session, who: Viewer, item_id: int, *, at: datetime) -> None:
    """Gives an item back, its draft kept; a supervisor may give back what another holds."""
    item = _require_item(session, who, item_id)
    if item.claimed_by is None:
        return
    if item.claimed_by == who.user_id:
        who.require(Permission.WORK_QUEUE)
    elif not who.may(Permission.RELEASE_CLAIMS):
        raise Refused("{name} is working with this debtor now.", name=item.holder)
    session.execute(text(f"UPDATE work_item w SET {GIVEN_BACK} WHERE w.id = :item"), {"item": item_id, "at": at})
    details = {"case_id": item.case_id, "holder": item.claimed_by, "claimed_at": _taken(item)}
    audit.log(session, "release", "work_item", item_id, by=who.user_id, at=at, **details)


def skip(session: Session, who: Viewer, item_id: int, *, reason: SkipReason, at: datetime) -> datetime:
    """Sends the item in hand away without a call; says when it comes back."""
    item = require_held(session, who, item_id)
    place = places(session, [item.portfolio_id])[item.portfolio_id]
    known = known_debtor(session, item.debtor_id, at=at)
    back_at = skipped_until(
        reason, at=at, next_lawful=lambda moment: place.window_of(known, moment, debt=str(item.case_id)).next_open
    )
    band, waits = Band(item.band), WorkState.WAITING
    settle(session, item_id, state=waits, band=band, at=at, not_before=back_at, reserved_for=item.owner_id)
    details = {"case_id": item.case_id, "reason": reason.value, "not_before": back_at.isoformat()}
    details["claimed_at"] = _taken(item)
    audit.log(session, "skip", "work_item", item_id, by=who.user_id, at=at, **details)
    return back_at


def save_draft(
    session: Session, who: Viewer, item_id: int, *, note: str, fields: Mapping[str, Any], at: datetime
) -> None:
    """Keeps what is half typed: for the holder, or for the draft's author while nobody else holds the item.

    A late save after the outcome was recorded finds neither and is refused, so it leaves no stale draft.
    """
    who.require(Permission.WORK_QUEUE)
    item = _require_item(session, who, item_id)
    if item.claimed_by not in (None, who.user_id):
        raise Refused("{name} is working with this debtor now.", name=item.holder)
    values = {"item": item_id, "me": who.user_id, "note": note, "fields": Jsonb(dict(fields)), "at": at}
    if item.claimed_by is None and item.draft_author != who.user_id:
        raise Refused("This debtor is no longer in your hands.")
    session.execute(_SAVE_DRAFT, values)


def free_expired(session: Session, *, at: datetime, portfolio_id: int | None = None) -> int:
    """Puts items whose lease has run out back in their queue, drafts kept; says how many."""
    return int(session.execute(text(FREE_EXPIRED), {"at": at, "portfolio": portfolio_id}).scalar_one())


def promote_due(session: Session, *, at: datetime, portfolio_id: int | None = None) -> int:
    """Makes waiting items whose moment has come ready; says how many."""
    own_until = at - timedelta(minutes=CALLBACK_OWN_MINUTES)
    asked = {"at": at, "own_callbacks_until": own_until, "portfolio": portfolio_id}
    promoted = int(session.execute(text(PROMOTE_DUE), asked).scalar_one())
    if promoted:
        audit.log(session, "promote_due", "work_item", None, by=None, at=at, items=promoted, portfolio_id=portfolio_id)
    return promoted


def settle(
    session: Session,
    item_id: int,
    *,
    state: WorkState,
    band: Band,
    at: datetime,
    not_before: datetime | None = None,
    reserved_for: int | None = None,
) -> None:
    """Ends a claim in the given state; the draft has done its work and goes."""
    values = {
        "item": item_id,
        "state": state.value,
        "ready_at": at if state is WorkState.READY else None,
        "band": int(band),
        "not_before": not_before,
        "reserved_for": reserved_for,
    }
    session.execute(_SETTLE, values)


def require_held(session: Session, who: Viewer, item_id: int) -> Row[Any]:
    """The item in this person's hands, locked; refused when it lies in another's or in nobody's."""
    who.require(Permission.WORK_QUEUE)
    item = _require_item(session, who, item_id)
    if item.claimed_by is None:
        raise Refused("This debtor is no longer in your hands.")
    if item.claimed_by != who.user_id:
        raise Refused("{name} is working with this debtor now.", name=item.holder)
    return item


def _claim(session: Session, asked: dict[str, Any], zones: CallableZones) -> Claim | None:
    raw = driver(session)
    statement = claim_statement(min(len(zones.ready), 2), own=int(asked["me"]) in zones.with_own)
    for _ in range(RACES):
        # The same debtor, or this agent in another window, claimed at the same moment undoes this claim only: back to
        # the savepoint or, when nothing was done before it (most claims, and one trip less), to the beginning.
        nothing_done = raw.pgconn.transaction_status == TransactionStatus.IDLE
        if not nothing_done:
            raw.execute("SAVEPOINT claim")
        try:
            row = raw.execute(statement, asked | zones.params).fetchone()
        except UniqueViolation:
            raw.execute("ROLLBACK" if nothing_done else "ROLLBACK TO SAVEPOINT claim")
            continue
        return Claim(row[0], row[1], row[2], Band(row[3]), row[4]) if row else None
    return None


def _require_item(session: Session, who: Viewer, item_id: int) -> Row[Any]:
    row = session.execute(_ITEM, {"item": item_id}).first()
    who.require_portfolio(row.portfolio_id if row else 0)
    assert row is not None  # no portfolio has the number 0
    return row


def _taken(item: Row[Any]) -> str | None:
    """When the holder took the item: the time on a case that no outcome tells of."""
    return item.claimed_at.isoformat() if item.claimed_at else None


def _renewed(session: Session, who: Viewer, item_id: int, *, until: datetime) -> Claim:
    asked = {"item": item_id, "me": who.user_id, "until": until, "visible": list(who.portfolio_ids)}
    row = session.execute(_EXTEND, asked).first()
    if row is None:  # held, but for a portfolio that is no longer this person's
        raise Refused("There is nothing here that you may see.")
    return Claim(row.id, row.case_id, row.portfolio_id, Band(row.band), row.lease_until)


def _open_item(session: Session, case_id: int, portfolio_id: int, debtor_id: int, queue: Queue, at: datetime) -> int:
    """The case's item in the queue, made when there never was one; refused when there is nothing to do on it."""
    asked = {"case": case_id, "portfolio": portfolio_id, "debtor": debtor_id, "queue": queue.value, "at": at}
    row = session.execute(_OPEN_ITEM, asked).first() or session.execute(_CASE_ITEM, asked).one()
    if row.state == WorkState.CLOSED:
        raise Refused("There is nothing to do on this case: it is closed.")
    return int(row.id)


def _take(session: Session, who: Viewer, item_id: int, case_id: int, *, at: datetime, until: datetime) -> None:
    raw = driver(session)
    raw.execute("SAVEPOINT claim")
    try:
        taken = raw.execute(_TAKE, {"item": item_id, "me": who.user_id, "at": at, "until": until}).rowcount
    except UniqueViolation:
        raw.execute("ROLLBACK TO SAVEPOINT claim")
        taken = 0
    if not taken:
        held = holder(session, who, case_id)
        raise Refused("{name} is working with this debtor now.", name=held.name if held else "?")


_WHERE = text("""
    SELECT queue FROM work_item WHERE case_id = :case AND queue IN ('call', 'negotiation') AND state <> 'closed'
    ORDER BY queue LIMIT 1
""")
_TAKE = """
    UPDATE work_item SET state = 'claimed', claimed_by = %(me)s, claimed_at = %(at)s, lease_until = %(until)s, ready_at = NULL
    WHERE id = %(item)s AND state IN ('ready', 'waiting')
"""
_EXTEND = text("""
    UPDATE work_item SET lease_until = :until
    WHERE id = :item AND claimed_by = :me AND state = 'claimed' AND portfolio_id = ANY(:visible)
    RETURNING id, case_id, portfolio_id, band, lease_until
""")
_ITEM = text(f"""
    SELECT w.id, w.case_id, w.portfolio_id, w.debtor_id, w.queue, w.state, w.zone, w.band, w.claimed_by, w.claimed_at,
           u.name AS holder, {owner_of("w.case_id")} AS owner_id, d.author_id AS draft_author
    FROM work_item w
    LEFT JOIN app_user u ON u.id = w.claimed_by LEFT JOIN draft d ON d.work_item_id = w.id
    WHERE w.id = :item FOR UPDATE OF w
""")
_SAVE_DRAFT = text("""
    INSERT INTO draft (work_item_id, author_id, note, fields, saved_at) VALUES (:item, :me, :note, :fields, :at)
    ON CONFLICT (work_item_id) DO UPDATE
    SET author_id = excluded.author_id, note = excluded.note, fields = excluded.fields, saved_at = excluded.saved_at
""")
_SETTLE = text("""
    WITH gone AS (DELETE FROM draft WHERE work_item_id = :item)
    UPDATE work_item SET state = :state, band = :band, not_before = :not_before, reserved_for = :reserved_for,
        ready_at = :ready_at, claimed_by = NULL, claimed_at = NULL, lease_until = NULL
    WHERE id = :item
""")
_OPEN_ITEM = text(f"""
    INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, reserved_for)
    SELECT :portfolio, :case, :debtor, :queue, 'ready', :at, d.place, 4, coalesce(s.score, 0),
        {owner_of("CAST(:case AS int8)")}
    FROM debtor d LEFT JOIN case_standing s ON s.case_id = :case WHERE d.id = :debtor
    ON CONFLICT (case_id, queue) DO NOTHING RETURNING id, state
""")
_CASE_ITEM = text("SELECT id, state FROM work_item WHERE case_id = :case AND queue = :queue FOR UPDATE")
