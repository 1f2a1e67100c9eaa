"""Whose cases changed hands since the last night: told by the next one, from the deals of work."""

from sqlalchemy import text
from sqlmodel import Session

from models import NightlyRun


def tell_owner_changes(session: Session, run: NightlyRun) -> int:
    """Adds a line for each case that deals gave to somebody else between the last night's beginning and this one's.

    Before and after are users' ids. What was dealt and given back in between is not told. Returns how many lines.
    """
    return int(session.execute(_TELL, {"run": run.id}).rowcount)  # type: ignore[attr-defined]


_TELL = text("""
    WITH night AS (
        SELECT r.id, r.portfolio_id, r.started_at AS until,
               coalesce((SELECT p.started_at FROM nightly_run p WHERE p.portfolio_id = r.portfolio_id
                         AND p.business_date < r.business_date ORDER BY p.business_date DESC LIMIT 1), '-infinity') AS since
        FROM nightly_run r WHERE r.id = :run
    ), deeds AS (
        SELECT d.id, d.made_at AS at, false AS ended, CASE d.kind WHEN 'deal' THEN 'dealt' WHEN 'cover' THEN 'covered'
               WHEN 'leaver' THEN 'leaver' ELSE 'portfolio_moved' END AS reason
        FROM deal d, night n WHERE d.made_at >= n.since AND d.made_at < n.until
        UNION ALL
        SELECT d.id, d.ended_at, true, CASE d.state WHEN 'reverted' THEN 'cover_ended' ELSE 'deal_undone' END
        FROM deal d, night n WHERE d.ended_at >= n.since AND d.ended_at < n.until
    ), moved AS (
        SELECT k.case_id, (array_agg(CASE WHEN e.ended THEN k.owner_after ELSE k.owner_before END ORDER BY e.at, e.id))[1] AS was,
               (array_agg(e.reason ORDER BY e.at DESC, e.id DESC))[1] AS reason
        FROM deeds e JOIN deal_case k ON k.deal_id = e.id GROUP BY k.case_id
    )
    INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
    SELECT n.id, 'owner', c.id, m.was::text, c.owner_id::text, m.reason
    FROM moved m JOIN collection_case c ON c.id = m.case_id JOIN night n ON n.portfolio_id = c.portfolio_id
    WHERE m.was IS DISTINCT FROM c.owner_id
    ON CONFLICT DO NOTHING
""")
