"""Server time of *My queue*, from *Save and next* to the redrawn page, against an empty page on the same server.

One server process on one core; every agent is a web-socket client speaking Streamlit's protocol and acts every
five seconds. What is measured is what an agent waits for: the click leaves, the transaction commits, the next debtor
is claimed, and the last element of the redrawn page has arrived. With `--home DIR` the book is the large one that the
boards' benchmark has left there.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError

from sqlalchemy import text
from sqlmodel import Session

from models import Role, TeamMember, User
from tests.benchmarks.browserless import Tab, open_tab
from tests.benchmarks.large_book import book, kept_or_throwaway
from tests.cast import NOW, hire
from tests.workers.scenes import rows
from workbench import db, embedded
from workbench.actions import sessions
from workbench.actions.dispositions import install_dispositions
from workbench.actions.worklist import claim_next
from workbench.queries.users import viewer

DEBTORS = 20_000
PAUSE = 5.0
A_DAY = sessions.Lifetime(timedelta(hours=10), timedelta(hours=12))
OUTCOME = "No contesta"
HERE = Path(__file__).parent
Deed = Callable[[Tab], Awaitable[float]]  # returns the seconds it took

DEBTS = """
INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
SELECT :creditor, 'D' || n, 'Deudora ' || n, 'deudora ' || n, 'person', :zone, 'portfolio' FROM generate_series(1, :debtors) n;
INSERT INTO collection_case (portfolio_id, debtor_id, opened_on) SELECT :portfolio, id, '2026-01-01' FROM debtor;
INSERT INTO contact_point (debtor_id, kind, value, raw, phone_kind, status, source, attempts, right_parties)
SELECT id, 'phone', '+52551' || lpad((id * 3 + k)::text, 7, '0'), '', 'mobile', 'active', 'benchmark', 0, 0
FROM debtor, generate_series(0, 2) k;
INSERT INTO account (portfolio_id, case_id, number) SELECT portfolio_id, id, 'A' || id FROM collection_case;
INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance)
SELECT a.id, a.case_id, k::text, DATE '2026-11-18' - 30 * k, 900 + a.id % 700, 900 + a.id % 700
FROM account a, generate_series(1, 4) k;
INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, channel, direction, disposition_code,
                         started_at, ended_at, note)
SELECT gen_random_uuid(), portfolio_id, id, :agent, 'call', 'outbound', 'call.no_answer',
       TIMESTAMPTZ '2026-11-17 16:00Z' - k * INTERVAL '3 days', TIMESTAMPTZ '2026-11-17 16:01Z' - k * INTERVAL '3 days', 'nota'
FROM collection_case, generate_series(1, 10) k;
INSERT INTO case_standing (case_id, portfolio_id, balance, past_due, oldest_due_on, bucket, stage, settled_count, late_count,
                           broken_promises, roll, cust, p_unpaid, reach, score)
SELECT r.case_id, :portfolio, sum(r.balance), sum(r.balance), min(r.due_on), 4, 'extrajudicial', 8, 3, 0, .5, .4, .5, .3,
       sum(r.balance) * .15
