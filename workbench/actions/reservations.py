"""Work that is kept for somebody, given to everybody when that person cannot do it any more."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.owners import works


def free_reservations(session: Session, user_id: int) -> int:
    """Puts before everybody what is kept for somebody who left, or works its portfolio no more; says how many items.

    The cases stay theirs until somebody deals them out.
    """
    session.flush()
    return len(session.execute(_FREE, {"user": user_id}).all())


def free_portfolios(session: Session, portfolio_ids: Sequence[int]) -> int:
    """The same for portfolios that changed teams; what is in hand is freed when it is given back. Says how many items."""
    return len(session.execute(_FREE_PORTFOLIOS, {"portfolios": list(portfolio_ids)}).all())


# each state has an index of its own
_FREE = text(f"""
    UPDATE work_item w SET reserved_for = NULL
    WHERE w.id IN (SELECT id FROM work_item WHERE state = 'ready' AND reserved_for = :user
                   UNION ALL SELECT id FROM work_item WHERE state = 'waiting' AND reserved_for = :user
                   UNION ALL SELECT id FROM work_item WHERE state = 'claimed' AND reserved_for = :user)
      AND NOT {works("w.reserved_for", "w.portfolio_id")}
    RETURNING w.id
""")
# whoever holds an item may wait for a case that the deal has locked
_FREE_PORTFOLIOS = text(f"""
    UPDATE work_item SET reserved_for = NULL WHERE id IN (
        SELECT w.id FROM work_item w
        WHERE w.portfolio_id = ANY(:portfolios) AND w.state IN ('ready', 'waiting') AND w.reserved_for IS NOT NULL
          AND NOT {works("w.reserved_for", "w.portfolio_id")} FOR UPDATE SKIP LOCKED)
    RETURNING id
""")
