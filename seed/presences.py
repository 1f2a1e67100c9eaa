"""When people were at work in the past weeks: around their calls, with a meeting on Mondays and a break at noon."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

WEEKS = 13


def remember_presences(session: Session, *, at: datetime) -> None:
    """Writes who was there on the days before today, by the calls that they made then."""
    session.execute(_WERE_THERE, {"since": at - timedelta(weeks=WEEKS), "at": at})


# The longest silence of the day, or what it leaves of three quarters of an hour, is the break.
_WERE_THERE = text("""
    WITH call AS (
        SELECT i.user_id, (i.started_at AT TIME ZONE p.time_zone)::date AS day, coalesce(i.claimed_at, i.started_at) AS began,
            i.ended_at, p.time_zone
        FROM interaction i JOIN portfolio p ON p.id = i.portfolio_id
        WHERE i.user_id IS NOT NULL AND i.channel = 'call' AND i.started_at >= :since
          AND (i.started_at AT TIME ZONE p.time_zone)::date < (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date
    ), pause AS (
        SELECT *, lead(began) OVER (PARTITION BY user_id, day ORDER BY began) - ended_at AS silence FROM call
    ), shift AS (
        SELECT user_id, day, min(began) - interval '4 minutes' AS began, max(ended_at) + interval '6 minutes' AS ended,
            (array_agg(ended_at ORDER BY silence DESC NULLS LAST, ended_at))[1] AS rests_from,
            CASE WHEN count(*) > 1 THEN least(max(silence) - interval '2 minutes', interval '45 minutes') END AS rests_for
        FROM pause GROUP BY user_id, day
    ), span AS (
        SELECT user_id, 'meeting' AS state, began - interval '25 minutes' AS from_at, began AS until_at, 'changed' AS because
        FROM shift WHERE extract(isodow FROM day) = 1
        UNION ALL SELECT user_id, 'available', began, rests_from, 'changed' FROM shift WHERE rests_for > interval '10 minutes'
        UNION ALL SELECT user_id, 'break', rests_from, rests_from + rests_for, 'changed'
        FROM shift WHERE rests_for > interval '10 minutes'
        UNION ALL SELECT user_id, 'available', CASE WHEN rests_for > interval '10 minutes' THEN rests_from + rests_for
            ELSE began END, ended, 'left' FROM shift
    )
    INSERT INTO presence (user_id, state, started_at, seen_at, ended_at, ended_because)
    SELECT user_id, state, from_at, until_at, until_at, because FROM span ORDER BY from_at, user_id
""")
