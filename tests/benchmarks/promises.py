"""The promises of a night: how many are judged and written a second, against the floor of the same rows, bare.

A book where every case has an open promise, every tenth of them in three parts. Six of ten were paid: on time, in
part, or after their window. One night judges them all and writes what the payments made of them, with its lines for
the morning; the same night again finds nothing to write. The floor reads the same columns by COPY and writes the
promises that changed, once by a COPY into a bare table and once in place, by one plain UPDATE from a table that holds
the answers already: that is what the table's own indexes and the versions of its rows cost whoever changes them.

Seconds are given twice: on the clock, and of processor (this process and its database sessions).
"""

import argparse
import json
import os
import resource
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from models import NightlyRun, Portfolio
from tests.benchmarks.nightly import ratio, run, settle, stopwatch, watch_sessions
from tests.cast import NOW, TODAY, hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions import nights
from workbench.actions.promise_states import evaluate_promises
from workbench.actions.staging import copy_in
from workbench.queries import promise_columns as asked
from workbench.queries.columns import copy_out, typed

FILL = """
INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
SELECT :creditor, 'D' || n, 'Deudor ' || n, 'deudor ' || n, 'person', :zone, 'portfolio' FROM generate_series(1, :many) n;

INSERT INTO collection_case (portfolio_id, debtor_id, opened_on)
SELECT :portfolio, id, '2026-01-01' FROM debtor ORDER BY id;

INSERT INTO account (portfolio_id, case_id, number) SELECT portfolio_id, id, 'A' || id FROM collection_case ORDER BY id;

INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance)
SELECT id, case_id, '1', CAST(:on AS date) - 40, 1000, 1000 FROM account ORDER BY id;

INSERT INTO promise (portfolio_id, case_id, account_id, channel, state, amount, paid, taken_on, due_on, created_at)
SELECT :portfolio, case_id, CASE WHEN id % 3 = 0 THEN id END, 'call', 'open', 300 + id * 7919 % 60000 / 100.0, 0,
    CAST(:on AS date) - 16, CAST(:on AS date) - 12 + (id * 31 % 16)::int, now()
FROM account ORDER BY id;

INSERT INTO promise_part (promise_id, number, due_on, amount)
SELECT id, k, due_on - 2 * (3 - k), CASE WHEN k < 3 THEN round(amount / 3, 2) ELSE amount - 2 * round(amount / 3, 2) END
FROM promise, generate_series(1, 3) k WHERE id % 10 = 0 ORDER BY id, k;

INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT :portfolio, case_id, 'P' || id, 'payment', part, part, least(taken_on + (id * 17 % 15)::int, CAST(:on AS date)), now()
FROM promise CROSS JOIN LATERAL (SELECT CASE WHEN id % 4 = 0 THEN round(amount / 2, 2) ELSE amount END AS part) p
WHERE id % 10 < 6 ORDER BY id;

INSERT INTO allocation (payment_id, receivable_id, amount)
SELECT p.id, r.id, p.amount FROM payment p JOIN receivable r ON r.case_id = p.case_id ORDER BY p.id;

UPDATE receivable r SET balance = r.balance - p.amount FROM payment p WHERE p.case_id = r.case_id
"""
ANSWERS = """
    CREATE UNLOGGED TABLE answers AS
    SELECT id, state, paid, paid_late, closed_on FROM promise WHERE state <> 'open' OR paid > 0;
    UPDATE promise SET state = 'open', paid = 0, paid_late = 0, closed_on = NULL WHERE id IN (SELECT id FROM answers)
"""
PLAIN_UPDATE = """
    UPDATE promise p SET state = a.state, paid = a.paid, paid_late = a.paid_late, closed_on = a.closed_on
    FROM answers a WHERE a.id = p.id
"""


def fill(many: int) -> int:
    """Makes the book, as a bulk import and a year of calls would leave it; returns the portfolio's id."""
    with db.transaction() as session:
        people = hire(session)
        values = {
            "creditor": people.mexico.creditor_id, "portfolio": people.mexico.id, "zone": people.mexico.time_zone,
            "many": many, "on": TODAY,
        }  # fmt: skip
    run(FILL, values)
    settle()
    assert people.mexico.id is not None
    return people.mexico.id


def judge(portfolio_id: int, on: date) -> dict[str, float]:
    """Seconds of judging every promise of the book and telling what moved, as a night does, and how many it wrote."""
    seconds: dict[str, float] = {}
    watch_sessions()
    with db.transaction() as session:
        portfolio = session.get_one(Portfolio, portfolio_id)
        night = NightlyRun(portfolio_id=portfolio_id, business_date=on, started_at=NOW, heartbeat_at=NOW)
        session.add(night)
        session.flush()
        with stopwatch(seconds, "evaluate"):
            moves = evaluate_promises(session, portfolio, on=on)
        with stopwatch(seconds, "tell"):
            nights._tell_promises(session, night, moves)
    return seconds | {"moved": len(moves)}


