"""A portfolio's queues in the order in which they are handed out, each place with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Band, Channel, Portfolio, Queue
from workbench.queries.case_facts import UNANSWERED
from workbench.queries.negotiations import why_they_wait
from workbench.queries.order_facts import rules_told
from workbench.queries.order_versions import rules_in_force
from workbench.rules.negotiation_reasons import WAITS
from workbench.rules.order_rules import Told
from workbench.rules.reasons import SHOWN, Factors, Reason, Reply, reasons
from workbench.rules.scoring import Priors


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the queue; the amount at stake is what is past due, in the portfolio's currency."""

    rank: int
    case_id: int
    debtor: str
    amount_at_stake: Decimal
    currency: str
    days_past_due: int
    score: float
    band: Band
    reasons: tuple[Reason, ...]


def ranked_queue(
    session: Session, portfolio: Portfolio, *, at: datetime, limit: int | None = None, queue: Queue = Queue.CALL
) -> list[Place]:
    """The debtors who may be called, the first to be called first: by band, then by score, as `claim_next` takes them.

    Days past due are those of the last night's business date, the day the score speaks of. A negotiation's reasons
    begin with what there is to agree on.
    """
    on = portfolio.business_date or at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    priors = Priors.from_json(portfolio.learned)
    rows = session.execute(_QUEUE, {"portfolio": portfolio.id, "on": on, "limit": limit, "queue": queue.value}).all()
    rules = _rules(session, portfolio, rows, on)
    ranked = enumerate(zip(rows, rules, strict=True), start=1)
    places = [_place(rank, row, of, portfolio.currency, priors) for rank, (row, of) in ranked]
    if queue != Queue.NEGOTIATION:
        return places
    why = why_they_wait(session, [place.case_id for place in places], at=at)
    return [replace(place, reasons=_engaged(why[place.case_id], place.reasons)) for place in places]


def _engaged(why: tuple[Reason, ...], others: tuple[Reason, ...]) -> tuple[Reason, ...]:
    said = {reason.msgid for reason in why} | {WAITS.msgid}
    return (*why, *(reason for reason in others if reason.msgid not in said))[:SHOWN]


def _rules(session: Session, portfolio: Portfolio, rows: Sequence[Row[Any]], on: date) -> list[tuple[Told, ...]]:
    """The rules of the order, in force, that hold for each place."""
    assert portfolio.id is not None
    cases = [dict(row._mapping) | {"broken": row.broken_promises} for row in rows]  # noqa: SLF001  # a row's own name for it
    return rules_told(session, portfolio.id, rules_in_force(session, portfolio.id), cases, on=on)


def _place(rank: int, row: Row[Any], rules: tuple[Told, ...], currency: str, priors: Priors) -> Place:
    factors = Factors(
        days=row.days,
        past_due=row.past_due,
        late=row.late_count,
        settled=row.settled_count,
        roll=row.roll,
        cust=row.cust,
        reach=row.reach,
        broken=row.broken_promises,
        has_phone=row.has_phone,
        band=Band(row.band),
        reply=Reply(Channel(row.wrote_by), None) if row.wrote_by else None,
        rules=rules,
    )
    why = reasons(factors, priors)
    return Place(rank, row.case_id, row.reference, row.past_due, currency, row.days, row.score, Band(row.band), why)


_QUEUE = text(f"""
    SELECT w.case_id, w.band, w.score, d.reference, s.past_due, s.balance, s.stage, coalesce(:on - coalesce(s.counted_from, s.oldest_due_on), 0) AS days,
           s.late_count, s.settled_count, s.roll, s.cust, s.reach, s.broken_promises, s.p_unpaid,
           EXISTS (SELECT FROM contact_point p
                   WHERE p.debtor_id = d.id AND p.kind = 'phone' AND p.status = 'active') AS has_phone,
           (SELECT i.channel FROM interaction i WHERE i.case_id = w.case_id AND {UNANSWERED}
            ORDER BY i.started_at DESC LIMIT 1) AS wrote_by
    FROM work_item w
    JOIN case_standing s ON s.case_id = w.case_id
    JOIN debtor d ON d.id = w.debtor_id
    WHERE w.portfolio_id = :portfolio AND w.queue = :queue AND w.state = 'ready'
    ORDER BY w.band, w.score DESC, w.id
    LIMIT :limit
""")
