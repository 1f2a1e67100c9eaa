"""Several agents, two queues and the same debtors, each on a connection of their own."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import text

from models import Queue, Role
from tests.actions.test_claims_at_once import at_once
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions import worklist
from workbench.actions.negotiation_queue import open_negotiation
from workbench.rules.access import Viewer

AGENTS, DEBTORS = 12, 8


def hired(cast: Cast) -> list[Viewer]:
    hire = """
        INSERT INTO app_user (email, name, role, language, active, created_at)
        SELECT 'agent' || n || '@example.com', 'Agente ' || n, 'agent', 'es', true, now()
        FROM generate_series(1, :agents) n RETURNING id
    """
    with db.transaction() as session:
        ids = session.execute(text(hire), {"agents": AGENTS}).scalars().all()
    assert cast.mexico.id is not None
    return [Viewer(each, "Agente", Role.AGENT, "es", frozenset({cast.mexico.id})) for each in ids]


def claim(who: Viewer, queue: Queue) -> int | None:
    [portfolio] = who.portfolio_ids
    with db.transaction() as session:
        found = worklist.claim_next(session, who, portfolio_id=portfolio, at=NOW, queue=queue)
    return found.case_id if found else None


def test_two_agents_never_get_the_same_debtor_from_either_queue(fresh_cast: Cast) -> None:
    """Every debtor stands ready in both queues; twelve agents take from both at the same moment."""
    with db.transaction() as session:
        cases = [owe(session, fresh_cast.mexico, score=float(n)).case_id for n in range(DEBTORS)]
        open_negotiation(session, cases, at=NOW)
        session.execute(text("UPDATE work_item SET state = 'ready', ready_at = now() WHERE queue = 'call'"))
    agents = hired(fresh_cast)
    queues = [Queue.NEGOTIATION, Queue.CALL] * (AGENTS // 2)
    deeds: list[Callable[[], int | None]] = [
        partial(claim, who, queue) for who, queue in zip(agents, queues, strict=True)
    ]
    taken = [case for case in at_once(deeds) if case]
    assert len(taken) == len(set(taken)), "nobody is called twice at once"
    assert len(taken) == DEBTORS, "and nobody was left while somebody was free"


def test_a_debtor_in_hand_in_one_queue_is_not_there_in_the_other(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        open_negotiation(session, [item.case_id], at=NOW)
        session.execute(text("UPDATE work_item SET state = 'ready', ready_at = now() WHERE queue = 'call'"))
    assert claim(fresh_cast.ana, Queue.NEGOTIATION) == item.case_id
    assert claim(fresh_cast.sofia, Queue.CALL) is None
    assert claim(fresh_cast.sofia, Queue.NEGOTIATION) is None
    assert claim(fresh_cast.ana, Queue.CALL) == item.case_id, "who asks again holds what they held"


def test_opening_at_once_by_several_makes_one_place(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        cases = [owe(session, fresh_cast.mexico).case_id for _ in range(5)]

    def opening(order: int) -> int:
        with db.transaction() as session:
            return open_negotiation(session, cases[::order], at=NOW)

    opened = at_once([partial(opening, order) for order in (1, -1, 1, -1)])
    assert sum(opened) == len(cases), "each case by exactly one of them"
