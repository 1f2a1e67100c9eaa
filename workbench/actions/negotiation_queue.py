"""The negotiation queue's entrance: whose turn it is to be negotiated with, whatever brought it about."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from models import Band
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.contact_holds import hold
from workbench.queries.case_facts import BY_A_PERSON, UNANSWERED
from workbench.queries.owners import works
from workbench.rules.pauses import BARS_CONTACT


def open_negotiation(
    session: Session,
    case_ids: Collection[int],
    *,
    at: datetime,
    reserved_for: int | None = None,
    band: Band = Band.NEGOTIATION,
) -> int:
    """Puts these cases before their owner or whoever negotiates, or before one person; their call items are closed meanwhile.

    What is in somebody's hands stays there, an agreed callback keeps its hour, the more urgent of two bands stands, and
    so does somebody's reservation. Nothing is opened where nothing is owed or all contact is barred; what the law does
    not allow now waits. Done twice it changes nothing. Says how many cases now wait for a negotiation because of it.
    """
    if not case_ids:
        return 0
    session.flush()
    asked = {
        "cases": sorted({int(each) for each in case_ids}),
        "band": int(band),
        "reserved": reserved_for,
        "at": at,
        "barred": [kind.value for kind in BARS_CONTACT],
    }
    opened = session.execute(_OPEN, asked).all()
    hold(session, {row.debtor_id for row in opened}, at=at)
    return len(opened)


def let_wait(session: Session, case_ids: Sequence[int], until: Sequence[date], *, zone: str) -> int:
    """Lets negotiations wait while an agreement is on track: each until its day begins in `zone`; says how many wait anew.

    What is in somebody's hands and an agreed callback stay, and so does what is there because an approval was answered
    that nobody has told the debtor, or because the debtor wrote and nobody has answered.
    """
    if not case_ids:
        return 0
    asked = {"cases": list(case_ids), "until": list(until), "zone": zone}
    return len(session.execute(_LET_WAIT, asked).all())


def _asker(portfolio: str) -> str:
    """The one person for whom it is opened, while they work the portfolio: what is kept for who left, nobody could take."""
    return f"CASE WHEN {works('CAST(:reserved AS int8)', portfolio)} THEN CAST(:reserved AS int8) END"


# the cases are locked in the order of their ids, as payments and nights lock them
_OPEN = text(f"""
WITH chosen AS MATERIALIZED (
    SELECT c.id, c.portfolio_id, c.debtor_id, d.place, s.score,
        CASE WHEN {works("c.owner_id", "c.portfolio_id")} THEN c.owner_id END AS owner_id
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id JOIN case_standing s ON s.case_id = c.id
    WHERE c.id = ANY(:cases) AND s.balance > 0
      AND NOT EXISTS (SELECT FROM pause p WHERE p.case_id = c.id AND p.account_id IS NULL AND p.kind = ANY(:barred)
          AND p.ended_at IS NULL)
    ORDER BY c.id FOR NO KEY UPDATE OF c
), opened AS (
    INSERT INTO work_item AS w (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, reserved_for)
    SELECT portfolio_id, id, debtor_id, 'negotiation', 'ready', CAST(:at AS timestamptz), place, :band, score,
        coalesce({_asker("portfolio_id")}, owner_id)
    FROM chosen
    ON CONFLICT (case_id, queue) DO UPDATE SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}, zone = excluded.zone,
        score = excluded.score,
        band = CASE WHEN w.state = 'closed' THEN excluded.band ELSE least(w.band, excluded.band) END,
        reserved_for = CASE WHEN w.state = 'closed' THEN excluded.reserved_for
            ELSE coalesce({_asker("excluded.portfolio_id")}, w.reserved_for, excluded.reserved_for) END
    WHERE w.state <> 'claimed' AND NOT (w.state = 'waiting' AND w.band = 1)
      AND (w.state <> 'ready' OR w.band > excluded.band
           OR coalesce({_asker("excluded.portfolio_id")}, w.reserved_for, excluded.reserved_for, 0) <> coalesce(w.reserved_for, 0))
    RETURNING w.id, w.case_id, w.debtor_id, w.band, w.reserved_for
), closed AS (
    UPDATE work_item w SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL FROM chosen
    WHERE w.case_id = chosen.id AND w.queue = 'call' AND (w.state = 'ready' OR w.state = 'waiting' AND w.band <> 1)
), noted AS (
    INSERT INTO audit_entry (at, by_id, deed, subject, subject_id, details)
    SELECT :at, NULL, 'open_negotiation', 'work_item', id,
        jsonb_build_object('case_id', case_id, 'band', band, 'reserved_for', reserved_for) FROM opened
)
SELECT case_id, debtor_id FROM opened
""")
_LET_WAIT = text(f"""
    UPDATE work_item w SET state = 'waiting', ready_at = NULL, not_before = CAST(t.until AS timestamp) AT TIME ZONE :zone
    FROM unnest(CAST(:cases AS int8[]), CAST(:until AS date[])) AS t (case_id, until)
    WHERE w.case_id = t.case_id AND w.queue = 'negotiation' AND w.band <> {int(Band.CALLBACK)}
      AND (w.state = 'ready' OR w.state = 'waiting' AND w.not_before < CAST(t.until AS timestamp) AT TIME ZONE :zone)
      AND NOT EXISTS (SELECT FROM interaction i WHERE i.case_id = w.case_id AND {UNANSWERED})
      AND NOT EXISTS (SELECT FROM approval a WHERE a.case_id = w.case_id AND a.kind <> 'write_down' AND (
        a.state = 'countered' OR a.state IN ('approved', 'rejected', 'expired') AND coalesce(a.ended_at, a.decided_at) >
            coalesce((SELECT max(ours.started_at) FROM interaction ours WHERE ours.case_id = w.case_id AND {BY_A_PERSON}),
                '-infinity')))
    RETURNING w.id
""")
