"""The night over a synthetic portfolio: cases a second, against the floor of a bare COPY out and in of the same rows.

Five nights, each size in a process and on a durable server of its own: the first of a fresh book; an ordinary next
one after 3 % of the cases paid; the same date again; one after which every score differs; and the floor. Rescoring is
what is done for each case: read the facts, decide over the columns, write standings and work items. The floor reads
the same columns by COPY and writes the same rows by COPY, once into bare tables and once into tables with the
product's indexes, constraints and foreign keys, which no way of writing can do without.

Seconds are given twice: on the clock, and of processor (this process and its database sessions), which says the same
on a machine that others use at the same time; the ratios are given for both.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
from sqlalchemy import text

from models import Portfolio
from tests.cast import NOW, TODAY, hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions import nights
from workbench.actions.dispositions import install_dispositions
from workbench.actions.staging import copy_in
from workbench.queries import case_facts
from workbench.queries.columns import copy_out, typed
from workbench.rules import nights as rules
from workbench.rules.scoring import Priors

FILL = """
INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
SELECT :creditor, 'D' || n, 'Deudor ' || n, 'deudor ' || n, 'person', :zone, 'portfolio' FROM generate_series(1, :cases) n;

INSERT INTO collection_case (portfolio_id, debtor_id, opened_on)
SELECT :portfolio, id, '2026-01-01' FROM debtor ORDER BY id;

INSERT INTO account (portfolio_id, case_id, number) SELECT portfolio_id, id, 'A' || id FROM collection_case ORDER BY id;

INSERT INTO contact_point (debtor_id, kind, value, raw, phone_kind, status, source, attempts, right_parties)
SELECT id, 'phone', '+5255' || 10000000 + id + k * 40000000, id, 'mobile', 'active', 'file', id % 9, id % 9 * (id % 4) / 8
FROM debtor, generate_series(0, 1) k WHERE k = 0 OR id % 10 < 3 ORDER BY id;

INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance)
SELECT id, case_id, '2', CAST(:on AS date) + 20 - (id * 7919 % 220)::int, a.amount, a.amount
FROM account CROSS JOIN LATERAL (SELECT 50 + id * 104729 % 500000 / 100.0 AS amount) a ORDER BY id;

INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance, settled_on)
SELECT id, case_id, '1', due_on, 100, 0, due_on + (id * 31 % 120)::int - 10
FROM account CROSS JOIN LATERAL (SELECT CAST(:on AS date) - 260 - (id * 6151 % 300)::int AS due_on) d WHERE id % 2 = 0 ORDER BY id;

INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT :portfolio, case_id, 'H' || id, 'payment', amount, amount, settled_on, now() FROM receivable WHERE number = '1' ORDER BY id;

INSERT INTO allocation (payment_id, receivable_id, amount)
SELECT p.id, r.id, p.amount FROM payment p JOIN receivable r ON r.case_id = p.case_id AND r.number = '1' ORDER BY p.id;

INSERT INTO promise (portfolio_id, case_id, channel, state, amount, paid, taken_on, due_on, created_at)
SELECT :portfolio, id, 'call', 'open', 100, 0, CAST(:on AS date) - 9, CAST(:on AS date) - 6 + (id % 12)::int, now()
FROM collection_case WHERE id % 20 = 7 ORDER BY id;

INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, channel, direction, disposition_code, note, started_at, ended_at)
SELECT gen_random_uuid(), :portfolio, c.id, :user, 'call', 'outbound',
       CASE WHEN c.id % 20 = 7 AND k = 2 THEN :promised ELSE :silent END, '', at, at + interval '3 minutes'
FROM collection_case c, generate_series(1, 2) k
CROSS JOIN LATERAL (SELECT CAST(:on AS timestamptz) - interval '30 days' + k * interval '10 days' AS at) t
WHERE c.id % 20 = 7 OR c.id % 10 = 1 ORDER BY c.id;
"""
PAY = """
INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT :portfolio, case_id, 'N' || id, 'payment', part, part, :on, now() FROM receivable
CROSS JOIN LATERAL (SELECT CASE WHEN id % 2 = 0 THEN balance ELSE round(balance / 2, 2) END AS part) p
WHERE number = '2' AND case_id * 7 % 100 < 3 AND part > 0 ORDER BY id;

INSERT INTO allocation (payment_id, receivable_id, amount)
SELECT p.id, r.id, p.amount FROM payment p JOIN receivable r ON 'N' || r.id = p.reference ORDER BY p.id;

