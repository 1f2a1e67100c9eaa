"""Whose cases changed hands since the last morning: a line each, written with the morning that shows it.

The line is the difference between two mornings that were kept, found by the statement that keeps the second: whatever
moment a deal bears, and whenever it is committed, the first morning that knows the new owner tells it, and no other.
"""

# The deed that gave the case to whom it belongs now: the last one, made or ended.
_WHY = """
    SELECT e.reason FROM deal_case k JOIN deal d ON d.id = k.deal_id
    CROSS JOIN LATERAL (
        SELECT d.made_at AS at, k.owner_after AS owner_id, CASE d.kind WHEN 'deal' THEN 'dealt' WHEN 'cover' THEN 'covered'
               WHEN 'leaver' THEN 'leaver' ELSE 'portfolio_moved' END AS reason
        UNION ALL
        SELECT d.ended_at, k.owner_before, CASE d.state WHEN 'reverted' THEN 'cover_ended' ELSE 'deal_undone' END
        WHERE d.ended_at IS NOT NULL) e
    WHERE k.case_id = m.case_id AND k.owner_before IS DISTINCT FROM k.owner_after AND e.owner_id IS NOT DISTINCT FROM m.owner_id
    ORDER BY e.at DESC, d.id DESC LIMIT 1"""


def tell_from(source: str) -> str:
    """The statement part that tells of a source's cases: `case_id`, `owner_id`, `had_owner`, and whether a morning was `known`.

    Before and after are users' ids; what was dealt and given back between two mornings is not told. Without a :run
    nothing is; an owner that a new case came with is told only where a deal gave it.
    """
    return f"""INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
        SELECT CAST(:run AS int8), 'owner', m.case_id, m.had_owner::text, m.owner_id::text, coalesce(why.reason, 'dealt')
        FROM {source} m LEFT JOIN LATERAL ({_WHY}) why ON true
        WHERE CAST(:run AS int8) IS NOT NULL AND m.had_owner IS DISTINCT FROM m.owner_id
          AND (m.known OR why.reason IS NOT NULL)
        ON CONFLICT DO NOTHING RETURNING 1"""
