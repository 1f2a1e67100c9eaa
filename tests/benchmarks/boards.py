"""Server time of each board over a million cases and ten million contacts, against the bare best query of its kind.

What is timed is what a page asks of the database and makes of it, without drawing: the first time in a fresh process
whose server has been started anew (`cold`: the disk's cache of the operating system stays), and then again and again
(`warm`). The bare query beside it counts the same rows by hand-written SQL with nothing else in it.

The book takes a quarter of an hour to fill: with `--home DIR` it stays there, and is found again the next time.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import DealWay, Period, Portfolio, Queue
from tests.benchmarks.large_book import TRIED, LargeBook, book, fill, filled, kept_or_throwaway
from tests.cast import NOW
from workbench import db, embedded
from workbench.queries import (
    assignment,
    book_history,
    deal_previews,
    floor,
    nights,
    order_simulations,
    past_queues,
    receipt_forecasts,
    vintages,
)
from workbench.queries.agent_days import agent_day
from workbench.queries.kpis import By, Scope, breakdown, figures, previous
from workbench.queries.order_report import Capacity, order_report
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Asked, Whose
from workbench.rules.kpis import KPIS, Family, Source
from workbench.rules.order_rules import Rules, Written
from workbench.rules.periods import period_of

AT = NOW + timedelta(hours=8)  # the evening: the day's contacts lie behind
ZONE = "America/Mexico_City"
ACTIVITY = [each.name for each in KPIS.values() if each.source is not Source.LISTED and each.family is not Family.BOOK]
BOOK = [each.name for each in KPIS.values() if each.family is Family.BOOK]
PEOPLE = ["attempts", "contacts", "right_parties", "promises", "recovery", "occupancy"]

BARE_NIGHT = """
SELECT kind, reason, count(*) FROM nightly_change
WHERE run_id = (SELECT id FROM nightly_run WHERE portfolio_id = :portfolio ORDER BY business_date DESC LIMIT 1) GROUP BY 1, 2
"""

# what each month's cases have brought in by month, the last morning's queue, and a deal in turns by priority
BARE_VINTAGES = """
SELECT date_trunc('month', c.opened_on), date_trunc('month', y.paid_on), count(*), sum(y.amount)
FROM payment y JOIN collection_case c ON c.id = y.case_id
WHERE c.portfolio_id = :portfolio AND y.kind = 'payment' AND y.reversed_on IS NULL GROUP BY 1, 2
"""
BARE_QUEUE = """
SELECT h.case_id, h.band, h.score FROM case_history h
WHERE h.portfolio_id = :portfolio AND h.queue = 'call' AND h.state = 'ready' AND h.from_on <= :on
    AND (h.until_on IS NULL OR h.until_on > :on) ORDER BY h.band, h.score DESC LIMIT 200
"""
BARE_ORDER = """
SELECT place <= 4000, count(*), sum(score) FROM (
    SELECT w.score, row_number() OVER (ORDER BY w.band, w.score * CASE WHEN s.stage = 'extrajudicial' THEN 0.8 ELSE 1 END DESC) AS place
    FROM work_item w JOIN case_standing s ON s.case_id = w.case_id
    WHERE w.portfolio_id = :portfolio AND w.queue = 'call' AND w.state = 'ready') q GROUP BY 1
"""
# what was late that morning, the largest first, and what of it a fortnight later
BARE_REPORT = """
SELECT place <= 4000, count(*), sum(later) FROM (
    SELECT sum(r.amount - coalesce(p.later, 0)) AS later,
        row_number() OVER (ORDER BY sum(r.amount - coalesce(p.before, 0)) DESC) AS place
    FROM receivable r LEFT JOIN (
        SELECT a.receivable_id, sum(a.amount) AS later, sum(a.amount) FILTER (WHERE y.paid_on < :on) AS before
        FROM payment y JOIN allocation a ON a.payment_id = y.id
        WHERE y.portfolio_id = :portfolio AND y.paid_on < CAST(:on AS date) + 14 GROUP BY 1) p ON p.receivable_id = r.id
    WHERE r.due_on < :on GROUP BY r.case_id) q GROUP BY 1
"""
BARE_DEAL = """
SELECT place % 200, count(*), sum(score), sum(balance) FROM (
    SELECT s.score, s.balance, row_number() OVER (ORDER BY s.score DESC) AS place
    FROM case_standing s JOIN collection_case c ON c.id = s.case_id
    WHERE s.portfolio_id = :portfolio AND s.balance > 0) d GROUP BY 1
