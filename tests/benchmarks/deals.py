"""A deal of 100,000 cases to 200 agents: preview, apply, undo against the bare UPDATE from a staged table; how even it is.

Statements are counted while the deal is applied. Undo is compared byte for byte: every row of the touched tables, as
text, before the deal and after its undoing. The spread of expected money per agent is shown for every way; round-robin
by priority is what many call centres do by hand.
"""

import argparse
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session

from models import DealWay, Role
from tests.cast import NOW, Cast, hire
from tests.cluster import throwaway_folder
from workbench import db, embedded
from workbench.actions import deals
from workbench.actions.deals import Asked
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Whose

WAYS = (DealWay.COUNT, DealWay.BALANCE, DealWay.EXPECTED, DealWay.PRIORITY)
TOUCHED = ("collection_case", "work_item", "promise")


def fill(cases: int, agents: int) -> Cast:
    """A book with a long tail of balances, every tenth case with a promise, some debtors waiting for a callback."""
    with db.transaction() as session:
        cast = hire(session)
        values = {
            "portfolio": cast.mexico.id,
            "creditor": cast.mexico.creditor_id,
            "team": next(iter(cast.sofia.team_ids)),
            "cases": cases,
            "agents": agents - 1,  # Ana is one of them
            "author": cast.ana.user_id,
            "role": Role.AGENT.value,
        }
        session.execute(text("SELECT setseed(0.42)"))
        for statement in _FILL.split(";"):
            session.execute(text(statement), values)
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return cast


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that a block sends through this session."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def digest() -> str:
    """Every row of the touched tables, as text."""
    seen = hashlib.sha256()
    with db.transaction() as session:
        for table in TOUCHED:
            rows = session.connection().connection.cursor()
            with rows.copy(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT") as copy:
                for piece in copy:
                    seen.update(piece)
    return seen.hexdigest()


def timed(deed: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = deed()
    return time.perf_counter() - began, found


def one_way(who: Viewer, way: DealWay) -> dict[str, Any]:
    """Previews, applies and undoes one deal of everything, and says how even it was and whether it left a trace."""
    before = digest()

    def look() -> deals.Preview:
        with db.transaction() as session:
            return deals.preview(session, who, Asked(way, whose=Whose.ALL), at=NOW)

    def do() -> Any:
        with db.transaction() as session, counted(session) as sent:
            return deals.apply(session, who, shown, at=NOW), list(sent)

    def back() -> Any:
        with db.transaction() as session:
            return deals.undo(session, who, deal.id, at=NOW)

    looking, shown = timed(look)
    applying, (deal, sent) = timed(do)
    as_shown = same_as(shown)
    undoing, undone = timed(back)
    writes = [each for each in sent if "UPDATE collection_case" in each or "UPDATE work_item" in each]
    given = {each.measure: each.given for each in shown.spread}
    return {
        "way": way.value,
        "cases": deal.told["cases"],
        "items": deal.told["items"],
        "promises": deal.told["promises"],
        "preview s": looking,
        "apply s": applying,
        "undo s": undoing,
        "statements": len(sent),
        "that write cases, items and promises": len(writes),
        "result = preview": as_shown,
        "undone byte for byte": digest() == before and undone.restored == deal.told["cases"],
        "spread": {name: {"gap": each.gap, "variation": each.variation} for name, each in given.items()},
    }


def same_as(shown: deals.Preview) -> bool:
    """Whether the book is what the preview said, and every agent's figures with it."""
    plan = shown.plan
    with db.reading() as session:
        rows = session.execute(text("SELECT id, coalesce(owner_id, 0) FROM collection_case"))
        owner = dict(map(tuple, rows))
        astray = session.execute(text(_ASTRAY)).scalar_one()
    return astray == 0 and all(
        owner[case] == to for case, to in zip(plan.case_id.tolist(), plan.owner_after.tolist(), strict=True)
    )


def bare(who: Viewer) -> float:
    """One bare UPDATE of the same cases and one of their items, from a table already there, rolled back."""
    with db.transaction() as session:
        shown = deals.preview(session, who, Asked(DealWay.COUNT, whose=Whose.ALL), at=NOW)
    with db.engine().connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE staged (case_id int8, owner_id int8)"))
        rows = zip(shown.plan.case_id.tolist(), shown.plan.owner_after.tolist(), strict=True)
        with connection.connection.cursor().copy("COPY staged FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(text("ANALYZE staged"))
        began = time.perf_counter()
        for statement in _BARE:
            connection.execute(text(statement))
        seconds = time.perf_counter() - began
        connection.rollback()
    return seconds


_BARE = (
    "UPDATE collection_case c SET owner_id = s.owner_id FROM staged s WHERE c.id = s.case_id",
    "UPDATE work_item w SET reserved_for = s.owner_id FROM staged s WHERE w.case_id = s.case_id AND w.state <> 'closed'",
)
_ASTRAY = """
    SELECT count(*) FROM work_item w JOIN collection_case c ON c.id = w.case_id
    WHERE w.state <> 'closed' AND w.reserved_for IS DISTINCT FROM c.owner_id
"""
_FILL = """
    INSERT INTO app_user (email, name, role, language, active, created_at)
    SELECT 'agent' || n || '@example.com', 'Agente ' || n, :role, 'es', true, now() FROM generate_series(1, :agents) n;
    INSERT INTO team_member (team_id, user_id) SELECT :team, id FROM app_user WHERE email LIKE 'agent%';
    INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
    SELECT :creditor, 'D' || n, 'Deudor ' || n, 'deudor ' || n, 'person', 'America/Mexico_City', 'portfolio'
    FROM generate_series(1, :cases) n;
    INSERT INTO collection_case (portfolio_id, debtor_id, opened_on) SELECT :portfolio, id, '2026-11-01' FROM debtor;
    INSERT INTO case_standing (case_id, portfolio_id, balance, past_due, oldest_due_on, bucket, stage, score,
        settled_count, late_count, broken_promises, roll, cust, p_unpaid, reach)
    SELECT id, :portfolio, owed, owed, DATE '2026-11-18' - (1 + floor(random() * 200))::int, 1, 'administrative',
        owed * random() * 0.4, 0, 0, 0, 0, 0, 0, 0
    FROM (SELECT id, round((exp(6 + 1.4 * sqrt(-2 * ln(1 - random())) * cos(6.28318 * random())))::numeric, 2) + 1 AS owed
          FROM collection_case) k;
    INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, zone, band, score, not_before,
        ready_at)
    SELECT :portfolio, c.id, c.debtor_id, 'call', CASE WHEN c.id % 25 = 0 THEN 'waiting' ELSE 'ready' END, 'America/Mexico_City',
        4, s.score, CASE WHEN c.id % 25 = 0 THEN TIMESTAMPTZ '2026-11-20 16:00Z' END,
        CASE WHEN c.id % 25 > 0 THEN now() END
    FROM collection_case c JOIN case_standing s ON s.case_id = c.id;
    INSERT INTO promise (portfolio_id, case_id, taken_by, amount, paid, taken_on, due_on, created_at, channel, state)
    SELECT :portfolio, id, :author, 100, 0, '2026-11-17', '2026-11-22', now(), 'call', 'open' FROM collection_case WHERE id % 10 = 0
"""


def measure(cases: int, agents: int) -> dict[str, Any]:
    cast = fill(cases, agents)
    found = [one_way(cast.sofia, way) for way in WAYS]
    reference = statistics.median(bare(cast.sofia) for _ in range(3))
    return {"cases": cases, "agents": agents, "bare s": reference, "ways": found}


def show(told: dict[str, Any]) -> None:
    print(
        f"{told['cases']:,} cases to {told['agents']} agents; two bare UPDATEs from a staged table: {told['bare s']:.2f} s"
    )
    robin = next(each for each in told["ways"] if each["way"] == DealWay.PRIORITY)["spread"]["expected"]["variation"]
    for each in told["ways"]:
        ratio = each["apply s"] / told["bare s"]
        print(
            f"{each['way']:>9}: preview {each['preview s']:.2f} s, apply {each['apply s']:.2f} s ({ratio:.1f}x bare), "
            f"undo {each['undo s']:.2f} s; {each['statements']} statements, {each['that write cases, items and promises']} "
            f"writes the {each['cases']:,} cases, {each['items']:,} items and {each['promises']:,} promises; "
            f"result = preview: {each['result = preview']}, undone byte for byte: {each['undone byte for byte']}"
        )
        for name, lies in each["spread"].items():
            against = f", {lies['variation'] / robin:.4f} of round-robin" if name == "expected" else ""
            print(
                f"           {name}: most - least {lies['gap']:,.2f}, coefficient of variation {lies['variation']:.5f}{against}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=200)
    asked = parser.parse_args()
    with throwaway_folder() as home, embedded.using(Path(home), durable=False) as servers:
        db.connect(servers.database_url, servers.redis_url)
        db.migrate()
        told = measure(asked.cases, asked.agents)
        db.engine().dispose()
    print(json.dumps(told, indent=2)) if asked.json else show(told)


if __name__ == "__main__":
    main()