def floor(portfolio_id: int, on: date) -> dict[str, float]:
    """Seconds of reading the same columns and writing the same promises with nothing in between."""
    seconds: dict[str, float] = {}
    run(ANSWERS, {})
    settle()
    watch_sessions()
    values = {"portfolio": portfolio_id, "on": on, "back": asked.LOOK_BACK_DAYS, "first": 0}
    with db.transaction() as session, stopwatch(seconds, "read"):
        for query, columns in (
            (asked._PROMISES.format(where=asked._EVERY), asked.PROMISES),
            (asked._PARTS.format(where=asked._EVERY), asked.PARTS),
            (asked._MONEY.format(where=asked._OF_BOOK), asked.MONEY),
        ):
            copy_out(session, typed(query, columns), values)
    with db.transaction() as session:
        rows = [copy_out(session, "SELECT p.* FROM promise p JOIN answers a ON a.id = p.id", {})]
        session.execute(text("CREATE TABLE bare_promise (LIKE promise)"))
    with db.transaction() as session, stopwatch(seconds, "write_bare"):
        copy_in(session, "COPY bare_promise FROM STDIN (FORMAT binary)", rows)
    del rows
    settle()
    with db.transaction() as session, stopwatch(seconds, "write_in_place"):
        session.execute(text(PLAIN_UPDATE))
    for unit in ("", " cpu"):
        seconds[f"bare{unit}"] = seconds[f"read{unit}"] + seconds[f"write_bare{unit}"]
        seconds[f"in_place{unit}"] = seconds[f"read{unit}"] + seconds[f"write_in_place{unit}"]
    return seconds


def measure(many: int) -> dict[str, Any]:
    """The night, the same night again, and the floor."""
    load = os.getloadavg()[0]
    portfolio_id = fill(many)
    first = judge(portfolio_id, TODAY)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    settle()
    again = judge_again(portfolio_id, TODAY)
    settle()
    states = found_states()
    bare = floor(portfolio_id, TODAY)
    done = {"promises": many, "first": first, "again": again, "floor": bare, "states": states, "peak_mb": peak}
    for unit in ("", "_cpu"):
        took = first[f"evaluate{unit.replace('_', ' ')}"]
        done[f"per_second{unit}"] = ratio(many, took)
        for kind in ("bare", "in_place"):
            done[f"ratio_{kind}{unit}"] = ratio(took, bare[f"{kind}{unit.replace('_', ' ')}"])
    return done | {"load": [load, os.getloadavg()[0]]}


def judge_again(portfolio_id: int, on: date) -> dict[str, float]:
    """Seconds of looking at every promise once more, where nothing has happened since."""
    seconds: dict[str, float] = {}
    watch_sessions()
    with db.transaction() as session, stopwatch(seconds, "evaluate"):
        moves = evaluate_promises(session, session.get_one(Portfolio, portfolio_id), on=on)
    return seconds | {"moved": len(moves)}


def found_states() -> dict[str, int]:
    with db.reading() as session:
        return {
            row[0]: row[1] for row in session.execute(text("SELECT state, count(*) FROM promise GROUP BY 1 ORDER BY 1"))
        }


def show(measured: dict[str, Any]) -> None:
    first, again, bare = measured["first"], measured["again"], measured["floor"]
    print(f"{measured['promises']:,} promises; load {measured['load'][0]:.1f} to {measured['load'][1]:.1f}", end="; ")
    print(f"peak memory {measured['peak_mb']:,.0f} MB; seconds on the clock (of processor)")
    print(f"  {first['moved']:,} moved: {measured['states']}; again: {again['moved']:,}")
    for name, seconds in (("judged and written", first), ("the same night again", again)):
        print(f"  {name:<24}{seconds['evaluate']:>8.2f} ({seconds['evaluate cpu']:.2f})")
    print(f"  {'lines for the morning':<24}{first['tell']:>8.2f} ({first['tell cpu']:.2f})")
    for part in ("read", "write_bare", "write_in_place"):
        print(f"  floor {part:<18}{bare[part]:>8.2f} ({bare[f'{part} cpu']:.2f})")
    print(f"  promises a second: {measured['per_second']:,.0f} ({measured['per_second_cpu']:,.0f})")
    for kind in ("bare", "in_place"):
        print(f"  ratio to the floor, {kind}: {measured[f'ratio_{kind}']:.2f} ({measured[f'ratio_{kind}_cpu']:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--promises", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with throwaway_folder() as home, embedded.using(Path(home)) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        measured = measure(wanted.promises)
        db.engine().dispose()
    if wanted.json:
        print(json.dumps(measured, indent=2))
    else:
        show(measured)


if __name__ == "__main__":
    main()