"""

Board = Callable[[Session], Any]
Timed = tuple[Board, str | None, dict[str, Any]]

BARE_CONTACTS = """
SELECT count(*), count(*) FILTER (WHERE d.counts_contact), count(*) FILTER (WHERE d.counts_rpc)
FROM interaction i JOIN disposition d ON d.code = i.disposition_code
WHERE i.portfolio_id = :portfolio AND i.started_at >= :start AND i.started_at < :end
"""
BARE_PEOPLE = """
SELECT i.user_id, count(*), count(*) FILTER (WHERE d.counts_contact), count(*) FILTER (WHERE d.counts_rpc)
FROM interaction i JOIN disposition d ON d.code = i.disposition_code
WHERE i.portfolio_id = :portfolio AND i.started_at >= :start AND i.started_at < :end GROUP BY 1
"""
BARE_HOURS = """
SELECT extract(isodow FROM i.started_at AT TIME ZONE :zone), extract(hour FROM i.started_at AT TIME ZONE :zone), count(*)
FROM interaction i JOIN disposition d ON d.code = i.disposition_code AND d.counts_rpc
WHERE i.portfolio_id = :portfolio AND i.started_at >= :start AND i.started_at < :end GROUP BY 1, 2
"""
BARE_LISTED = """
SELECT count(*) FROM case_history h WHERE h.portfolio_id = :portfolio AND h.queue IS NOT NULL AND h.from_on <= :to
    AND (h.until_on IS NULL OR h.until_on > :from)
"""
BARE_BOOK = (
    "SELECT bucket, count(*), sum(balance), sum(past_due) FROM case_standing WHERE portfolio_id = :portfolio GROUP BY 1"
)


def boards(book: LargeBook) -> dict[str, Timed]:
    """Each board by name: what it asks, the bare query to compare with, and what that needs."""
    who, found = book.supervisor, dict[str, Timed]()
    for period in Period:
        scope = Scope((book.portfolio_id,), period_of(period, book.on)[0], book.on)
        bare = {
            "portfolio": book.portfolio_id,
            "zone": ZONE,
            "start": datetime.combine(scope.from_on, datetime.min.time(), tzinfo=NOW.tzinfo) + timedelta(hours=6),
            "end": datetime.combine(scope.to_on, datetime.min.time(), tzinfo=NOW.tzinfo) + timedelta(hours=30),
            "from": scope.from_on,
            "to": scope.to_on,
        }
        ask = partial(figures, who=who, names=ACTIVITY, at=AT)
        found[f"performance, figures of a {period}"] = (partial(ask, scope=scope), BARE_CONTACTS, bare)
        found[f"performance, the {period} before"] = (partial(ask, scope=previous(scope, period)), None, bare)
        listed = partial(figures, who=who, names=["penetration"], scope=scope, at=AT)
        found[f"performance, penetration of a {period}"] = (listed, BARE_LISTED, bare)
        by = partial(breakdown, who=who, scope=scope, at=AT)
        found[f"performance, agents of a {period}"] = (partial(by, names=PEOPLE, by=By.AGENT), BARE_PEOPLE, bare)
        hours = partial(by, names=["right_parties"], by=By.HOUR_WEEKDAY)
        found[f"performance, heat map of a {period}"] = (hours, BARE_HOURS, bare)
        health = partial(figures, who=who, names=BOOK, scope=scope, at=AT)
        found[f"health, figures of a {period}"] = (health, BARE_BOOK, bare)
    day = partial(agent_day, who=who, user_id=book.agents[7], on=book.on, zone=ZONE, at=AT)
    found["one agent's day"] = (day, None, {})
    return found | other_boards(book)


def other_boards(book: LargeBook) -> dict[str, Timed]:
    """The floor, the portfolio's matrices, a past queue, assignment, the order and the last night."""
    who, past = book.supervisor, book.on - timedelta(days=30)
    bare = {"portfolio": book.portfolio_id, "on": past}
    month = book.on - timedelta(days=45)  # every case has stood otherwise since
    asked: dict[str, Any] = {"who": who, "portfolio_id": book.portfolio_id}
    return {
        "floor": (partial(floor.floor, who=who, at=AT), None, {}),
        "health, roll matrix of a month": (
            partial(book_history.roll_matrix, **asked, from_on=month, to_on=book.on, buckets=7),
            BARE_BOOK,
            bare,
        ),
        "health, forecast": (partial(receipt_forecasts.forecast, **asked, on=book.on), None, bare),
        "health, vintages": (partial(vintages.vintages, **asked, on=book.on), BARE_VINTAGES, bare),
        "health, concentration": (partial(book_history.concentration, **asked, on=book.on), BARE_BOOK, bare),
        "a past morning's queue": (
            partial(past_queues.queue_on, **asked, on=past, at=AT, queue=Queue.CALL, limit=200),
            BARE_QUEUE,
            bare,
        ),
        "assignment, pivots": (
            partial(assignment.work, who=who, portfolio_ids=[book.portfolio_id]),
            BARE_BOOK,
            bare,
        ),
        "assignment, preview of a deal of everything": (
            partial(deal_previews.preview, who=who, asked=Asked(DealWay.COUNT, whose=Whose.ALL), at=AT),
            BARE_DEAL,
            bare,
        ),
        "order, simulation of rules": (partial(simulated, book=book, rules=rules(TRIED)), BARE_ORDER, bare),
        "order, report of a morning": (partial(reported, book=book, on=past), BARE_REPORT, bare),
        "last night": (partial(last_night, who=who), BARE_NIGHT, bare),
        "last night, the changes of one owner": (partial(last_night, who=who, owner=book.agents[7]), BARE_NIGHT, bare),
    }


