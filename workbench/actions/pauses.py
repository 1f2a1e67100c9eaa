"""Pauses: a case, or one account of it, about which nobody is written to for a while; some also stop the clock.

Each deed recomputes the case at once: its days past due, its class and its place in the call queue.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Pause, PauseKind
from workbench.actions import audit
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.pauses import BARS_CONTACT, STOPS_CLOCK, Span, check_days, overlapping
from workbench.rules.refusals import Refused


def pause_case(
    session: Session,
    who: Viewer | None,
    case_id: int,
    kind: PauseKind,
    *,
    account_id: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    reason: str,
    at: datetime,
) -> int:
    """Pauses a case, or one account of it, to `until_on` (its last day; none = until somebody ends it).

    `who` none = the system; `from_on` none = today, else an earlier day. A pause of the same kind that is there already
    is made longer, never shorter. Returns its id; raises `Refused` for days that cannot be, for days that another pause
    has already, an account of another case, or without a reason.
    """
    _locked(session, who, case_id, at)
    span = {"account_id": account_id, "from_on": from_on, "until_on": until_on}
    return begin_pause(session, case_id, kind, **span, reason=reason, by=who.user_id if who else None, at=at)  # type: ignore[arg-type]


def begin_pause(
    session: Session,
    case_id: int,
    kind: PauseKind,
    *,
    account_id: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    reason: str,
    by: int | None,
    at: datetime,
) -> int:
    """The same for a deed that has asked itself who may: a dispute, a hand-over, a reply."""
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    case = _locked(session, None, case_id, at)
    if account_id is not None and not session.execute(_ACCOUNT, {"account": account_id, "case": case_id}).first():
        raise Refused("There is nothing here that you may see.")
    wanted = Span(from_on or case.today, until_on, account_id, kind)
    check_days(wanted, case.today)
    longer = _extended(session, case, wanted, by=by, at=at)
    pause_id = longer or _begun(session, case, wanted, reason, by=by, at=at)
    if kind in BARS_CONTACT and account_id is None:
        session.execute(_CLOSE_NEGOTIATION, {"case": case_id})
    begins = longer is None and kind in STOPS_CLOCK
    rescore_cases(session, [case_id], on=case.today, at=at, thaw=begins)
    return pause_id


def end_pause(session: Session, who: Viewer, pause_id: int, *, reason: str, at: datetime) -> None:
    """Ends a pause before its last day; one that has ended already stays as it is."""
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    case_id = session.execute(_CASE_OF, {"id": pause_id}).scalar()
    _locked(session, who, case_id or 0, at)
    if session.execute(_DISPUTED, {"id": pause_id}).first():
        raise Refused("A dispute keeps this pause: resolve the dispute.")
    if session.execute(_HANDED_OVER, {"id": pause_id}).first():
        raise Refused("The case was handed over: a manager calls it back.")
    finish_pauses(session, [pause_id], because=reason, by=who.user_id, at=at)


def finish_pauses(session: Session, pause_ids: Sequence[int], *, because: str, by: int | None, at: datetime) -> int:
    """Ends pauses that are live, for a deed that has asked itself who may; their cases are back at once. Says how many."""
    values = {"ids": list(pause_ids), "at": at, "by": by, "because": because.strip()}
    ended = session.execute(_END, values).all()
    by_day: dict[date, set[int]] = {}
    for row in ended:
        audit.log(session, "end_pause", "pause", row.id, by=by, at=at, case_id=row.case_id)
        by_day.setdefault(row.today, set()).add(row.case_id)
    session.execute(_FREE, {"ids": [row.id for row in ended], "at": at})
    for today, case_ids in by_day.items():  # portfolios lie on both sides of midnight
        rescore_cases(session, sorted(case_ids), on=today, at=at)
    return len(ended)


def _locked(session: Session, who: Viewer | None, case_id: int, at: datetime) -> Row:  # type: ignore[type-arg]
    """The case, locked, with its portfolio's date; refused as if it did not exist where the viewer may not see it."""
    if who:
        who.require(Permission.PAUSE_CASES)
    row = session.execute(_CASE, {"case": case_id, "at": at}).first()
    if row is None or (who and row.portfolio_id not in who.portfolio_ids):
        raise Refused("There is nothing here that you may see.")
    return row


