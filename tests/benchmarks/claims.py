"""Claims a second from 100,000 ready items: `claim_next` against the bare SKIP LOCKED statement, same server, same run.

Each claim is a transaction of its own: through `db.transaction()` with lease, law and audit, or the bare statement
on a psycopg connection. One process a connection; the two take turns, so that a busy machine slows both.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from models import Role
from tests.cast import NOW, hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions.worklist import LEASE, claim_next
from workbench.rules.access import Viewer

ITEMS, AGENTS = 100_000, 100_000
BARE = """
UPDATE work_item SET state = 'claimed', claimed_by = %(me)s, claimed_at = %(at)s, lease_until = %(until)s, ready_at = NULL
FROM (SELECT id FROM work_item
      WHERE portfolio_id = %(portfolio)s AND queue = 'call' AND zone = %(zone)s AND state = 'ready' AND reserved_for IS NULL
      ORDER BY band, score DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED) best
WHERE work_item.id = best.id RETURNING work_item.id
"""
RESET = """
TRUNCATE draft, deal_item, work_item;
INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, zone, band, score, ready_at)
SELECT c.portfolio_id, c.id, c.debtor_id, 'call', 'ready', d.time_zone, 4, mod(c.id * 7919, 100003), now()
FROM collection_case c JOIN debtor d ON d.id = c.debtor_id;
"""
ZONES = ("America/Mexico_City", "America/Cancun", "America/Hermosillo", "America/Tijuana")

Claim = Callable[[int], None]  # by the agent of this id
Way = Callable[[str, int], Claim]  # on this database, in this portfolio


def fill(zones: int) -> tuple[int, int]:
    """Makes the debtors, cases and agents; returns the portfolio and the first agent's id."""
    with db.transaction() as session:
        portfolio = hire(session).mexico
        names = {"creditor": portfolio.creditor_id, "portfolio": portfolio.id, "items": ITEMS, "agents": AGENTS}
        session.execute(
            text("""
            INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
            SELECT :creditor, 'D' || n, 'Deudor ' || n, 'deudor ' || n, 'person', (CAST(:zones AS text[]))[1 + n % :count], 'portfolio'
            FROM generate_series(1, :items) n"""),
            names | {"zones": list(ZONES[:zones]), "count": zones},
        )
        session.execute(
            text("""
            INSERT INTO collection_case (portfolio_id, debtor_id, opened_on)
            SELECT :portfolio, id, '2026-11-01' FROM debtor"""),
            names,
        )
        first = session.execute(
            text("""
            WITH made AS (
                INSERT INTO app_user (email, name, role, language, active, created_at)
                SELECT n || '@example.com', 'Agente ' || n, 'agent', 'es', true, now()
                FROM generate_series(1, :agents) n RETURNING id)
            SELECT min(id) FROM made"""),
            names,
        ).scalar_one()
    assert portfolio.id is not None
    return portfolio.id, first


def reset() -> None:
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(RESET)
        connection.exec_driver_sql("VACUUM ANALYZE work_item")
        connection.exec_driver_sql("CHECKPOINT")


def product(url: str, portfolio_id: int) -> Claim:
    db.connect(url, "")

    def claim(agent: int) -> None:
        who = Viewer(agent, "Agente", Role.AGENT, "es", frozenset({portfolio_id}))
        with db.transaction() as session:
            assert claim_next(session, who, portfolio_id=portfolio_id, at=NOW)

    return claim


def bare(url: str, portfolio_id: int) -> Claim:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(plain)
    asked = {"at": NOW, "until": NOW + LEASE, "portfolio": portfolio_id, "zone": ZONES[0]}

    def claim(agent: int) -> None:
        with connection.transaction():
            assert connection.execute(BARE, asked | {"me": agent}).fetchone()

    return claim


def one_connection(
    way: Way,
    url: str,
    portfolio_id: int,
    agents: range,
    start: Barrier,
    seconds: float,
    results: "Queue[list[float]]",
) -> None:
    claim = way(url, portfolio_id)
    took = []
    ours = iter(agents)
    for _ in range(12):  # connect, prepare
        claim(next(ours))
    start.wait()
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        claim(next(ours))
        took.append(time.perf_counter() - began)
    results.put(took)


def measure(way: Way, url: str, portfolio_id: int, first: int, connections: int, seconds: float) -> dict[str, float]:
    """Claims a second and the time of one, over all connections at once."""
    reset()
    db.engine().dispose()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(connections)
    results: Queue[list[float]] = fork.Queue()
    share = AGENTS // connections
    people = [range(first + n * share, first + (n + 1) * share) for n in range(connections)]
    workers = [
        fork.Process(target=one_connection, args=(way, url, portfolio_id, mine, start, seconds, results))
        for mine in people
    ]
    for worker in workers:
        worker.start()
    took = sorted(each for _ in workers for each in results.get())
    for worker in workers:
        worker.join()
    return {"per_second": len(took) / seconds, "p95_ms": 1000 * took[int(len(took) * 0.95)]}


def compare(url: str, portfolio_id: int, first: int, connections: int, rounds: int, seconds: float) -> dict[str, Any]:
    turns = [
        (
            measure(bare, url, portfolio_id, first, connections, seconds),
            measure(product, url, portfolio_id, first, connections, seconds),
        )
        for _ in range(rounds)
    ]
    reference, ours = ([turn[side] for turn in turns] for side in (0, 1))

    def middle(runs: list[dict[str, float]], figure: str) -> float:
        return round(statistics.median(run[figure] for run in runs), 2)

    return {
        "connections": connections,
        "claims_per_second": middle(ours, "per_second"),
        "bare_per_second": middle(reference, "per_second"),
        "ratio": round(statistics.median(o["per_second"] / r["per_second"] for r, o in turns), 2),
        "p95_ms": middle(ours, "p95_ms"),
        "bare_p95_ms": middle(reference, "p95_ms"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--zones", type=int, default=1, choices=range(1, 5), help="the bare statement knows only one")
    parser.add_argument("--durable", action="store_true", help="wait for the disk at every commit, as production does")
    asked = parser.parse_args()
    with (
        throwaway_folder() as home,
        embedded.using(Path(home), durable=asked.durable) as servers,
    ):
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        portfolio_id, first = fill(asked.zones)
        rows = [
            compare(servers.database_url, portfolio_id, first, connections, asked.rounds, asked.seconds)
            for connections in asked.connections
        ]
        db.engine().dispose()
    if asked.json:
        print(json.dumps({"items": ITEMS, "zones": asked.zones, "durable": asked.durable, "runs": rows}, indent=2))
        return
    print(f"{ITEMS:,} ready items, {asked.zones} zone(s), durable={asked.durable}; medians of {asked.rounds} rounds")
    for row in rows:
        print(
            f"{row['connections']:>3} connections: claim_next {row['claims_per_second']:>7,.0f}/s p95 {row['p95_ms']:>6.2f} ms"
            f" | bare {row['bare_per_second']:>7,.0f}/s p95 {row['bare_p95_ms']:>6.2f} ms | ratio {row['ratio']:.2f}"
        )


if __name__ == "__main__":
    main()