def rules(written: list[dict[str, Any]]) -> Rules:
    return Written.model_validate_json(json.dumps({"rules": written})).rules


def simulated(session: Session, book: LargeBook, rules: Rules) -> Any:
    """What the editor asks for when somebody tries rules."""
    portfolio = session.get_one(Portfolio, book.portfolio_id)
    return order_simulations.simulation(session, book.manager, portfolio, rules, at=AT)


def reported(session: Session, book: LargeBook, on: date) -> Any:
    """What the order report asks for each of its mornings."""
    capacity = Capacity(4_000, {"rules": rules(TRIED)})
    return order_report(session, session.get_one(Portfolio, book.portfolio_id), on=on, capacity=capacity)


def last_night(session: Session, who: Viewer, owner: int | None = None) -> Any:
    """What the page asks for: the latest night, what it changed, and the cases behind the most frequent change."""
    night = nights.recent_nights(session, who)[0]
    filters = nights.Filters(owner=owner) if owner else None
    told = nights.change_tallies(session, who, night, filters)
    return nights.changes_of(session, who, night, told[0].kind, filters=filters), nights.not_sent(
        session, who, night, filters
    )


def once(board: Board) -> float:
    began = time.perf_counter()
    with db.reading() as session:
        board(session)
    return 1000 * (time.perf_counter() - began)


def bare_once(sql: str, values: dict[str, Any]) -> float:
    began = time.perf_counter()
    with db.reading() as session:
        session.execute(text(sql), values).all()
    return 1000 * (time.perf_counter() - began)


def measured(
    board: Board, sql: str | None, values: dict[str, Any], cold: float, rounds: int
) -> dict[str, float | None]:
    """Milliseconds: cold, warm p50 and p95, the bare query's p50, and the ratio of the two p50."""
    warm, bare = [], []
    for _ in range(rounds):
        warm.append(once(board))
        if sql:
            bare.append(bare_once(sql, values))
    warm.sort()
    p50 = statistics.median(warm)
    best = statistics.median(bare) if bare else None
    return {
        "cold_ms": cold,
        "p50_ms": p50,
        "p95_ms": warm[min(len(warm) - 1, int(len(warm) * 0.95))],
        "bare_ms": best,
        "ratio": p50 / best if best else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--contacts", type=int, default=10_000_000)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--home", type=Path, help="keep the filled book here")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with kept_or_throwaway(asked.home) as home:
        with embedded.using(home, durable=False) as servers:
            db.connect(servers.database_url, servers.redis_url)
            db.migrate()
            if not filled():
                fill(cases=asked.cases, contacts=asked.contacts, agents=asked.agents)
            db.engine().dispose()
        with embedded.using(home) as servers:  # started anew: nothing in its own memory
            db.connect(servers.database_url, servers.redis_url)
            mine = {name: board for name, board in boards(book()).items() if asked.only in name}
            cold = {name: once(board) for name, (board, _sql, _values) in mine.items()}
            found = {
                name: measured(board, sql, values, cold[name], asked.rounds)
                for name, (board, sql, values) in mine.items()
            }
            db.engine().dispose()
    if asked.json:
        print(json.dumps({"cases": asked.cases, "contacts": asked.contacts, "boards": found}))
        return
    print(f"{asked.cases:,} cases, {asked.contacts:,} contacts, {asked.agents} agents; ms")
    print(f"{'board':<44} {'cold':>8} {'p50':>8} {'p95':>8} {'bare p50':>9} {'ratio':>6}")
    for name, row in found.items():
        bare = (
            f"{row['bare_ms']:>9.1f} {row['ratio']:>6.2f}" if row["bare_ms"] and row["ratio"] else f"{'—':>9} {'—':>6}"
        )
        print(f"{name:<44} {row['cold_ms']:>8.1f} {row['p50_ms']:>8.1f} {row['p95_ms']:>8.1f} {bare}")


if __name__ == "__main__":
    main()
