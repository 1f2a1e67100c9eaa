"""The negotiation queue: who waits in it, why, and for how much; nothing of it is stored but the place itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import ApprovalState, Band, Channel, WorkState
from workbench.queries.case_facts import BREAK_FRONT_DAYS, BY_A_PERSON, UNANSWERED
from workbench.rules.access import Permission, Viewer
from workbench.rules.negotiation_reasons import Engaged, engaged_reasons
from workbench.rules.reasons import Reason


@dataclass(frozen=True, slots=True)
class Waits:
    """One place of the negotiation queue; `expected` is the expected money in play, in `currency`.

    `not_before` is set while it waits for its hour, `holder` while somebody works it, `reserved` names whose it is.
    """

    rank: int
    case_id: int
    debtor: str
    reference: str
    state: WorkState
    band: Band
    balance: Decimal
    expected: Decimal
    currency: str
    not_before: datetime | None
    holder: str | None
    reserved: str | None
    why: tuple[Reason, ...]


def negotiations(
    session: Session, who: Viewer, portfolio_id: int, *, at: datetime, limit: int | None = None
) -> list[Waits]:
    """A portfolio's negotiations as they are handed out: by urgency, then by expected money; what waits comes last."""
    who.require(Permission.WORK_QUEUE)
    who.require_portfolio(portfolio_id)
    rows = session.execute(_QUEUE, {"portfolio": portfolio_id, "limit": limit}).all()
    why = why_they_wait(session, [row.case_id for row in rows], at=at)
    return [
        Waits(
            rank=rank,
            case_id=row.case_id,
            debtor=row.name,
            reference=row.reference,
            state=WorkState(row.state),
            band=Band(row.band),
            balance=row.balance,
            expected=Decimal(row.score).quantize(Decimal("0.01")),
            currency=row.currency,
            not_before=row.not_before,
            holder=row.holder,
            reserved=row.reserved,
            why=why[row.case_id],
        )
        for rank, row in enumerate(rows, start=1)
    ]


def case_why(session: Session, who: Viewer, case_id: int, *, at: datetime) -> tuple[Reason, ...]:
    """Why one case waits for a negotiation; refused outside the viewer's portfolios."""
    portfolio_id = session.execute(_PORTFOLIO, {"case": case_id}).scalar()
    who.require_portfolio(portfolio_id or 0)
    return why_they_wait(session, [case_id], at=at)[case_id]


def why_they_wait(session: Session, case_ids: Sequence[int], *, at: datetime) -> dict[int, tuple[Reason, ...]]:
    """The reasons of many cases in one statement, for queries that have asked who may see them."""
    rows = session.execute(_WHY, {"cases": list(case_ids), "at": at}).mappings()
    return {row["case_id"]: engaged_reasons(_engaged(dict(row))) for row in rows}


def _engaged(row: dict[str, Any]) -> Engaged:
    row.pop("case_id")
    row["answer"] = ApprovalState(row["answer"]) if row["answer"] else None
    row["wrote_by"] = Channel(row["wrote_by"]) if row["wrote_by"] else None
    return Engaged(**row)


_PORTFOLIO = text("SELECT portfolio_id FROM collection_case WHERE id = :case")
_QUEUE = text("""
    SELECT w.case_id, w.state, w.band, w.score, w.not_before, d.name, d.reference, p.currency,
        coalesce(s.balance, 0) AS balance, holder.name AS holder, mine.name AS reserved
    FROM work_item w JOIN debtor d ON d.id = w.debtor_id JOIN portfolio p ON p.id = w.portfolio_id
    LEFT JOIN case_standing s ON s.case_id = w.case_id
    LEFT JOIN app_user holder ON holder.id = w.claimed_by LEFT JOIN app_user mine ON mine.id = w.reserved_for
    WHERE w.portfolio_id = :portfolio AND w.queue = 'negotiation' AND w.state <> 'closed'
    ORDER BY w.state = 'waiting', w.band, w.score DESC, w.id
    LIMIT :limit
""")
# what a person of ours has said or written since has answered it
_WHY = text(f"""
    SELECT c.id AS case_id, coalesce(w.band = {int(Band.CALLBACK)}, false) AS callback,
        coalesce(a.state = 'countered', false) AS countered,
        CASE WHEN a.ended > coalesce(ours.at, '-infinity') THEN a.state END AS answer, a.asker,
        coalesce(g.missed, 0) AS missed, coalesce(g.missed_limit, 0) AS missed_limit,
        CASE WHEN b.closed_on > coalesce((ours.at AT TIME ZONE p.time_zone)::date, '-infinity')
              AND b.closed_on > (:at AT TIME ZONE p.time_zone)::date - {BREAK_FRONT_DAYS} AND g.missed IS NULL
            THEN b.closed_on END AS broken_on,
        (SELECT i.channel FROM interaction i WHERE i.case_id = c.id AND {UNANSWERED}
         ORDER BY i.started_at DESC LIMIT 1) AS wrote_by,
        coalesce(ours.next_queue = 'negotiation', false) AS willing
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
    LEFT JOIN work_item w ON w.case_id = c.id AND w.queue = 'negotiation'
    LEFT JOIN LATERAL (
        SELECT ours.started_at AS at, x.next_queue FROM interaction ours JOIN disposition x ON x.code = ours.disposition_code
        WHERE ours.case_id = c.id AND {BY_A_PERSON} ORDER BY ours.started_at DESC LIMIT 1) ours ON true
    LEFT JOIN LATERAL (
        SELECT q.state, u.name AS asker, CASE WHEN q.state IN ('approved', 'rejected', 'expired')
            THEN coalesce(q.ended_at, q.decided_at) END AS ended
        FROM approval q JOIN app_user u ON u.id = q.requested_by
        WHERE q.case_id = c.id ORDER BY q.state = 'countered' DESC, q.requested_at DESC LIMIT 1) a ON true
    LEFT JOIN LATERAL (
        SELECT g.missed, g.missed_limit FROM agreement g WHERE g.case_id = c.id AND g.state = 'active' AND g.missed > 0
        ORDER BY g.missed DESC LIMIT 1) g ON true
    LEFT JOIN LATERAL (
        SELECT max(b.closed_on) AS closed_on FROM agreement b WHERE b.case_id = c.id AND b.state = 'broken') b ON true
    WHERE c.id = ANY(:cases)
""")
