"""A hundred thousand messages planned in one set-based step, against a bare COPY of the same rows.

The step is the whole of it, in one transaction with its commit: read the facts of every case, decide segment, arm,
step, stops, channel and lawful moment over columns, and insert the messages. The book is the nightly benchmark's, with
e-mails for half of it, calls of late for a seventh, a message of ten days ago for half, and open promises that stop
one in twenty. The floor writes the very rows that were planned, once into a table with the outbox's constraints,
indexes and foreign keys, and once into a bare one; it reads and decides nothing.

Seconds are given twice: on the clock, and of processor (this process and its database sessions).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from tests.actions.books import NIGHT, publish, segment, step
from tests.benchmarks import nightly
from tests.benchmarks.nightly import ratio, run, settle, stopwatch, watch_sessions
from tests.cast import TODAY
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions import planning
from workbench.actions.staging import copy_in
from workbench.queries import planned_steps
from workbench.queries.columns import copy_out

STRATEGY = {
    "segments": [
        segment(
            step("large", -30, "whatsapp", "sms", "email", valid_days=400),
            code="large",
            when={"amount": {"least": "2500"}},
            challenger={"share": 0.2, "steps": [step("formal", -30, "email", "sms", valid_days=400)]},
        ),
        segment(step("small", -30, "sms", "whatsapp", valid_days=400), code="small"),
    ]
}
MORE = """
INSERT INTO contact_point (debtor_id, kind, value, raw, status, source, attempts, right_parties)
SELECT id, 'email', concat('d', id, '@example.com'), id, 'active', 'file', 0, 0 FROM debtor WHERE id % 2 = 0 ORDER BY id;

INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt,
    on_date, channel, fallbacks, contact_point_id, chosen, state, not_before, expires_at, tries, planned_at, sent_at,
    provider, provider_id)
SELECT 'before-' || c.id, c.portfolio_id, c.id, c.debtor_id, 'step', :strategy, 'small', 'earlier', '2026-01-01',
    'champion', 1, CAST(:on AS date) - 10, 'sms', '[]', p.id, '{}', 'sent', at, at, 0, at, at, 'sandbox', 'before' || c.id
FROM collection_case c JOIN LATERAL (SELECT min(id) AS id FROM contact_point WHERE debtor_id = c.debtor_id) p ON true
CROSS JOIN LATERAL (SELECT CAST(:on AS timestamptz) - interval '10 days' AS at) t WHERE c.id % 2 = 1 ORDER BY c.id
"""
PARTS = {
    "read": (planned_steps, "message_facts"),
    "decide": (planned_steps, "plan_steps"),
    "insert": (planning, "write_messages"),
}


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds spent in each part of the planning done in the block."""
    took: dict[str, float] = {}

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
    """Makes the book and puts a strategy in force in which every case is due."""
    portfolio_id = nightly.fill(cases)
    with db.transaction() as session:
        strategy = publish(session, session.get_one(Portfolio, portfolio_id), STRATEGY)
    run(MORE, {"on": TODAY, "strategy": strategy.id})
    settle()
    return portfolio_id


def plan(portfolio_id: int) -> planning.Planned:
    with db.transaction() as session:
        return planning.plan_night(session, session.get_one(Portfolio, portfolio_id), on=TODAY, at=NIGHT)


def measure(cases: int) -> dict[str, Any]:
    """The planning of one night, the same again, and the floor."""
    portfolio_id = fill(cases)
    load, before = os.getloadavg()[0], peak_mb()
    watch_sessions()
    whole: dict[str, float] = {}
    with timed() as took, stopwatch(whole, "plan"):
        planned = plan(portfolio_id)
    peak = peak_mb()
    with stopwatch(whole, "again"):
        again = plan(portfolio_id)
    assert not again.wrote
    settle()
    for name, dressed in (("bare", False), ("keyed", True)):
        copy_back(whole, name, dressed=dressed)
    return {
        "cases": cases,
        "messages": planned.messages,
        "held": planned.held,
        "seconds": whole,
        "parts": took,
        "ratios": {
            f"{kind}{unit}": ratio(whole[f"plan{unit}"], whole[f"{kind}{unit}"])
            for kind in ("keyed", "bare")
            for unit in ("", " cpu")
        },
        "peak_mb": peak,
        "peak_before_mb": before,
        "load": [load, os.getloadavg()[0]],
    }


def peak_mb() -> float:
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def copy_back(seconds: dict[str, float], name: str, *, dressed: bool) -> None:
    """Times a COPY of the planned rows into the outbox's double, with or without what hangs on the table."""
    with db.transaction() as session:
        rows = [copy_out(session, "SELECT * FROM message WHERE state = 'planned' ORDER BY id", {})]
    run(f"CREATE TABLE floor_message (LIKE message {'INCLUDING ALL' if dressed else ''})", {})
    if dressed:
        run(";".join(nightly.foreign_keys("message")), {})
    settle()
    with stopwatch(seconds, name), db.transaction() as session:
        _copy(session, rows)
    run("DROP TABLE floor_message", {})


def _copy(session: Session, rows: list[bytes]) -> None:
    session.execute(text("SELECT 1"))
    copy_in(session, "COPY floor_message FROM STDIN (FORMAT binary)", rows)


def one_size(cases: int) -> None:
    with throwaway_folder() as home, embedded.using(Path(home)) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        measured = measure(cases)
        db.engine().dispose()
    print(json.dumps(measured))


def of_its_own(cases: int) -> dict[str, Any]:
    """One size in a fresh process, whose peak of memory is then its own."""
    command = [sys.executable, "-m", "tests.benchmarks.outbox_planning", "--one", "--cases", str(cases)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def show(measured: dict[str, Any]) -> None:
    seconds, parts, ratios = measured["seconds"], measured["parts"], measured["ratios"]

    def both(took: dict[str, float], name: str) -> str:
        return f"{took[name]:.2f} ({took[f'{name} cpu']:.2f})"

    load = measured["load"]
    print(
        f"{measured['messages']:,} messages of {measured['cases']:,} cases; load {load[0]:.1f} to {load[1]:.1f}", end=""
    )
    print("; seconds on the clock (of processor)")
    print(f"  held back: {', '.join(f'{code} {count:,}' for code, count in measured['held'].items())}")
    print(f"  planned   {both(seconds, 'plan')}: {', '.join(f'{part} {both(parts, part)}' for part in PARTS)}")
    print(f"  again     {both(seconds, 'again')}, nothing written")
    print(f"  COPY into the outbox's double  {both(seconds, 'keyed')}, planned / COPY {both(ratios, 'keyed')}")
    print(f"  COPY into a bare table         {both(seconds, 'bare')}, planned / COPY {both(ratios, 'bare')}")
    print(f"  peak memory {measured['peak_mb']:,.0f} MB, before planning {measured['peak_before_mb']:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=[105_263])
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


if __name__ == "__main__":
    main()