FROM receivable r GROUP BY r.case_id;
INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score)
SELECT :portfolio, c.id, c.debtor_id, 'call', 'ready', now(), :zone, 4, s.score
FROM collection_case c JOIN case_standing s ON s.case_id = c.id;
"""


def fill(agents: int) -> tuple[int, list[int]]:
    """Makes the book and the agents; returns its portfolio and them."""
    with db.transaction() as session:
        install_dispositions(session)
        portfolio = hire(session).mexico
        assert portfolio.id is not None
        names = {"creditor": portfolio.creditor_id, "portfolio": portfolio.id, "debtors": DEBTORS}
        agent_ids = [person(session, portfolio.id, f"agent{n}", Role.AGENT) for n in range(agents)]
        for statement in DEBTS.split(";")[:-1]:
            session.execute(text(statement), names | {"zone": portfolio.time_zone, "agent": agent_ids[0]})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return portfolio.id, agent_ids


def large(agents: int) -> tuple[int, list[int]]:
    """The book that is there, and as many of its agents."""
    found = book()
    return found.portfolio_id, list(found.agents[:agents])


def seated(portfolio_id: int, agent_ids: list[int]) -> list[str]:
    """Each agent logged in and holding a claim; returns their cookies."""
    with db.transaction() as session:
        tokens = [log_in(session, user_id) for user_id in agent_ids]
    for user_id in agent_ids:
        with db.transaction() as session:
            assert claim_next(session, viewer(session, user_id), portfolio_id=portfolio_id, at=NOW)
    return [f"session={token}" for token in tokens]


def log_in(session: Session, user_id: int) -> str:
    """The token of a session of this person, as the browser brings it."""
    return sessions.log_in(session, user_id, method="oidc", lifetime=A_DAY, at=NOW)


def person(session: Session, portfolio_id: int, name: str, role: Role) -> int:
    """Somebody new in a team of the portfolio."""
    user = User(email=f"{name}@example.com", name=name, role=role, created_at=NOW)
    session.add(user)
    session.flush()
    assert user.id is not None
    team = session.execute(text("SELECT team_id FROM team_portfolio WHERE portfolio_id = :p"), {"p": portfolio_id})
    session.add(TeamMember(team_id=team.scalar_one(), user_id=user.id))
    session.flush()
    return user.id


def serve(port: int) -> None:
    """The real server, its clock at a lawful hour, on one core."""
    import time_machine

    os.sched_setaffinity(0, {0})
    time_machine.travel(NOW, tick=True).start()
    from workbench import server, settings

    using = settings.load()
    db.connect(using.database_url or "", using.redis_url or "")
    server.run(using, "127.0.0.1", port, entrypoint=HERE / "with_empty_page.py")


def started(servers: embedded.Servers, port: int) -> "subprocess.Popen[bytes]":
    """A server process that answers."""
    environment = {**os.environ, "DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.pages", "--serve", str(port)], env=environment, cwd=HERE.parent.parent
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return process
    process.kill()
    raise SystemExit("the server did not start")


async def save_and_next(tab: Tab) -> float:
    """One outcome saved; checks that another debtor is on screen."""
    before = tab.key("save-")
    tab.type("outcome-", OUTCOME)
    seconds = await tab.run("save-")
    if tab.errors or tab.key("save-") == before:
        raise SystemExit(f"the page did not move on: {tab.errors or tab.texts}")
    return seconds


async def again(tab: Tab) -> float:
    return await tab.run("again")


async def act(tab: Tab, deed: Deed, seconds: float, start: float) -> list[float]:
    """One agent: does the deed every `PAUSE` seconds until the time is over."""
    await asyncio.sleep(start)
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        times.append(await deed(tab))
        await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - began)))
    return times


async def measure(address: str, cookies: list[str], page: str, deed: Deed, seconds: float) -> dict[str, float]:
    """p50 and p95 in milliseconds over all agents."""
    tabs = [await open_tab(address, page, cookie=cookie) for cookie in cookies]
    for tab in tabs:
        await deed(tab)
    spread = [PAUSE * number / len(tabs) for number in range(len(tabs))]
    done = await asyncio.gather(*(act(tab, deed, seconds, at) for tab, at in zip(tabs, spread, strict=True)))
    for tab in tabs:
        await tab.close()
    times = sorted(1000 * each for agent in done for each in agent)
    return {
        "actions": len(times),
        "p50_ms": statistics.median(times),
        "p95_ms": times[int(len(times) * 0.95)],
    }


def compared(address: str, cookies: list[str], seconds: float) -> dict[str, Any]:
    """Both pages, one after the other."""
    empty = asyncio.run(measure(address, cookies, "empty", again, seconds))
    queue = asyncio.run(measure(address, cookies, "my-queue", save_and_next, seconds))
    ratios = {"p50_ratio": queue["p50_ms"] / empty["p50_ms"], "p95_ratio": queue["p95_ms"] / empty["p95_ms"]}
    return {"agents": len(cookies), "empty": empty, "my_queue": queue} | ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, nargs="+", default=[1, 20, 150])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--home", type=Path, help="a large book, filled by tests.benchmarks.boards")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    with kept_or_throwaway(asked.home) as home, embedded.using(home) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        cookies = seated(*(large if asked.home else fill)(max(asked.agents)))
        [(debtors,)] = rows("SELECT count(*) FROM debtor")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = started(servers, port)
        try:
            found = [compared(f"http://127.0.0.1:{port}", cookies[:n], asked.seconds) for n in asked.agents]
        finally:
            process.terminate()
            process.wait(30)
            db.engine().dispose()
    if asked.json:
        print(json.dumps({"measured_at": datetime.now().astimezone().isoformat(), "levels": found}))
        return
    print(f"My queue, Save and next to redrawn page; {debtors:,} debtors; one server process on one core; ms")
    print(f"{'agents':>7} {'empty p50':>10} {'p95':>7} {'queue p50':>10} {'p95':>7} {'p50 ratio':>10}")
    for level in found:
        empty, queue = level["empty"], level["my_queue"]
        print(
            f"{level['agents']:>7} {empty['p50_ms']:>10.1f} {empty['p95_ms']:>7.1f}"
            f" {queue['p50_ms']:>10.1f} {queue['p95_ms']:>7.1f} {level['p50_ratio']:>10.2f}"
        )


if __name__ == "__main__":
    main()
