"""What the live floor costs: 200 agents at work, supervisors who watch them, a refresh every five seconds.

One server process on one core. A refresh is timed from the browser's asking until its last element has arrived, and
costs the server's processor time divided by the refreshes, both against a live page that draws nothing. All
supervisors see the same team, so they share what was read; `alone` is one supervisor, who shares with nobody. Below:
the reading itself, and the bare counting of the same people's contacts of the day.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from models import Role
from tests.benchmarks.browserless import Tab, open_tab
from tests.benchmarks.pages import DEBTORS, DEBTS, PAUSE, log_in, person, started
from tests.cast import NOW, hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions.dispositions import install_dispositions
from workbench.actions.presences import arrive
from workbench.actions.worklist import claim_next
from workbench.queries.floor import floor_books, floor_people, queues_of
from workbench.queries.floor_goals import floor_goals
from workbench.queries.users import viewer
from workbench.ui import floor_people as drawn
from workbench.ui.i18n import use

CALLS = 60  # of each agent today so far
TICK = os.sysconf("SC_CLK_TCK")

TODAY = """
INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, channel, direction, disposition_code,
                         started_at, ended_at, note, claimed_at)
SELECT gen_random_uuid(), :portfolio, (SELECT min(id) FROM collection_case) + (u * 97 + k) % :debtors, u, 'call', 'outbound',
       (ARRAY['call.no_answer', 'call.no_answer', 'call.voicemail', 'call.message_taken', 'call.no_commitment', 'call.promise'])[1 + k % 6],
       CAST(:at AS timestamptz) - k * INTERVAL '110 s', CAST(:at AS timestamptz) - k * INTERVAL '110 s' + INTERVAL '70 s', '',
       CAST(:at AS timestamptz) - k * INTERVAL '110 s' - INTERVAL '10 s'
FROM unnest(CAST(:agents AS bigint[])) u, generate_series(1, :calls) k;
INSERT INTO promise (portfolio_id, case_id, interaction_id, taken_by, taken_on, due_on, amount, paid, state, closed_on, channel, created_at)
SELECT portfolio_id, case_id, id, user_id, '2026-11-18', '2026-11-25', 500, 0, 'withdrawn', '2026-11-18', 'call', ended_at
FROM interaction WHERE disposition_code = 'call.promise';
"""
BARE = """
SELECT i.user_id, count(*) FILTER (WHERE d.counts_attempt), count(*) FILTER (WHERE d.counts_contact),
       count(*) FILTER (WHERE d.counts_rpc), count(*) FILTER (WHERE d.counts_promise)
FROM interaction i JOIN disposition d ON d.code = i.disposition_code
WHERE i.portfolio_id = :portfolio AND i.started_at >= :start AND i.user_id IS NOT NULL GROUP BY 1
"""


def fill(agents: int, watching: int) -> tuple[list[str], int]:
    """Makes the book, the agents' day so far, their claims, and the supervisors' log-ins; returns cookies and an id."""
    with db.transaction() as session:
        install_dispositions(session)
        portfolio = hire(session).mexico
        assert portfolio.id is not None
        people = [person(session, portfolio.id, f"agent{n}", Role.AGENT) for n in range(agents)]
        supervisors = [person(session, portfolio.id, f"boss{n}", Role.SUPERVISOR) for n in range(watching)]
        names = {
            "creditor": portfolio.creditor_id, "portfolio": portfolio.id, "zone": portfolio.time_zone, "debtors": DEBTORS,
            "agent": people[0], "agents": people, "calls": CALLS, "at": NOW,
        }  # fmt: skip
        for statement in (DEBTS + TODAY).split(";"):
            if statement.strip():
                session.execute(text(statement), names)
        tokens = [log_in(session, user_id) for user_id in supervisors]
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    for user_id in people:
        with db.transaction() as session:
            who = viewer(session, user_id)
            arrive(session, who, at=NOW)
            assert claim_next(session, who, portfolio_id=portfolio.id, at=NOW)
    return [f"session={token}" for token in tokens], supervisors[0]


def processor_seconds(pid: int) -> float:
    """The processor time that the server has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def watch(tab: Tab, seconds: float, start: float) -> list[float]:
    """One supervisor's page, refreshed every `PAUSE` seconds until the time is over."""
    await asyncio.sleep(start)
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        times.append(await tab.refresh())
        await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - began)))
    return times