UPDATE receivable r SET balance = r.balance - p.amount, settled_on = CASE WHEN r.balance = p.amount THEN p.paid_on END
FROM payment p WHERE p.reference = 'N' || r.id;
"""
CODES = """
SELECT min(code) FILTER (WHERE counts_promise), min(code) FILTER (WHERE counts_attempt AND NOT counts_contact)
FROM disposition WHERE NOT terminal
"""
CALL_EVERYBODY = "UPDATE contact_point SET attempts = attempts + 5, right_parties = right_parties + 1"
PARTS = {
    "statistics": (nights, "refresh_statistics"),
    "promises": (nights, "evaluate_promises"),
    "learn": (case_facts, "learned"),
    "read": (case_facts, "shard_facts"),
    "judge": (rules, "judge"),
    "write": (nights, "write"),
    "tell": (nights, "write_changes"),
    "remember": (nights, "_remember"),
    "check": (nights, "_violations"),
}


RESCORING = ("read", "judge", "write")


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds spent in each part of the nights done in the block, on the clock and, as "part cpu", of processor."""
    took = dict.fromkeys([*PARTS, *(f"{part} cpu" for part in PARTS)], 0.0)

    def watched(part: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with stopwatch(took, part):
                return real(*args, **kwargs)

        return call

    with ExitStack() as stack:
        for part, (module, name) in PARTS.items():
            stack.enter_context(patch.object(module, name, watched(part, getattr(module, name))))
        yield took


def fill(cases: int) -> int:
    """Makes the book, as a bulk import would leave it; returns the portfolio's id."""
    with db.transaction() as session:
        install_dispositions(session)
        people = hire(session)
        promised, silent = session.execute(text(CODES)).one()
        values = {
            "creditor": people.mexico.creditor_id, "portfolio": people.mexico.id, "zone": people.mexico.time_zone,
            "user": people.ana.user_id, "cases": cases, "on": TODAY, "promised": promised, "silent": silent,
        }  # fmt: skip
    run(FILL, values)
    settle()
    assert people.mexico.id is not None
    return people.mexico.id


def run(script: str, values: dict[str, Any]) -> None:
    with db.transaction() as session:
        for statement in filter(str.strip, script.split(";")):
            session.execute(text(statement), values)


def settle() -> None:
    """What a server has had time for by the evening: statistics, visibility maps, the disk's backlog."""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def night(portfolio_id: int, on: date) -> dict[str, Any]:
    """One night and where its time went."""
    before = written_so_far()
    watch_sessions()
    whole: dict[str, float] = {}
    with timed() as took, stopwatch(whole, "night"):
        report = nights.run_night(portfolio_id, on=on, at=NOW)
    return {
        "seconds": whole["night"],
        "cpu": whole["night cpu"],
        "cases": report.cases,
        "cases_per_second": report.cases / whole["night"],
        "cases_per_cpu_second": ratio(report.cases, whole["night cpu"]),
        "rescoring": sum(took[part] for part in RESCORING),
        "rescoring_cpu": sum(took[f"{part} cpu"] for part in RESCORING),
        "parts": took,
        "standings": report.standings,
        "items": report.items,
        "changes": report.changes,
        "promises": report.promises,
        "violations": report.violations,
        "rows_written": written_so_far() - before,
    }


def written_so_far() -> int:
    """Rows inserted, updated and deleted in all tables since the server started."""
    db.engine().dispose()  # a session tells its last counts when it ends
    time.sleep(0.5)
    with db.reading() as session:
        rows: int = session.execute(
            text("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables")
        ).scalar_one()
        return rows


def floor(portfolio_id: int, on: date) -> dict[str, float]:
    """Seconds of the bare COPY out of what is read, and of the COPY in of the standings and items that are written."""
    seconds: dict[str, float] = {}
    watch_sessions()
    with db.transaction() as session:
        portfolio, after = session.get_one(Portfolio, portfolio_id), 0
        priors = Priors.from_json(portfolio.learned)
        while shard := case_facts.next_shard(session, portfolio_id, after, nights.SHARD_SIZE):
            query = typed(case_facts.facts_query(f"BETWEEN {shard.first} AND {shard.last}"), case_facts.COLUMNS)
            with stopwatch(seconds, "copy_out"):
                copy_out(session, query, case_facts.facts_values(portfolio, on=on, priors=priors))
            after = shard.last
    for name, dressed in (("copy_in_bare", False), ("copy_in_keyed", True)):
        for table in ("case_standing", "work_item"):
            copy_back(table, seconds, name, dressed=dressed)
    for unit in ("", " cpu"):
        for kind in ("bare", "keyed"):
            seconds[f"{kind}{unit}"] = seconds[f"copy_out{unit}"] + seconds[f"copy_in_{kind}{unit}"]
    return seconds


def copy_back(table: str, seconds: dict[str, float], name: str, *, dressed: bool) -> None:
    """Times a COPY of all rows of a table into its double, with or without what hangs on the table."""
    with db.transaction() as session:
        rows = [copy_out(session, f"SELECT * FROM {table}", {})]
    run(f"CREATE TABLE floor_{table} (LIKE {table} {'INCLUDING ALL' if dressed else ''})", {})
    if dressed:
        run(";".join(foreign_keys(table)), {})
    settle()
    with stopwatch(seconds, name), db.transaction() as session:
        copy_in(session, f"COPY floor_{table} FROM STDIN (FORMAT binary)", rows)
    run(f"DROP TABLE floor_{table}", {})


def foreign_keys(table: str) -> list[str]:
    asked = (
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = CAST(:name AS regclass)"
    )
    with db.reading() as session:
        found = session.execute(text(asked), {"name": table}).scalars().all()
    return [f"ALTER TABLE floor_{table} ADD {each}" for each in found]


@contextmanager
def stopwatch(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Adds what the block took to `name`, and what it used of the processors to "name cpu"."""
    began, used = time.perf_counter(), processor()
    try:
        yield
    finally:
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
        seconds[f"{name} cpu"] = seconds.get(f"{name} cpu", 0.0) + processor() - used


SESSIONS: list[psutil.Process] = []
TICK = 1 / os.sysconf("SC_CLK_TCK")


def processor() -> float:
    """Seconds of processor used by this process and by its database sessions so far."""
    return sum(sum(process.cpu_times()[:2]) for process in [psutil.Process(), *SESSIONS])


def ratio(figure: float, seconds: float) -> float:
    """A figure by seconds; processor time is counted in ticks, and what was over before the first counts as one."""
    return figure / (seconds or TICK)


def watch_sessions() -> None:
    """Finds the server's side of the pool's two connections, which a night keeps: the lock's and the work's."""
    with db.engine().connect() as one, db.engine().connect() as other:
        SESSIONS[:] = [
            psutil.Process(each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()) for each in (one, other)
        ]


def measure(cases: int) -> dict[str, Any]:
    """All nights of one size."""
    load = os.getloadavg()[0]
    portfolio_id = fill(cases)
    done = {"first": night(portfolio_id, TODAY)}
    settle()
    tomorrow = TODAY + timedelta(days=1)
    run(PAY, {"portfolio": portfolio_id, "on": TODAY})
    done["next"] = night(portfolio_id, tomorrow)
    done["again"] = night(portfolio_id, tomorrow)
    settle()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bare = floor(portfolio_id, tomorrow)
    run(CALL_EVERYBODY, {})
    settle()
    done["all change"] = night(portfolio_id, tomorrow + timedelta(days=1))
    for each in done.values():
        for kind in ("bare", "keyed"):
            each[f"ratio_{kind}"] = ratio(each["rescoring"], bare[kind])
            each[f"ratio_{kind}_cpu"] = ratio(each["rescoring_cpu"], bare[f"{kind} cpu"])
    return {
        "cases": cases,
        "nights": done,
        "floor": bare,
        "peak_mb": peak,
        "load": [load, os.getloadavg()[0]],
    }


def one_size(cases: int) -> None:
    with throwaway_folder() as home, embedded.using(Path(home)) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        measured = measure(cases)
        db.engine().dispose()
    print(json.dumps(measured))


def of_its_own(cases: int) -> dict[str, Any]:
    """One size in a fresh process, whose peak of memory is then its own."""
    command = [sys.executable, "-m", "tests.benchmarks.nightly", "--one", "--cases", str(cases)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def show(measured: dict[str, Any]) -> None:
    floor = measured["floor"]
    print(f"\n{measured['cases']:,} cases; load {measured['load'][0]:.1f} to {measured['load'][1]:.1f}", end="; ")
    print(f"peak memory {measured['peak_mb']:,.0f} MB; seconds on the clock (of processor)")
    for part in ("copy_out", "copy_in_bare", "copy_in_keyed"):
        print(f"  floor {part:<14} {floor[part]:>7.2f} ({floor[f'{part} cpu']:.2f})")
    print(f"  {'night':<11}{'whole':>16}{'cases/s':>17}{'rescoring':>16}{'/floor':>13}{'/keyed':>13}{'rows':>11}")
    for name, night in measured["nights"].items():
        pairs = [
            (f"{night['seconds']:.2f} ({night['cpu']:.2f})", 16),
            (f"{night['cases_per_second']:,.0f} ({night['cases_per_cpu_second']:,.0f})", 17),
            (f"{night['rescoring']:.2f} ({night['rescoring_cpu']:.2f})", 16),
            *((f"{night[f'ratio_{kind}']:.2f} ({night[f'ratio_{kind}_cpu']:.2f})", 13) for kind in ("bare", "keyed")),
            (f"{night['rows_written']:,}", 11),
        ]
        print(f"  {name:<11}" + "".join(f"{shown:>{width}}" for shown, width in pairs))
        took = night["parts"]
        parts = [f"{part} {took[part]:.2f} ({took[f'{part} cpu']:.2f})" for part in PARTS if took[part] >= 0.005]
        print(f"    {', '.join(parts)}; {night['violations']} violations")


def show_growth(sizes: list[dict[str, Any]]) -> None:
    for small, large in itertools.pairwise(sizes):
        times = large["cases"] / small["cases"]
        first = [size["nights"]["first"] for size in (small, large)]
        clock, used = (ratio(first[1][unit], first[0][unit]) for unit in ("seconds", "cpu"))
        print(f"\n{small['cases']:,} to {large['cases']:,}: {times:.0f} times the cases, ", end="")
        print(f"{clock:.1f} times the time, {used:.1f} times the processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one_size(asked.cases[0])
        return
    sizes = [of_its_own(cases) for cases in asked.cases]
    if asked.json:
        print(json.dumps({"sizes": sizes}, indent=2))
        return
    for measured in sizes:
        show(measured)
    show_growth(sizes)


if __name__ == "__main__":
    main()
