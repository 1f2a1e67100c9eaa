"""Two deeds on one request in the same moment: one is done, the other reads what became of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import Approval, ApprovalKind, ApprovalState, Promise, PromiseLimit, WorkItem
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.approvals import accept_counter, decide, expire_approvals, request_approval, withdraw_request
from workbench.actions.payments import record_payment
from workbench.rules.approvals import Decision
from workbench.rules.refusals import Refused

ENDS = NOW + timedelta(hours=24)
FAR = {"amount": "400.00", "due_on": "2026-12-18"}
Deed = Callable[[Session], object]


@pytest.fixture
def rosa(fresh_cast: Cast) -> WorkItem:
    with db.transaction() as session:
        for role in (Role.SUPERVISOR, Role.MANAGER):
            session.add(PromiseLimit(portfolio_id=fresh_cast.mexico.id, role=role, days_out=40))
        return owe(session, fresh_cast.mexico)


@pytest.fixture
def request_id(fresh_cast: Cast, rosa: WorkItem) -> int:
    with db.transaction() as session:
        return ask(session, fresh_cast, rosa)


def ask(session: Session, cast: Cast, item: WorkItem) -> int:
    kind, key = ApprovalKind.PROMISE, uuid4()
    made = request_approval(session, cast.ana, item.case_id, kind, FAR, reason="x", key=key, at=NOW)
    return int(made.id or 0)


def at_once(*deeds: Deed) -> list[str]:
    """Does them in the same moment; returns what each was refused with, or nothing."""
    start = Barrier(len(deeds))

    def do(deed: Deed) -> str:
        start.wait()
        try:
            with db.transaction() as session:
                deed(session)
        except Refused as refused:
            return str(refused)
        return ""

    with ThreadPoolExecutor(len(deeds)) as crew:
        return list(crew.map(do, deeds))


def now(request_id: int) -> tuple[ApprovalState, int]:
    """The request's state, and how many promises there are."""
    with db.reading() as session:
        return session.get_one(Approval, request_id).state, len(session.exec(select(Promise)).all())


def test_two_decisions_at_once_one_counts(fresh_cast: Cast, request_id: int) -> None:
    refused = at_once(
        lambda s: decide(s, fresh_cast.sofia, request_id, Decision.APPROVE, at=NOW),
        lambda s: decide(s, fresh_cast.marta, request_id, Decision.REJECT, note="No", at=NOW),
    )
    state, promises = now(request_id)
    assert [bool(each) for each in refused].count(True) == 1
    assert "has already decided on this request" in "".join(refused)
    assert (state, promises) == ((ApprovalState.APPROVED, 1) if not refused[0] else (ApprovalState.REJECTED, 0))


def test_many_clicks_of_one_supervisor_do_it_once(fresh_cast: Cast, request_id: int) -> None:
    click = [lambda s: decide(s, fresh_cast.sofia, request_id, Decision.APPROVE, at=NOW)] * 6
    assert at_once(*click) == [""] * 6
    assert now(request_id) == (ApprovalState.APPROVED, 1)


def test_the_asker_takes_it_back_while_it_is_approved(fresh_cast: Cast, request_id: int) -> None:
    refused = at_once(
        lambda s: decide(s, fresh_cast.sofia, request_id, Decision.APPROVE, at=NOW),
        lambda s: withdraw_request(s, fresh_cast.ana, request_id, at=NOW),
    )
    assert [bool(each) for each in refused].count(True) == 1
    assert now(request_id) in {(ApprovalState.APPROVED, 1), (ApprovalState.WITHDRAWN, 0)}


def test_the_debtor_pays_all_while_it_is_approved(fresh_cast: Cast, rosa: WorkItem, request_id: int) -> None:
    money = {"amount": Decimal("1000.00"), "paid_on": TODAY, "reference": "R1", "by": None, "at": NOW}
    refused = at_once(
        lambda s: decide(s, fresh_cast.sofia, request_id, Decision.APPROVE, at=NOW),
        lambda s: record_payment(s, case_id=rosa.case_id, **money),
    )
    assert refused in (["", ""], ["Nothing is owed on this case.", ""])
    assert now(request_id) == ((ApprovalState.PENDING, 0) if refused[0] else (ApprovalState.APPROVED, 1))


def test_a_counter_offer_expires_while_it_is_accepted(fresh_cast: Cast, request_id: int) -> None:
    with db.transaction() as session:
        counter = {"due_on": "2026-12-10"}
        decide(session, fresh_cast.sofia, request_id, Decision.COUNTER, note="x", counter=counter, at=NOW)
    refused = at_once(
        lambda s: accept_counter(s, fresh_cast.ana, request_id, at=ENDS - timedelta(seconds=1)),
        lambda s: expire_approvals(s, at=ENDS),
        lambda s: expire_approvals(s, at=ENDS),
    )
    assert refused[1:] == ["", ""]
    assert now(request_id) in {(ApprovalState.ACCEPTED, 1), (ApprovalState.EXPIRED, 0)}
    assert (now(request_id)[0] is ApprovalState.EXPIRED) == bool(refused[0])


def test_two_requests_at_once_one_waits(fresh_cast: Cast, rosa: WorkItem) -> None:
    refused = at_once(*[lambda s: ask(s, fresh_cast, rosa)] * 3)
    assert [bool(each) for each in refused].count(False) == 1
    assert "has to be answered first" in "".join(refused)