def _extended(session: Session, case: Row, wanted: Span, *, by: int | None, at: datetime) -> int | None:  # type: ignore[type-arg]
    """The live pause of the same kind and scope that covers the first day, made as long as is wanted; none = there is none."""
    asked = {"case": case.id, "account": wanted.account_id, "kind": wanted.kind.value}
    found = session.execute(_SAME, asked | {"today": case.today, "from": wanted.from_on}).first()
    if not found:
        return None
    if found.until_on is not None and (wanted.until_on is None or wanted.until_on > found.until_on):
        session.execute(_EXTEND, {"id": found.id, "until": wanted.until_on})
        _noted(session, "extend_pause", found.id, case.id, wanted, by=by, at=at)
    return int(found.id)


def _begun(session: Session, case: Row, wanted: Span, reason: str, *, by: int | None, at: datetime) -> int:  # type: ignore[type-arg]
    if other := overlapping(wanted, _spans(session, case)):
        _refuse_overlap(other)
    pause = Pause(
        portfolio_id=case.portfolio_id,
        case_id=case.id,
        account_id=wanted.account_id,
        kind=wanted.kind,
        from_on=wanted.from_on,
        until_on=wanted.until_on,
        reason=reason.strip(),
        by_id=by,
        created_at=at,
    )
    session.add(pause)
    session.flush()
    assert pause.id is not None  # just saved
    _noted(session, "pause_case", pause.id, case.id, wanted, by=by, at=at)
    return pause.id


def _spans(session: Session, case: Row) -> list[Span]:  # type: ignore[type-arg]
    """The case's pauses that stop the clock, as long as they really lasted."""
    asked = {"case": case.id, "zone": case.time_zone, "kinds": [kind.value for kind in STOPS_CLOCK]}
    rows = session.execute(_SPANS, asked)
    return [Span(row.from_on, row.until_on, row.account_id, PauseKind(row.kind)) for row in rows]


def _refuse_overlap(other: Span) -> None:
    if other.until_on is None:
        raise Refused("Another pause has been there since {date}: end it first.", date=other.from_on, field="from_on")
    raise Refused(
        "Another pause goes from {first} to {last}: choose days beside it.",
        first=other.from_on,
        last=other.until_on,
        field="from_on",
    )


def _noted(
    session: Session, deed: str, pause_id: int, case_id: int, span: Span, *, by: int | None, at: datetime
) -> None:
    until = span.until_on.isoformat() if span.until_on else None
    details = {"case_id": case_id, "kind": span.kind.value, "from_on": span.from_on.isoformat(), "until_on": until}
    audit.log(session, deed, "pause", pause_id, by=by, at=at, **details)


_CASE = text("""
    SELECT c.id, c.portfolio_id, p.time_zone, (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_ACCOUNT = text("SELECT 1 FROM account WHERE id = :account AND case_id = :case")
_SAME = text("""
    SELECT id, until_on FROM pause
    WHERE case_id = :case AND account_id IS NOT DISTINCT FROM :account AND kind = :kind AND ended_at IS NULL
      AND coalesce(until_on >= :today, true) AND from_on <= :from
    ORDER BY until_on DESC NULLS FIRST, id LIMIT 1
""")
_SPANS = text("""
    SELECT account_id, kind, from_on, least(until_on, (ended_at AT TIME ZONE :zone)::date) AS until_on FROM pause
    WHERE case_id = :case AND kind = ANY(:kinds) AND coalesce((ended_at AT TIME ZONE :zone)::date >= from_on, true)
    ORDER BY from_on, id
""")
_EXTEND = text("UPDATE pause SET until_on = :until WHERE id = :id")
_CASE_OF = text("SELECT case_id FROM pause WHERE id = :id")
_DISPUTED = text("SELECT 1 FROM dispute WHERE pause_id = :id AND resolution IS NULL")
_HANDED_OVER = text("SELECT 1 FROM hand_over WHERE pause_id = :id AND state = 'approved'")
_END = text("""
    UPDATE pause q SET ended_at = :at, ended_by = :by, ended_because = :because FROM portfolio p
    WHERE q.id = ANY(:ids) AND q.ended_at IS NULL AND p.id = q.portfolio_id
    RETURNING q.id, q.case_id, (q.ended_at AT TIME ZONE p.time_zone)::date AS today
""")
# what had waited for the pause's end is free: promises and the law are asked anew
_FREE = text(f"""
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}
    FROM pause q JOIN portfolio p ON p.id = q.portfolio_id
    WHERE q.id = ANY(:ids) AND w.case_id = q.case_id AND w.queue = 'call' AND w.state = 'waiting' AND w.band <> 1
      AND w.not_before >= (q.until_on + 1)::timestamp AT TIME ZONE p.time_zone
""")
_CLOSE_NEGOTIATION = text("""
    UPDATE work_item SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL
    WHERE case_id = :case AND queue = 'negotiation' AND state IN ('ready', 'waiting')
""")
