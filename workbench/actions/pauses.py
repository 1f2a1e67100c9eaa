"""Pauses: a case, or one account of it, about which nobody is written to for a while."""

from datetime import date, datetime

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Pause, PauseKind
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


def pause_case(
    session: Session,
    who: Viewer | None,
    case_id: int,
    kind: PauseKind,
    *,
    account_id: int | None = None,
    until_on: date | None = None,
    reason: str,
    at: datetime,
) -> int:
    """Pauses a case, or one account of it, from today to `until_on` (its last day; none = until somebody ends it).

    `who` none = the system. A pause of the same kind that is there already is made longer, never shorter. Returns its
    id; raises `Refused` for a day that is past, an account of another case, or without a reason.
    """
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    case = _locked(session, who, case_id, at)
    if until_on is not None and until_on < case.today:
        raise Refused("The last day of a pause cannot be in the past.", field="until_on")
    if account_id is not None and not session.execute(_ACCOUNT, {"account": account_id, "case": case_id}).first():
        raise Refused("There is nothing here that you may see.")
    asked = {"case": case_id, "account": account_id, "kind": kind.value, "today": case.today}
    found = session.execute(_SAME, asked).first()
    by = who.user_id if who else None
    if found:
        if found.until_on is not None and (until_on is None or until_on > found.until_on):
            session.execute(_EXTEND, {"id": found.id, "until": until_on})
            _noted(session, "extend_pause", found.id, case_id, kind, until_on, by=by, at=at)
        return int(found.id)
    pause = Pause(
        portfolio_id=case.portfolio_id,
        case_id=case_id,
        account_id=account_id,
        kind=kind,
        from_on=case.today,
        until_on=until_on,
        reason=reason.strip(),
        by_id=by,
        created_at=at,
    )
    session.add(pause)
    session.flush()
    assert pause.id is not None  # just saved
    _noted(session, "pause_case", pause.id, case_id, kind, until_on, by=by, at=at)
    return pause.id


def end_pause(session: Session, who: Viewer, pause_id: int, *, reason: str, at: datetime) -> None:
    """Ends a pause before its last day; one that has ended already stays as it is."""
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    case_id = session.execute(_CASE_OF, {"id": pause_id}).scalar()
    _locked(session, who, case_id or 0, at)
    values = {"id": pause_id, "at": at, "by": who.user_id, "because": reason.strip()}
    if session.execute(_END, values).first():
        audit.log(session, "end_pause", "pause", pause_id, by=who.user_id, at=at, case_id=case_id)


def _locked(session: Session, who: Viewer | None, case_id: int, at: datetime) -> Row:  # type: ignore[type-arg]
    """The case, locked, with its portfolio's date; refused as if it did not exist where the viewer may not see it."""
    if who:
        who.require(Permission.PAUSE_CASES)
    row = session.execute(_CASE, {"case": case_id, "at": at}).first()
    if row is None or (who and row.portfolio_id not in who.portfolio_ids):
        raise Refused("There is nothing here that you may see.")
    return row


def _noted(
    session: Session,
    deed: str,
    pause_id: int,
    case_id: int,
    kind: PauseKind,
    until_on: date | None,
    *,
    by: int | None,
    at: datetime,
) -> None:
    details = {"case_id": case_id, "kind": kind.value, "until_on": until_on.isoformat() if until_on else None}
    audit.log(session, deed, "pause", pause_id, by=by, at=at, **details)


_CASE = text("""
    SELECT c.id, c.portfolio_id, (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_ACCOUNT = text("SELECT FROM account WHERE id = :account AND case_id = :case")
_SAME = text("""
    SELECT id, until_on FROM pause
    WHERE case_id = :case AND account_id IS NOT DISTINCT FROM :account AND kind = :kind AND ended_at IS NULL
      AND coalesce(until_on >= :today, true)
    ORDER BY until_on DESC NULLS FIRST, id LIMIT 1
""")
_EXTEND = text("UPDATE pause SET until_on = :until WHERE id = :id")
_CASE_OF = text("SELECT case_id FROM pause WHERE id = :id")
_END = text("""
    UPDATE pause SET ended_at = :at, ended_by = :by, ended_because = :because WHERE id = :id AND ended_at IS NULL
    RETURNING id
""")
