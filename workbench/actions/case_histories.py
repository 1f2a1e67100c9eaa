"""What each morning began with, kept by the night: how every case stood, and the sums over them that boards read."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from workbench.actions.owner_changes import tell_from

MANY = 20_000  # new rows from which the planner would go wrong


@dataclass(frozen=True, slots=True)
class Morning:
    """How many cases' rows a morning opened, and how many changes of owner it told."""

    opened: int
    told: int


def write_morning(session: Session, portfolio: Portfolio, on: date, *, run_id: int | None = None) -> Morning:
    """Keeps how the cases stand on the morning of `on`, and the morning's sums; `run_id` tells who changed hands.

    Only what differs from the morning before is written. A morning that a finished night has kept stays as it was,
    whatever was paid, reversed or dealt since: a night done again adds only the cases that had no morning at all.
    """
    values = {"portfolio": portfolio.id, "on": on}
    kept = session.execute(_KEPT, values).scalar_one()
    opened, told = session.execute(_ADD_UNKNOWN if kept else _FOLLOW, values | {"run": run_id}).one()
    if opened >= MANY:
        session.execute(text("ANALYZE case_history"))
    if opened or not kept:
        session.execute(_SUM_LATEST, values)
    return Morning(opened, told)


def rebuild_book_days(session: Session, portfolio_id: int, from_on: date | None = None) -> int:
    """Makes the sums of a portfolio's mornings again from how its cases stood; says how many rows were not so.

    With `from_on`, only of that morning and the later ones. Sound sums stay as they are, byte for byte.
    """
    values = {"portfolio": portfolio_id, "from": from_on}
    mornings = session.execute(_MORNINGS, values).scalars().all()
    wrong: int = session.execute(_NO_MORNINGS, values | {"mornings": mornings}).rowcount  # type: ignore[attr-defined]
    for on in mornings:
        wrong += session.execute(_SUM_ANY, {"portfolio": portfolio_id, "on": on}).scalar_one()
    return wrong


_KEPT = text("""
    SELECT EXISTS (SELECT FROM nightly_run
                   WHERE portfolio_id = :portfolio AND business_date = :on AND state = 'done')
""")
# a work item's score may bear the supervisors' rules: it is the one the queue was ordered by
_STANDS = """
    SELECT c.id AS case_id, c.owner_id, s.balance, s.past_due, coalesce(s.counted_from, s.oldest_due_on) AS counted_from,
           s.bucket, s.stage, s.p_unpaid,
           CASE WHEN n.id IS NOT NULL THEN n.score WHEN w.id IS NOT NULL THEN w.score ELSE s.score END AS score,
           CASE WHEN n.id IS NOT NULL THEN n.queue ELSE w.queue END AS queue,
           CASE WHEN n.id IS NOT NULL THEN n.state ELSE w.state END AS state,
           CASE WHEN n.id IS NOT NULL THEN n.band ELSE w.band END AS band
    FROM collection_case c JOIN case_standing s ON s.case_id = c.id
    LEFT JOIN work_item w ON w.case_id = c.id AND w.queue = 'call' AND w.state <> 'closed'
    LEFT JOIN work_item n ON n.case_id = c.id AND n.queue = 'negotiation' AND n.state <> 'closed'
    WHERE c.portfolio_id = :portfolio
"""
_COLUMNS = ("owner_id", "balance", "past_due", "counted_from", "bucket", "stage", "p_unpaid", "score", "queue", "state",
            "band")  # fmt: skip