async def measure(address: str, pid: int, cookies: list[str], page: str, seconds: float) -> dict[str, float]:
    """Milliseconds a refresh, waited for and of the processor, over all the sessions."""
    tabs = [await open_tab(address, page, cookie=cookie) for cookie in cookies]
    for tab in tabs:
        await tab.refresh()
        if tab.errors:
            raise SystemExit(f"the page failed: {tab.errors}")
    used = processor_seconds(pid)
    starts = [PAUSE * number / len(tabs) for number in range(len(tabs))]
    done = await asyncio.gather(*(watch(tab, seconds, at) for tab, at in zip(tabs, starts, strict=True)))
    used = processor_seconds(pid) - used
    for tab in tabs:
        await tab.close()
    times = sorted(1000 * each for tab in done for each in tab)
    return {
        "refreshes": len(times),
        "p50_ms": statistics.median(times),
        "p95_ms": times[int(len(times) * 0.95)],
        "processor_ms": 1000 * used / len(times),
    }


def compared(address: str, pid: int, cookies: list[str], seconds: float) -> dict[str, Any]:
    empty = asyncio.run(measure(address, pid, cookies, "empty-live", seconds))
    floor = asyncio.run(measure(address, pid, cookies, "floor", seconds))
    ratios = {f"{name}_ratio": floor[name] / empty[name] for name in ("p50_ms", "p95_ms", "processor_ms")}
    return {"sessions": len(cookies), "empty": empty, "floor": floor} | ratios


def reading(user_id: int) -> dict[str, float]:
    """Milliseconds of what a refresh is made of, and of the bare counting."""
    with db.reading() as session:
        who = viewer(session, user_id)
        use(who.language)  # as a page's script does: it looks for no other before each word
        books = floor_books(session, who)
        names = {book.portfolio_id: book.name for book in books}
        people = floor_people(session, who, books, at=NOW)
        goals = floor_goals(session, who, at=NOW)
        bare = {"portfolio": books[0].portfolio_id, "start": NOW.replace(hour=6)}
        return {
            "people_ms": _median(lambda: floor_people(session, who, books, at=NOW)),
            "bare_ms": _median(lambda: session.execute(text(BARE), bare).all()),
            "queues_ms": _median(lambda: queues_of(session, who, books, at=NOW)),
            "table_ms": _median(lambda: drawn.table(people, names, goals, NOW)),
        }


def _median(deed: Callable[[], Any], times: int = 15) -> float:
    taken = []
    for _time in range(times):
        start = time.perf_counter()
        deed()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def show(agents: int, found: list[dict[str, Any]], read: dict[str, float]) -> None:
    print(f"The floor of {agents} agents with {CALLS} calls each today, refreshed every {PAUSE:.0f} s; ms a refresh")
    print(
        f"{'sessions':>8} {'empty p50':>10} {'p95':>7} {'cpu':>6} {'floor p50':>10} {'p95':>7} {'cpu':>6} {'cpu ratio':>10}"
    )
    for level in found:
        empty, floor = level["empty"], level["floor"]
        print(
            f"{level['sessions']:>8} {empty['p50_ms']:>10.1f} {empty['p95_ms']:>7.1f} {empty['processor_ms']:>6.1f}"
            f" {floor['p50_ms']:>10.1f} {floor['p95_ms']:>7.1f} {floor['processor_ms']:>6.1f}"
            f" {level['processor_ms_ratio']:>10.2f}"
        )
    print(
        f"read once in 4 s for all: people {read['people_ms']:.1f} (bare count {read['bare_ms']:.1f}),"
        f" table {read['table_ms']:.1f}; once in 30 s: queues {read['queues_ms']:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with throwaway_folder() as folder, embedded.using(Path(folder)) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        cookies, supervisor = fill(asked.agents, max(asked.sessions))
        read = reading(supervisor)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = started(servers, port)
        try:
            address = f"http://127.0.0.1:{port}"
            found = [compared(address, process.pid, cookies[:n], asked.seconds) for n in asked.sessions]
        finally:
            process.terminate()
            process.wait(30)
            db.engine().dispose()
    if asked.json:
        told = {"measured_at": datetime.now().astimezone().isoformat(), "agents": asked.agents}
        print(json.dumps(told | {"reading": read, "levels": found}))
        return
    show(asked.agents, found, read)


if __name__ == "__main__":
    main()
