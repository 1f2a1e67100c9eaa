"""A queue as it was on a past morning, in the order in which it was handed out, and what became of each place since."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import text
from sqlmodel import Session

from models import Band, Queue, Stage, WorkState
from workbench import db
from workbench.queries.book_history import STOOD, require_book
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_

EVERY_PLACE = 2**31 - 1


class Became(StrEnum):
    """The furthest that people got with a case since."""

    PROMISE = "promise"
    RIGHT_PARTY = "right_party"
    CONTACT = "contact"
    ATTEMPT = "attempt"
    NOTHING = "nothing"


BECAME = {
    Became.PROMISE: N_("promised"),
    Became.RIGHT_PARTY: N_("right party reached"),
    Became.CONTACT: N_("contact"),
    Became.ATTEMPT: N_("attempted"),
    Became.NOTHING: N_("not touched"),
}


@dataclass(frozen=True, slots=True)
class PastPlace:
    """A place of a past queue: how the case stood that morning, and since then: contacts, money, how it stands now."""

    rank: int
    case_id: int
    reference: str
    name: str | None
    band: Band
    score: float
    balance: Decimal
    past_due: Decimal
    days_past_due: int
    stage: Stage
    attempts: int
    became: Became
    paid: Decimal
    past_due_now: Decimal
    state_now: WorkState | None


def queue_on(
    session: Session,
    who: Viewer | None,
    portfolio_id: int,
    on: date,
    *,
    queue: Queue = Queue.CALL,
    at: datetime,
    limit: int | None = 200,
) -> list[PastPlace]:
    """The cases that were ready in a queue on the morning of `on`, as the night left it; what followed until `at`.

    Attempts and results are those of people, not of messages; money is payments received, without reversed ones.
    """
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "on": on, "queue": queue.value, "at": at, "limit": limit or EVERY_PLACE}
    named = who is None or who.may(Permission.SEE_PERSONAL_DATA)
    return [
        PastPlace(
            rank, row.case_id, row.reference, row.name if named else None, Band(row.band), row.score, row.balance,
            row.past_due, row.days, Stage(row.stage), row.attempts, Became(row.became), row.paid, row.past_due_now,
            WorkState(row.state_now) if row.state_now else None,
        )
        for rank, row in enumerate(session.execute(_QUEUE, values, execution_options=db.AFRESH), start=1)
    ]  # fmt: skip


def queue_length_on(
    session: Session, who: Viewer | None, portfolio_id: int, on: date, *, queue: Queue = Queue.CALL
) -> int:
    """How many cases were ready in a queue on the morning of `on`."""
    require_book(who, portfolio_id)
    values = {"portfolio": portfolio_id, "on": on, "queue": queue.value}
    found: int = session.execute(_LENGTH, values, execution_options=db.AFRESH).scalar_one()
    return found


_READY = f"""
    h.portfolio_id = :portfolio AND h.queue = :queue AND h.state = 'ready' AND {STOOD.format(day="CAST(:on AS date)")}
"""
_LENGTH = text(f"SELECT count(*) FROM case_history h WHERE {_READY}")
# A case has one item a queue for as long as it lives: its id still breaks the ties. Items are looked up only for the
# first places and whoever shares the score of the last of them: of a long queue only those are ever sorted, which
# FETCH FIRST … WITH TIES would not do.
_QUEUE = text(f"""
    WITH last AS MATERIALIZED (
        SELECT band, score FROM (
            SELECT h.band, h.score FROM case_history h WHERE {_READY} ORDER BY h.band, h.score DESC LIMIT :limit) f
        ORDER BY band DESC, score LIMIT 1
    ), first AS MATERIALIZED (
        SELECT h.* FROM case_history h
        WHERE {_READY} AND (h.band, -h.score) <= (SELECT l.band, -l.score FROM last l)
    ), places AS MATERIALIZED (
        SELECT first.*, w.id AS item_id, w.state AS state_now
        FROM first JOIN work_item w ON w.case_id = first.case_id AND w.queue = first.queue
        ORDER BY first.band, first.score DESC, w.id LIMIT :limit)
    SELECT q.case_id, d.reference, d.name, q.band, q.score, q.balance, q.past_due, q.stage, q.state_now,
        greatest(coalesce(CAST(:on AS date) - q.counted_from, 0), 0) AS days, coalesce(i.attempts, 0) AS attempts,
        CASE WHEN i.promised THEN 'promise' WHEN i.reached THEN 'right_party' WHEN i.spoken THEN 'contact'
             WHEN i.attempts > 0 THEN 'attempt' ELSE 'nothing' END AS became,
        coalesce(m.paid, 0) AS paid, s.past_due AS past_due_now
    FROM places q JOIN collection_case c ON c.id = q.case_id JOIN debtor d ON d.id = c.debtor_id
    JOIN portfolio p ON p.id = c.portfolio_id JOIN case_standing s ON s.case_id = q.case_id
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE x.counts_attempt AND i.direction = 'outbound') AS attempts,
            bool_or(x.counts_contact) AS spoken, bool_or(x.counts_rpc) AS reached, bool_or(x.counts_promise) AS promised
        FROM interaction i JOIN disposition x ON x.code = i.disposition_code
        WHERE i.case_id = q.case_id AND i.user_id IS NOT NULL
          AND i.started_at >= CAST(:on AS timestamp) AT TIME ZONE p.time_zone AND i.started_at <= :at) i ON true
    LEFT JOIN LATERAL (
        SELECT sum(amount) AS paid FROM payment
        WHERE case_id = q.case_id AND paid_on >= :on AND kind = 'payment' AND reversed_on IS NULL) m ON true
    ORDER BY q.band, q.score DESC, q.item_id
""")