_HAD, _HAS = (f"({', '.join(f'{row}.{column}' for column in _COLUMNS)})" for row in "hs")
_OPEN = f"""
    INSERT INTO case_history (case_id, portfolio_id, from_on, {", ".join(_COLUMNS)})
    SELECT d.case_id, :portfolio, :on, {", ".join(f"d.{column}" for column in _COLUMNS)} FROM
"""
# a row is opened only after its case's last one is closed, so that one at a time is current
_FOLLOW = text(f"""
    WITH stands AS ({_STANDS}), differs AS MATERIALIZED (
        SELECT s.*, h.from_on, h.owner_id AS had_owner, h.case_id IS NOT NULL AS known FROM stands s LEFT JOIN case_history h ON h.case_id = s.case_id AND h.until_on IS NULL
        WHERE h.case_id IS NULL OR h.from_on < :on AND {_HAD} IS DISTINCT FROM {_HAS}
    ), closed AS (
        UPDATE case_history h SET until_on = :on FROM differs d
        WHERE h.case_id = d.case_id AND h.from_on = d.from_on RETURNING h.case_id
    ), opened AS ({_OPEN} differs d LEFT JOIN closed USING (case_id) RETURNING 1
    ), told AS ({tell_from("differs")})
    SELECT (SELECT count(*) FROM opened) AS opened, (SELECT count(*) FROM told) AS told
""")
_ADD_UNKNOWN = text(f"""
    WITH stands AS ({_STANDS}), unknown AS MATERIALIZED (
        SELECT s.*, CAST(NULL AS int8) AS had_owner, false AS known FROM stands s
        WHERE NOT EXISTS (SELECT FROM case_history h WHERE h.case_id = s.case_id)
    ), opened AS ({_OPEN} unknown d RETURNING 1), told AS ({tell_from("unknown")})
    SELECT (SELECT count(*) FROM opened) AS opened, (SELECT count(*) FROM told) AS told
""")
_MORNINGS = text("""
    SELECT business_date FROM nightly_run
    WHERE portfolio_id = :portfolio AND state = 'done' AND business_date >= (
        SELECT greatest(min(from_on), CAST(:from AS date)) FROM case_history WHERE portfolio_id = :portfolio)
    UNION SELECT DISTINCT from_on FROM case_history
    WHERE portfolio_id = :portfolio AND (CAST(:from AS date) IS NULL OR from_on >= :from) ORDER BY 1
""")
_NO_MORNINGS = text("""
    DELETE FROM book_day WHERE portfolio_id = :portfolio AND (CAST(:from AS date) IS NULL OR on_date >= :from)
        AND on_date <> ALL(CAST(:mornings AS date[]))
""")
# The sum of the scores is counted in hundredths: floating sums depend on the order of the rows.
_SUMS = """
    count(*) AS cases, count(h.queue) AS listed, sum(h.balance) AS balance, sum(h.past_due) AS past_due,
    count(*) FILTER (WHERE h.past_due > 0) AS late_cases,
    coalesce(sum(h.balance) FILTER (WHERE h.past_due > 0), 0) AS late_balance,
    coalesce(sum(h.balance * (:on - h.counted_from)) FILTER (WHERE h.past_due > 0), 0) AS late_balance_days,
    coalesce(sum(h.past_due) FILTER (WHERE :on - h.counted_from > 30), 0) AS past_due_30,
    coalesce(sum(h.past_due) FILTER (WHERE :on - h.counted_from > 90), 0) AS past_due_90,
    CAST(sum(CAST(round(h.score * 100) AS bigint)) * 0.01 AS double precision) AS expected
"""
_FIGURES = ("cases", "listed", "balance", "past_due", "late_cases", "late_balance", "late_balance_days", "past_due_30",
            "past_due_90", "expected")  # fmt: skip
_SUM = f"""
    WITH made AS MATERIALIZED (
        SELECT h.owner_id, h.bucket, h.stage, {_SUMS.replace(":on", "CAST(:on AS date)")} FROM case_history h
        WHERE h.portfolio_id = :portfolio AND {{there}} GROUP BY h.owner_id, h.bucket, h.stage
    ), gone AS (
        DELETE FROM book_day b WHERE b.portfolio_id = :portfolio AND b.on_date = :on AND NOT EXISTS (
            SELECT FROM made m
            WHERE (m.owner_id, m.bucket, m.stage) IS NOT DISTINCT FROM (b.owner_id, b.bucket, b.stage)) RETURNING 1
    ), written AS (
        INSERT INTO book_day AS b (portfolio_id, on_date, owner_id, bucket, stage, {", ".join(_FIGURES)})
        SELECT :portfolio, :on, owner_id, bucket, stage, {", ".join(_FIGURES)} FROM made
        ON CONFLICT (portfolio_id, on_date, owner_id, bucket, stage)
        DO UPDATE SET ({", ".join(_FIGURES)}) = ({", ".join(f"excluded.{each}" for each in _FIGURES)})
        WHERE ({", ".join(f"b.{each}" for each in _FIGURES)})
            IS DISTINCT FROM ({", ".join(f"excluded.{each}" for each in _FIGURES)}) RETURNING 1)
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
"""
_SUM_LATEST = text(_SUM.format(there="h.until_on IS NULL"))
_SUM_ANY = text(_SUM.format(there="h.from_on <= :on AND (h.until_on > :on OR h.until_on IS NULL)"))
