"""Items that a person has to look at: opened when something needs a decision, closed when nothing does any more."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from workbench.actions import audit
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.standings import rescore_cases
from workbench.queries.owners import owner_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


def open_review(session: Session, case_id: int, *, at: datetime) -> None:
    """Puts the case among those that somebody looks at; one that is there already stays."""
    session.execute(_OPEN, {"case": case_id, "at": at})


def close_review(session: Session, case_id: int) -> None:
    """Takes the case out again unless a claim is undecided or a payment still has to be looked up."""
    session.execute(_CLOSE, {"case": case_id})


def finish_review(session: Session, who: Viewer, case_id: int, *, note: str, at: datetime) -> None:
    """What somebody looked at is done: the case goes back to the calls, as far as a pause or a promise lets it.

    Raises `Refused` without a note, while a claim is undecided, and for a case that waits for nobody.
    """
    who.require(Permission.RESOLVE_DISPUTES)
    case = session.execute(_CASE, {"case": case_id}).first()
    who.require_portfolio(case.portfolio_id if case else 0)
    assert case is not None  # no portfolio has the number 0
    if not note.strip():
        raise Refused("Write down why.", field="note")
    if session.execute(_UNDECIDED, {"case": case_id}).first():
        raise Refused("A claim on this case is undecided: resolve it.")
    done = session.execute(_FINISH, {"case": case_id}).first()
    if done is None:
        raise Refused("This case waits for nobody's review.")
    details = {"case_id": case_id, "note": note.strip()}
    audit.log(session, "finish_review", "work_item", done.id, by=who.user_id, at=at, **details)
    rescore_cases(session, [case_id], on=at.astimezone(ZoneInfo(case.time_zone)).date(), at=at)


_CASE = text("""
    SELECT c.portfolio_id, p.time_zone FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
    WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_UNDECIDED = text("SELECT 1 FROM dispute WHERE case_id = :case AND resolution IS NULL")
_FINISH = text("""
    UPDATE work_item SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL
    WHERE case_id = :case AND queue = 'review' AND state IN ('ready', 'waiting') RETURNING id
""")
_OPEN = text(f"""
    INSERT INTO work_item AS w (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, reserved_for)
    SELECT c.portfolio_id, c.id, c.debtor_id, 'review', 'ready', CAST(:at AS timestamptz), d.place, 4, coalesce(s.score, 0), {owner_of("c.id")}
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id LEFT JOIN case_standing s ON s.case_id = c.id
    WHERE c.id = :case
    ON CONFLICT (case_id, queue) DO UPDATE SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE},
        reserved_for = coalesce(w.reserved_for, excluded.reserved_for) WHERE w.state <> 'claimed'
""")
_CLOSE = text("""
    UPDATE work_item w SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL
    WHERE w.case_id = :case AND w.queue = 'review' AND w.state IN ('ready', 'waiting')
      AND NOT EXISTS (SELECT FROM dispute x WHERE x.case_id = w.case_id AND x.resolution IS NULL)
      AND NOT EXISTS (SELECT FROM pause q WHERE q.case_id = w.case_id AND q.kind = 'verification' AND q.ended_at IS NULL)
""")
