"""A book of a million cases with two years of contacts, for the benchmarks of boards: rows by SQL, as bulk loads leave them.

Interactions lie in the order of time, as they would after two years of work; who answered, promised and paid follows
from the numbers of the rows, so that every run sees the same book.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from models import Role, TeamMember, User
from tests.benchmarks.nightly import settle
from tests.cast import NOW, TODAY, hire
from tests.cluster import throwaway_folder
from workbench import db
from workbench.actions.case_histories import rebuild_book_days
from workbench.actions.dispositions import install_dispositions
from workbench.queries.users import viewer
from workbench.rules.access import Viewer

DAYS = 730  # of contacts and payments
MORNINGS = 120  # of history

CASES = """
INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin, region)
SELECT :creditor, 'D' || n, 'Deudor ' || n, 'deudor ' || n, 'person', :zone, 'portfolio', 'Estado ' || n % 32 FROM generate_series(1, :cases) n;
INSERT INTO collection_case (portfolio_id, debtor_id, owner_id, opened_on)
SELECT :portfolio, id, CASE WHEN id % 3 > 0 THEN :first + id % :agents END, CAST(:on AS date) - (id * 31 % 700)::int FROM debtor ORDER BY id;
INSERT INTO account (portfolio_id, case_id, number, product) SELECT portfolio_id, id, 'A' || id, 'Producto ' || id % 6 FROM collection_case ORDER BY id;
INSERT INTO receivable (account_id, case_id, number, issued_on, due_on, amount, balance)
SELECT id, case_id, '1', due - 30, due, a.amount, a.amount FROM account CROSS JOIN LATERAL (
    SELECT 50 + id * 104729 % 500000 / 100.0 AS amount, CAST(:on AS date) + 20 - (id * 7919 % 220)::int AS due) a ORDER BY id;
INSERT INTO case_standing (case_id, portfolio_id, balance, past_due, oldest_due_on, counted_from, bucket, stage, settled_count, late_count,
    broken_promises, roll, cust, p_unpaid, reach, score)
SELECT case_id, :portfolio, balance, CASE WHEN late > 0 THEN balance ELSE 0 END, CASE WHEN late > 0 THEN due_on END,
    CASE WHEN late > 0 THEN due_on END, b.bucket, CASE WHEN late > 60 THEN 'extrajudicial' WHEN late > 0 THEN 'administrative' ELSE 'preventive' END,
    0, 0, 0, 0.3, 0.1, CASE WHEN late > 0 THEN 0.4 ELSE 0 END, 0.2, CASE WHEN late > 0 THEN balance * 0.08 ELSE 0 END
FROM receivable CROSS JOIN LATERAL (SELECT CAST(:on AS date) - due_on AS late) d
CROSS JOIN LATERAL (SELECT CASE WHEN late < 1 THEN 0 WHEN late < 31 THEN 1 WHEN late < 61 THEN 2 WHEN late < 91 THEN 3
    WHEN late < 121 THEN 4 WHEN late < 181 THEN 5 ELSE 6 END AS bucket) b ORDER BY case_id;
INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, reserved_for)
SELECT c.portfolio_id, c.id, c.debtor_id, 'call', 'ready', CAST(:on AS date) - (c.id % 200) * interval '1 hour', :zone, 4, s.score, c.owner_id
FROM collection_case c JOIN case_standing s ON s.case_id = c.id WHERE s.past_due > 0 ORDER BY c.id;
INSERT INTO case_history (case_id, from_on, until_on, portfolio_id, owner_id, balance, past_due, counted_from, bucket, stage, p_unpaid,
    score, queue, state, band)
SELECT s.case_id, CAST(:on AS date) - :mornings + k * :mornings / 4, CASE WHEN k < 3 THEN CAST(:on AS date) - :mornings + (k + 1) * :mornings / 4 END,
    s.portfolio_id, c.owner_id, s.balance + (3 - k) * 10, CASE WHEN s.past_due > 0 THEN s.past_due + (3 - k) * 10 ELSE 0 END, s.counted_from,
    CASE WHEN s.past_due > 0 THEN greatest(1, s.bucket - 3 + k) ELSE 0 END, s.stage, s.p_unpaid, s.score,
    CASE WHEN s.past_due > 0 THEN 'call' END, CASE WHEN s.past_due > 0 THEN 'ready' END, CASE WHEN s.past_due > 0 THEN 4 END
