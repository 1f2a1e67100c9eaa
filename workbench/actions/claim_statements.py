"""The SQL of the hot path, built once: driver-level text, because entities cost several times the statement itself."""

from functools import cache

from workbench.queries.owners import keeper_of, owner_of

# Since when an item waits that becomes ready `:at`: since its moment came, though nobody looked at once; what is ready
# already goes on waiting since it began to.
READY_SINCE = "coalesce(w.ready_at, least(w.not_before, :at))"
CANDIDATES = 64  # heads looked at per zone when several may be called: as many agents may hold the very first ones

# A debtor claimed in another queue or portfolio is passed over; a scalar sub-select is never planned as a join.
_FREE_DEBTOR = "(SELECT c.id FROM work_item c WHERE c.debtor_id = w.debtor_id AND c.state = 'claimed' LIMIT 1) IS NULL"

# At most one: the database keeps each person to one claim.
_HELD = """
    (SELECT w.id FROM work_item w
     WHERE w.claimed_by = %(me)s AND w.portfolio_id = ANY(%(visible)s::bigint[])
     LIMIT 1 FOR UPDATE SKIP LOCKED)"""

_CALLBACK = f"""
    (SELECT w.id FROM work_item w JOIN unnest(%(callback_portfolios)s::bigint[], %(callback_zones)s::text[]) AS open (portfolio_id, zone)
       ON w.portfolio_id = open.portfolio_id AND w.zone = open.zone
     WHERE w.reserved_for = %(me)s AND w.state = 'waiting' AND w.not_before <= %(at)s AND w.band = 1 AND {_FREE_DEBTOR}
     ORDER BY w.not_before, w.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED)"""

_ONE_ZONE = f"""
    (SELECT w.id FROM work_item w
     WHERE w.portfolio_id = %(portfolio)s AND w.queue = %(queue)s AND w.zone = %(zone)s
       AND w.state = 'ready' AND w.reserved_for IS NULL AND {_FREE_DEBTOR}
     ORDER BY w.band, w.score DESC, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)"""

# The heads of every open zone are read without locks and merged; only the best free one is locked.
_SEVERAL_ZONES = f"""
    (SELECT w.id FROM (
        SELECT head.id, head.band, head.score
        FROM unnest(%({{zones}})s::text[]) AS open (zone) CROSS JOIN LATERAL (
            SELECT r.id, r.band, r.score FROM work_item r
            WHERE r.portfolio_id = %(portfolio)s AND r.queue = %(queue)s AND r.zone = open.zone
              AND r.state = 'ready' AND r.reserved_for {{whose}}
            ORDER BY r.band, r.score DESC, r.id LIMIT {CANDIDATES}) head
        ORDER BY head.band, head.score DESC, head.id OFFSET 0) best
     JOIN work_item w ON w.id = best.id
     WHERE w.state = 'ready' AND w.reserved_for {{whose}} AND {_FREE_DEBTOR} {{provided}}
     ORDER BY best.band, best.score DESC, best.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED)"""

# Most agents have nothing reserved: one probe spares one for every zone of the country.
_PROVIDED = "AND EXISTS (SELECT FROM work_item x WHERE x.reserved_for = %(me)s AND x.state = 'ready')"
_MINE = _SEVERAL_ZONES.format(zones="own_zones", whose="= %(me)s", provided=_PROVIDED)
_POOL = {
    1: _ONE_ZONE,
    2: _SEVERAL_ZONES.format(zones="zones", whose="IS NULL", provided=""),
}


@cache
def claim_statement(zones: int, *, own: bool) -> str:
    """Takes the best item and notes it in the audit, in one statement; `zones` = how many have items: 0, 1 or 2 for more.

    First what this person still holds, then their own due callbacks, what is reserved for them, and the pool;
    each arm is asked only when those before it found nothing; `own` = whether this person may have items of their own,
    because an arm costs the server something even when it is not asked. A held item is handed back without a new entry.
    """
    arms = [_HELD, *([_CALLBACK, _MINE] if own else []), *([_POOL[zones]] if zones else [])]
    return f"""
WITH claimed AS (
    UPDATE work_item SET
        state = 'claimed', claimed_by = %(me)s, lease_until = %(until)s, ready_at = NULL,
        claimed_at = CASE WHEN state = 'claimed' THEN claimed_at ELSE %(at)s END,
        not_before = CASE WHEN state = 'claimed' THEN not_before END
    WHERE id = coalesce({", ".join(arms)})
    RETURNING id, case_id, portfolio_id, band, lease_until, claimed_at
), noted AS (
    INSERT INTO audit_entry (at, by_id, deed, subject, subject_id, details)
    SELECT %(at)s, %(me)s, 'claim_next', 'work_item', id, jsonb_build_object('case_id', case_id)
    FROM claimed WHERE claimed_at = %(at)s
)
SELECT id, case_id, portfolio_id, band, lease_until FROM claimed"""


_PAUSED = """w.queue = 'call' AND EXISTS (
            SELECT FROM pause q WHERE q.case_id = w.case_id AND q.account_id IS NULL AND q.ended_at IS NULL
                AND q.until_on IS NULL)"""
# Given back: to the queue, or to waiting when it was opened before its moment; a callback that is due is its owner's or
# anyone's. What was paused without an end while somebody held it is nobody's. Who comes back to the queue waits anew.
GIVEN_BACK = f"""
    state = CASE WHEN w.not_before > :at THEN 'waiting' WHEN {_PAUSED} THEN 'closed' ELSE 'ready' END,
    ready_at = CASE WHEN w.not_before > :at OR {_PAUSED} THEN NULL ELSE CAST(:at AS timestamptz) END,
    not_before = CASE WHEN w.not_before > :at THEN w.not_before END,
    reserved_for = CASE WHEN w.band = 1 AND coalesce(w.not_before <= :at, true) THEN {owner_of("w.case_id")}
        ELSE {keeper_of("w")} END,
    claimed_by = NULL, claimed_at = NULL, lease_until = NULL"""

FREE_EXPIRED = f"""
WITH expired AS (
    SELECT id, claimed_by, claimed_at FROM work_item
    WHERE lease_until <= :at AND (CAST(:portfolio AS bigint) IS NULL OR portfolio_id = :portfolio)
    FOR UPDATE SKIP LOCKED
), freed AS (
    UPDATE work_item w SET {GIVEN_BACK} FROM expired WHERE w.id = expired.id
    RETURNING w.id, w.case_id, expired.claimed_by AS holder, expired.claimed_at
), noted AS (
    INSERT INTO audit_entry (at, by_id, deed, subject, subject_id, details)
    SELECT :at, NULL, 'free_expired', 'work_item', id,
        jsonb_build_object('case_id', case_id, 'holder', holder, 'claimed_at', claimed_at) FROM freed
)
SELECT count(*) FROM freed"""

# An own callback stays its author's for a few minutes; after that it is the owner's, or anyone's.
PROMOTE_DUE = f"""
WITH due AS (
    SELECT id FROM work_item
    WHERE state = 'waiting' AND not_before <= :at AND (CAST(:portfolio AS bigint) IS NULL OR portfolio_id = :portfolio)
      AND (band <> 1 OR reserved_for IS NULL OR not_before <= :own_callbacks_until)
    FOR UPDATE SKIP LOCKED
), promoted AS (
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = w.not_before,
        reserved_for = CASE WHEN w.band = 1 THEN {owner_of("w.case_id")} ELSE {keeper_of("w")} END
    FROM due WHERE w.id = due.id
    RETURNING w.id
)
SELECT count(*) FROM promoted"""
