"""The book's rows: how cases stood on the mornings at the ends of a period, and what was issued in between.

`end` says which: `opening` is the morning of the first day, `as_of` that of the last, `closing` the one after it (or the
last there is), `issued` a receivable of the period. Asked for sums alone, the mornings are read from their rollup, whose
rows are sums of the same columns.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.kpis import Source

_SPANS = """unnest(CAST(:book_ids AS bigint[]), CAST(:openings AS date[]), CAST(:as_ofs AS date[]), CAST(:closings AS date[]))
        AS m(portfolio_id, opening, as_of, closing)"""
_ENDS = f"""{_SPANS}
    CROSS JOIN LATERAL (VALUES ('opening', m.opening), ('as_of', m.as_of), ('closing', m.closing)) e(term, on_day)"""
_STOOD = """h.portfolio_id = m.portfolio_id AND h.from_on <= e.on_day
        AND (h.until_on IS NULL OR h.until_on > e.on_day)"""
_LATE_DAYS = "coalesce(e.on_day - h.counted_from, 0)"
_ISSUED = """
    SELECT q.id, 'issued', c.portfolio_id, c.owner_id, q.case_id, q.issued_on::timestamp, NULL, 1, 0,
        q.amount, 0, 0, 0, 0, 0, 0
    FROM receivable q JOIN collection_case c ON c.id = q.case_id
    WHERE 'issued' = ANY(:ends) AND c.portfolio_id = ANY(:book_ids)
        AND q.issued_on BETWEEN CAST(:from_on AS date) AND CAST(:to_on AS date)"""
_ROWS = f"""
    SELECT h.case_id AS ref, e.term, h.portfolio_id, h.owner_id AS user_id, h.case_id, e.on_day::timestamp AS local_at,
        NULL::text AS channel, 1 AS cases, (h.queue IS NOT NULL)::int AS listed, h.balance, h.past_due,
        (h.past_due > 0)::int AS late_cases, CASE WHEN h.past_due > 0 THEN h.balance ELSE 0 END AS late_balance,
        CASE WHEN h.past_due > 0 THEN h.balance ELSE 0 END * {_LATE_DAYS} AS late_balance_days,
        CASE WHEN {_LATE_DAYS} > 30 THEN h.past_due ELSE 0 END AS past_due_30,
        CASE WHEN {_LATE_DAYS} > 90 THEN h.past_due ELSE 0 END AS past_due_90
    FROM {_ENDS} JOIN case_history h ON {_STOOD}
    WHERE e.term = ANY(:ends)
    UNION ALL {_ISSUED}"""
_SUMS = f"""
    SELECT k.id AS ref, e.term, k.portfolio_id, k.owner_id AS user_id, NULL::bigint AS case_id,
        e.on_day::timestamp AS local_at, NULL::text AS channel, k.cases, k.listed, k.balance, k.past_due, k.late_cases,
        k.late_balance, k.late_balance_days, k.past_due_30, k.past_due_90
    FROM {_ENDS} JOIN book_day k ON k.portfolio_id = m.portfolio_id AND k.on_date = e.on_day
    WHERE e.term = ANY(:ends)
    UNION ALL {_ISSUED}"""
_WELL = """o.past_due = 0 AND o.from_on <= m.closing
        AND (o.until_on IS NULL OR o.until_on > m.closing)"""
_CURES = f"""
    SELECT h.case_id AS ref, h.portfolio_id, h.owner_id AS user_id, h.case_id, e.on_day::timestamp AS local_at,
        NULL::text AS channel, 1 AS late_cases, h.balance AS late_balance,
        CASE WHEN o.case_id IS NOT NULL THEN h.balance ELSE 0 END AS cured_balance
    FROM {_ENDS} JOIN case_history h ON {_STOOD} LEFT JOIN case_history o ON o.case_id = h.case_id AND {_WELL}
    WHERE e.term = 'opening' AND m.closing > m.opening AND h.past_due > 0"""
# How much was late the rollup says. A case that got well began to stand so after the opening and by the close: those are
# few, and only of them it is asked how they stood before.
_CURED = f"""
    SELECT k.id AS ref, k.portfolio_id, k.owner_id AS user_id, NULL::bigint AS case_id, m.opening::timestamp AS local_at,
        NULL::text AS channel, k.late_cases, k.late_balance, 0::numeric AS cured_balance
    FROM {_SPANS} JOIN book_day k ON k.portfolio_id = m.portfolio_id AND k.on_date = m.opening
    WHERE m.closing > m.opening
    UNION ALL
    SELECT h.case_id, h.portfolio_id, h.owner_id, h.case_id, o.opening::timestamp, NULL::text, 0, 0::numeric, h.balance
    FROM (
        SELECT o.case_id, m.opening FROM {_SPANS} JOIN case_history o ON o.portfolio_id = m.portfolio_id
            AND o.from_on > m.opening AND {_WELL}
        OFFSET 0) o
    JOIN case_history h ON h.case_id = o.case_id AND h.from_on <= o.opening AND h.until_on > o.opening
    WHERE h.past_due > 0"""
_MORNINGS = text("""
    SELECT p.id, coalesce((SELECT max(k.on_date) FROM book_day k WHERE k.portfolio_id = p.id AND k.on_date <= :from_on),
            (SELECT min(k.on_date) FROM book_day k WHERE k.portfolio_id = p.id AND k.on_date <= :to_on)) AS opening,
        (SELECT max(k.on_date) FROM book_day k WHERE k.portfolio_id = p.id AND k.on_date <= :to_on) AS as_of,
        (SELECT max(k.on_date) FROM book_day k WHERE k.portfolio_id = p.id AND k.on_date <= :after) AS closing
    FROM portfolio p WHERE p.id = ANY(:ids)
""")


def book_sql(source: Source, *, rows: bool) -> str:
    """The text of a source of the book; without `rows` what can be is read from the rollup."""
    if source is Source.CURES:
        return _CURES if rows else _CURED
    return _ROWS if rows else _SUMS


def mornings(session: Session, portfolio_ids: tuple[int, ...], from_on: date, to_on: date) -> dict[str, list[Any]]:
    """The mornings at the ends of a period by portfolio, as the texts bind them; none where none is remembered."""
    asked = {"ids": list(portfolio_ids), "from_on": from_on, "to_on": to_on, "after": to_on + timedelta(days=1)}
    found = session.execute(_MORNINGS, asked).all()
    columns = {"book_ids": "id", "openings": "opening", "as_ofs": "as_of", "closings": "closing"}
    return {name: [getattr(row, column) for row in found] for name, column in columns.items()}
