"""Many agents at once, on real connections."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlmodel import select

from models import Case, Interaction, Portfolio, Promise, Role, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, Recorded, record
from workbench.rules.access import Viewer
from workbench.rules.follow_ups import SkipReason
from workbench.rules.promise_limits import PromiseTerms

AGENTS, EACH, ITEMS = 64, 12, 100_000
_FILL = """
INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
SELECT :creditor, 'N' || n, 'D', 'd', 'person', (ARRAY['America/Mexico_City', 'America/Cancun'])[1 + n % 2], 'portfolio'
FROM generate_series(1, :items) n;
INSERT INTO collection_case (portfolio_id, debtor_id, opened_on) SELECT :portfolio, id, '2026-11-01' FROM debtor;
INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score)
SELECT :portfolio, c.id, c.debtor_id, 'call', 'ready', now(), d.time_zone, 4, mod(c.id * 7919, 100003)
FROM collection_case c JOIN debtor d ON d.id = c.debtor_id;
INSERT INTO app_user (email, name, role, language, active, created_at)
SELECT 'agent' || n || '@example.com', 'Agente ' || n, 'agent', 'es', true, now() FROM generate_series(1, :agents) n;
"""


def crowd(cast: Cast) -> list[Viewer]:
    """Sixty-four agents before a hundred thousand ready items in two zones."""
    names = {
        "creditor": cast.mexico.creditor_id,
        "portfolio": cast.mexico.id,
        "items": ITEMS,
        "agents": AGENTS,
    }
    with db.transaction() as session:
        for statement in _FILL.split(";")[:-1]:
            session.execute(text(statement), names)
        ids = session.execute(text("SELECT id FROM app_user WHERE email LIKE 'agent%' ORDER BY id")).scalars().all()
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return [Viewer(each, "Agente", Role.AGENT, "es", frozenset({cast.mexico.id})) for each in ids]


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Begins all deeds at the same moment, each in a thread of its own; returns what each returned."""
    start = threading.Barrier(len(deeds))

    def begin(deed: Callable[[], Any]) -> Any:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(begin, deeds))


def work_off(who: Viewer, portfolio_id: int) -> list[int]:
    """Claims and skips, one transaction each; the items in the order they came."""
    seen = []
    for _ in range(EACH):
        with db.transaction() as session:
            claim = worklist.claim_next(session, who, portfolio_id=portfolio_id, at=NOW)
        assert claim
        seen.append(claim.item_id)
        with db.transaction() as session:
            worklist.skip(session, who, claim.item_id, reason=SkipReason.BAD_MOMENT, at=NOW)
    return seen


def test_sixty_four_agents_claim_each_item_once_best_first(fresh_cast: Cast) -> None:
    agents = crowd(fresh_cast)
    portfolio_id = fresh_cast.mexico.id
    claimed = at_once([partial(work_off, who, portfolio_id) for who in agents])
    with db.transaction() as session:
        best = session.execute(
            text("SELECT id, row_number() OVER (ORDER BY band, score DESC, id) FROM work_item")
        ).all()
        states = dict(session.execute(text("SELECT state, count(*) FROM work_item GROUP BY state")).all())
        entries = session.execute(text("SELECT count(*) FROM audit_entry WHERE deed = 'claim_next'")).scalar_one()
    rank = dict(tuple(row) for row in best)
    everything = [rank[item_id] for seen in claimed for item_id in seen]
    assert sorted(everything) == list(range(1, AGENTS * EACH + 1))  # the best, none twice, none passed over
    for seen in claimed:
        ranks = [rank[item_id] for item_id in seen]
        assert ranks == sorted(ranks)
    assert states == {"ready": ITEMS - AGENTS * EACH, "waiting": AGENTS * EACH}
    assert entries == AGENTS * EACH


def test_two_portfolios_never_hold_the_same_debtor(fresh_cast: Cast) -> None:
    """Forty debtors owe in two books; two agents claim from one each, at the same moment."""
    mexico, sofia, ana = fresh_cast.mexico, fresh_cast.sofia, fresh_cast.ana
    with db.transaction() as session:
        other = Portfolio(code="MX-AUTO", **mexico.model_dump(exclude={"id", "code"}))
        session.add(other)
        session.flush()
        for _ in range(40):
            item = owe(session, mexico)
            case = Case(portfolio_id=other.id, debtor_id=item.debtor_id, opened_on=NOW.date())
            session.add(case)
            session.flush()
            twin = {"portfolio_id": other.id, "case_id": case.id, "debtor_id": item.debtor_id, "zone": item.zone}
            session.add(WorkItem(**twin, ready_at=NOW))

    def claim(who: Viewer, portfolio_id: int) -> int:
        with db.transaction() as session:
            got = worklist.claim_next(session, who, portfolio_id=portfolio_id, at=NOW)
            assert got
            return session.get_one(WorkItem, got.item_id).debtor_id

    both = replace(sofia, portfolio_ids=frozenset({mexico.id, other.id}))
    for _ in range(20):
        first, second = at_once([partial(claim, ana, mexico.id), partial(claim, both, other.id)])
        assert first != second
        with db.transaction() as session:
            for who in (ana, both):
                held = worklist.current_claim(session, who)
                assert held
                worklist.release(session, who, held.item_id, at=NOW)


def test_two_windows_of_one_agent_hold_one_debtor(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        for _ in range(4):
            owe(session, fresh_cast.mexico)

    def claim() -> int:
        with db.transaction() as session:
            got = worklist.claim_next(session, fresh_cast.ana, portfolio_id=fresh_cast.mexico.id, at=NOW)
            assert got
            return got.item_id

    assert len(set(at_once([claim] * 6))) == 1


def test_a_double_click_saves_once(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
    with db.transaction() as session:
        assert worklist.claim_next(session, fresh_cast.ana, portfolio_id=fresh_cast.mexico.id, at=NOW)
    terms = PromiseTerms(Decimal(500), TODAY + timedelta(days=3))
    form = InteractionForm(uuid4(), item.id, item.case_id, "call.promise", NOW, promise=terms)

    def save() -> Recorded:
        with db.transaction() as session:
            return record(session, fresh_cast.ana, form, at=NOW + timedelta(minutes=1))

    saved = at_once([save] * 2)
    assert sorted(each.repeated for each in saved) == [False, True]
    assert len({(each.interaction_id, each.promise_id, each.not_before) for each in saved}) == 1
    with db.transaction() as session:
        assert len(session.exec(select(Interaction)).all()) == len(session.exec(select(Promise)).all()) == 1
