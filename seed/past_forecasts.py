"""What the nights of the past weeks would have expected to come in, by their own rule, from what was open then."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.receipt_forecasts import HISTORY_DAYS, share_paid


def keep_past_forecasts(session: Session, portfolio_id: int, mornings: Sequence[date]) -> None:
    """Keeps the forecasts of these mornings: what was open on each, times the share that had come in until then."""
    values = {"portfolio": portfolio_id, "mornings": list(mornings), "days": HISTORY_DAYS}
    found = session.execute(_HISTORY, values).all()
    shares = {"shares": [share_paid(row.paid, row.promised, row.items) for row in found]}
    session.execute(_WRITE, values | shares | {"mornings": [row.on_date for row in found]})


_HISTORY = text("""
    SELECT m.on_date, coalesce(sum(p.paid), 0) AS paid, coalesce(sum(p.amount), 0) AS promised, count(p.id) AS items
    FROM unnest(CAST(:mornings AS date[])) m (on_date)
    LEFT JOIN promise p ON p.portfolio_id = :portfolio AND p.due_on >= m.on_date - CAST(:days AS int)
        AND p.closed_on < m.on_date AND p.state IN ('kept', 'partially_kept', 'broken', 'replaced')
    GROUP BY m.on_date ORDER BY m.on_date
""")
# what is lost is lost by the night; what is kept on a day was open that morning
_WRITE = text("""
    INSERT INTO receipt_forecast (portfolio_id, made_on, for_on, source, due, expected, items)
    SELECT :portfolio, made_on, for_on, 'promise', sum(due), round(sum(due * share), 2), count(*) FROM (
        SELECT m.made_on, m.share, greatest(p.due_on, m.made_on) AS for_on, p.amount - least(p.amount, coalesce((
            SELECT sum(y.amount) FROM payment y WHERE y.case_id = p.case_id AND y.reversed_on IS NULL
                AND y.paid_on >= p.taken_on AND y.paid_on < m.made_on), 0)) AS due
        FROM unnest(CAST(:mornings AS date[]), CAST(:shares AS numeric[])) m (made_on, share)
        JOIN promise p ON p.portfolio_id = :portfolio AND p.taken_on < m.made_on
            AND (p.closed_on IS NULL OR p.closed_on > m.made_on
                 OR p.closed_on = m.made_on AND p.state NOT IN ('broken', 'partially_kept'))
    ) owed WHERE due > 0 GROUP BY made_on, for_on
""")