FROM case_standing s JOIN collection_case c ON c.id = s.case_id, generate_series(0, 3) k ORDER BY k, s.case_id;
INSERT INTO nightly_run (portfolio_id, business_date, state, started_at, heartbeat_at, finished_at, cases_total, cases_done, last_case_id,
    learned, counts, violations)
SELECT :portfolio, CAST(:on AS date) - d, 'done', now(), now(), now(), :cases, :cases, 0, '{}', '{}', '[]' FROM generate_series(0, 8) d;
INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
SELECT r.id, CASE c.id % 4 WHEN 0 THEN 'entered' WHEN 1 THEN 'left' ELSE 'bucket' END, c.id, '1', '2', 'nothing_past_due'
FROM nightly_run r, collection_case c WHERE c.id / 7 % 10 = r.id % 10;
INSERT INTO nightly_hold (run_id, code, case_ids)
SELECT r.id, code, ARRAY(SELECT c.id FROM collection_case c WHERE c.id % 50 = place + r.id % 7)
FROM nightly_run r, unnest(ARRAY['no_point', 'paused', 'law']) WITH ORDINALITY AS held (code, place);
INSERT INTO order_version (portfolio_id, version, state, rules, created_at, published_at)
VALUES (:portfolio, 1, 'published', CAST(:rules AS jsonb), :begin, :begin);
"""
# in force, and tried against them: what each reads, names among them, is what a simulation costs
RULES: list[dict[str, Any]] = [
    {"name": "Judicial after the others", "when": {"stages": ["extrajudicial"]}, "multiplier": 0.8},
    {"name": "Small debts last", "when": {"past_due": {"most": "500"}}, "multiplier": 0.5},
    {"name": "Creditor calls them", "when": {"regions": ["Estado 7"]}, "ban": "The creditor calls them"},
]
TRIED: list[dict[str, Any]] = [
    *RULES[:2],
    {"name": "Cards first", "when": {"products": ["Producto 1", "Producto 2"]}, "multiplier": 2.0},
    {"name": "Nobody's first", "when": {"owned": False}, "multiplier": 1.5},
    {"name": "Young debt", "when": {"days_past_due": {"most": 20}}, "ban": "They pay by themselves"},
]
CONTACTS = """
INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, channel, direction, disposition_code, note, started_at,
    ended_at, claimed_at)
SELECT gen_random_uuid(), :portfolio, :first_case + (n * 7919) % :cases, :first + n % :agents, 'call', 'outbound',
    (CAST(:codes AS text[]))[1 + ((n * 31 + n / :agents * 7) % 20)::int], '', at, at + interval '2 minutes' + n % 7 * interval '20 seconds', at - interval '20 seconds'
FROM generate_series(CAST(0 AS bigint), :contacts - 1) n CROSS JOIN LATERAL (
    SELECT CAST(:begin AS timestamptz) + (n / :a_day) * interval '1 day' + (n % :a_day) * (interval '10 hours' / :a_day) AS at) t;
INSERT INTO promise (portfolio_id, case_id, interaction_id, channel, taken_by, amount, paid, taken_on, due_on, state, closed_on, created_at)
SELECT portfolio_id, case_id, id, 'call', user_id, 300, CASE WHEN id % 5 < 3 THEN 300 ELSE 0 END, taken, taken + 7,
    CASE WHEN taken > CAST(:on AS date) - 11 THEN 'open' WHEN id % 5 < 3 THEN 'kept' ELSE 'broken' END,
    CASE WHEN taken <= CAST(:on AS date) - 11 THEN taken + 10 END, ended_at
FROM (SELECT DISTINCT ON (CASE WHEN started_at > CAST(:on AS timestamptz) - interval '11 days' THEN case_id ELSE -id END) *,
        CAST(started_at AT TIME ZONE :zone AS date) AS taken
      FROM interaction WHERE disposition_code = (CAST(:codes AS text[]))[20]) i ORDER BY id;
INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT portfolio_id, case_id, 'P' || id, 'payment', 300, 0, taken_on + 5, created_at FROM promise WHERE state = 'kept' ORDER BY id;
INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
SELECT :portfolio, :first_case + (n * 104729) % :cases, 'Q' || n, 'payment', 20 + n % 500, 0, CAST(:on AS date) - (n % :days)::int, now()
FROM generate_series(CAST(1 AS bigint), :cases / 3) n;
INSERT INTO presence (user_id, state, started_at, seen_at, ended_at, ended_because)
SELECT :first + a, 'available', at, at, at + interval '10 hours', 'left'
FROM generate_series(0, :agents - 1) a, generate_series(1, 180) d
CROSS JOIN LATERAL (SELECT CAST(:on AS timestamptz) - d * interval '1 day' + interval '14 hours' AS at) t ORDER BY d, a;
"""
# in twenty contacts: who did not answer, who took a message, who spoke, who promised
PATTERN = ("none",) * 12 + ("third",) * 3 + ("spoke",) * 4 + ("promised",)
CODES = """
SELECT min(code) FILTER (WHERE counts_attempt AND NOT counts_contact AND NOT invalidates_phone) AS none,
    min(code) FILTER (WHERE outcome = 'third_party' AND counts_attempt AND counts_contact) AS third,
    min(code) FILTER (WHERE counts_rpc AND NOT counts_promise AND NOT terminal) AS spoke,
    min(code) FILTER (WHERE counts_promise) AS promised
FROM disposition WHERE action = 'call'
"""


@dataclass(frozen=True, slots=True)
class LargeBook:
    """The portfolio, its supervisor and its agents."""

    portfolio_id: int
    supervisor: Viewer
    manager: Viewer
    agents: tuple[int, ...]
    on: date


def fill(*, cases: int, contacts: int, agents: int) -> LargeBook:
    """Makes the book; foreign keys are not checked meanwhile, indexes of the contacts are built at the end."""
    with db.transaction() as session:
        install_dispositions(session)
        people = hire(session)
        team = min(people.ana.team_ids)
        people_of_team = [
            User(email=f"agente{n}@example.com", name=f"Agente {n:03d}", role=Role.AGENT, created_at=NOW)
            for n in range(agents)
        ]
        session.add_all(people_of_team)
        session.flush()
        ids = sorted(each.id for each in people_of_team if each.id is not None)
        session.add_all([TeamMember(team_id=team, user_id=each) for each in ids])
        codes = session.execute(text(CODES)).one()._mapping
        values: dict[str, Any] = {
            "creditor": people.mexico.creditor_id, "portfolio": people.mexico.id, "zone": people.mexico.time_zone,
            "cases": cases, "contacts": contacts, "agents": agents, "first": ids[0], "on": TODAY, "days": DAYS, "mornings": MORNINGS,
            "codes": [codes[each] for each in PATTERN], "rules": json.dumps(RULES), "begin": NOW - timedelta(days=DAYS - 1, hours=2), "a_day": -(-contacts // DAYS),
        }  # fmt: skip
    _run(CASES, values)
    with db.reading() as session:
        values["first_case"] = session.execute(text("SELECT min(id) FROM collection_case")).scalar_one()
    _run(CONTACTS, values, indexes_of="interaction")
    settle()
    with db.transaction() as session:
        session.execute(text("UPDATE portfolio SET business_date = :on"), {"on": TODAY})
        rebuild_book_days(session, values["portfolio"])
    settle()
    return book()


@contextmanager
def kept_or_throwaway(home: Path | None) -> Iterator[Path]:
    """Where the servers live: a folder that stays, or one that goes."""
    if home is None:
        with throwaway_folder() as folder:
            yield Path(folder)
        return
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    yield home


def filled() -> bool:
    """Whether this database holds a whole book already."""
    with db.reading() as session:
        return bool(session.execute(text("SELECT EXISTS (SELECT FROM book_day)")).scalar_one())


def book() -> LargeBook:
    """The book of a database that was filled, then or before."""
    with db.reading() as session:
        ids = dict(map(tuple, session.execute(text("SELECT email, id FROM app_user")).all()))
        portfolio_id = session.execute(text("SELECT min(portfolio_id) FROM book_day")).scalar_one()
        supervisor, manager = viewer(session, ids["sofia@example.com"]), viewer(session, ids["marta@example.com"])
    agents = sorted(user_id for email, user_id in ids.items() if email.startswith("agente"))
    return LargeBook(portfolio_id, supervisor, manager, tuple(agents), TODAY)


def _run(script: str, values: dict[str, Any], *, indexes_of: str | None = None) -> None:
    with db.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        indexes = session.execute(text(_INDEXES), {"table": indexes_of}).all() if indexes_of else []
        for name, _definition in indexes:
            session.execute(text(f'DROP INDEX "{name}"'))
        for statement in filter(str.strip, script.split(";")):
            session.execute(text(statement), values)
        for _name, definition in indexes:
            session.execute(text(definition))


_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table
    AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass))
"""
