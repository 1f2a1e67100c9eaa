"""What a night expects to come in from open promises and active agreements, kept as it was expected."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import ForecastSource, Portfolio
from workbench.rules.receipt_forecasts import HISTORY_DAYS, share_paid


def write_forecast(session: Session, portfolio: Portfolio, on: date) -> int:
    """Keeps, by day and source, what is due from the morning of `on`, and what of it used to come in.

    What is overdue but still within its grace is due that very morning. A forecast once kept is never made again.
    """
    values = {"portfolio": portfolio.id, "on": on}
    if session.execute(_KEPT, values).scalar_one():
        return 0
    since = {"since": on - timedelta(days=HISTORY_DAYS)}
    shares = {source: Decimal(0) for source in ForecastSource}
    for row in session.execute(_HISTORY, values | since):
        shares[ForecastSource(row.source)] = share_paid(row.paid, row.promised, row.items)
    named = {f"{source.value}_share": share for source, share in shares.items()}
    written: int = session.execute(_WRITE, values | named).rowcount  # type: ignore[attr-defined]
    return written


_KEPT = text("SELECT EXISTS (SELECT FROM receipt_forecast WHERE portfolio_id = :portfolio AND made_on = :on)")
_HISTORY = text("""
    SELECT 'promise' AS source, coalesce(sum(paid), 0) AS paid, coalesce(sum(amount), 0) AS promised, count(*) AS items
    FROM promise
    WHERE portfolio_id = :portfolio AND due_on >= :since AND due_on < :on
      AND state IN ('kept', 'partially_kept', 'broken', 'replaced')
    UNION ALL
    SELECT 'agreement', coalesce(sum(i.paid), 0), coalesce(sum(i.amount), 0), count(*)
    FROM agreement a JOIN installment i ON i.agreement_id = a.id
    WHERE a.portfolio_id = :portfolio AND i.due_on >= :since AND i.due_on < :on
      AND i.due_on <= coalesce(a.closed_on, :on) AND a.state <> 'withdrawn'
""")
# money pays the parts of a promise in their order
_WRITE = text("""
    INSERT INTO receipt_forecast (portfolio_id, made_on, for_on, source, due, expected, items)
    SELECT :portfolio, :on, for_on, source, sum(due),
           round(sum(due) * CASE source WHEN 'promise' THEN CAST(:promise_share AS numeric)
                                        ELSE CAST(:agreement_share AS numeric) END, 2), count(*)
    FROM (
        SELECT greatest(p.due_on, :on) AS for_on, 'promise' AS source, p.amount - p.paid AS due FROM promise p
        WHERE p.portfolio_id = :portfolio AND p.state = 'open'
          AND NOT EXISTS (SELECT FROM promise_part t WHERE t.promise_id = p.id)
        UNION ALL
        SELECT greatest(t.due_on, :on), 'promise', least(t.amount, t.upto - p.paid)
        FROM promise p JOIN LATERAL (
            SELECT due_on, amount, sum(amount) OVER (ORDER BY number) AS upto FROM promise_part
            WHERE promise_id = p.id) t ON true
        WHERE p.portfolio_id = :portfolio AND p.state = 'open'
        UNION ALL
        SELECT greatest(i.due_on, :on), 'agreement', i.amount - i.paid
        FROM agreement a JOIN installment i ON i.agreement_id = a.id
        WHERE a.portfolio_id = :portfolio AND a.state = 'active'
    ) owed
    WHERE due > 0 GROUP BY for_on, source
""")
