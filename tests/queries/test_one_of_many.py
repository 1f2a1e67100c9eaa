"""What one click of an agent reads is the case it is about, however large the book."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from tests.benchmarks.pages import DEBTS
from tests.cast import NOW, Cast
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.worklist import claim_next
from workbench.queries.agreements import agreements_of
from workbench.queries.approval_context import context_of
from workbench.queries.approvals import requests_of_case
from workbench.queries.cases import case_card, desk
from workbench.queries.conversations import conversation
from workbench.queries.evidence import evidence_of
from workbench.queries.letter_facts import letter_facts
from workbench.queries.my_day import my_day
from workbench.queries.negotiations import case_why
from workbench.queries.negotiations_desk import negotiation_desk
from workbench.queries.offers import Learned
from workbench.queries.payments import payment_desk
from workbench.queries.search import found_cases
from workbench.queries.statements import account_statement

DEBTORS = 400
FEW = 300  # rows: the case's own, and the short tables of people, outcomes and portfolios
READ = text("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
LEARNED = Learned(0.5, (0, 0), (0, 0), {})  # read once for many: it is a year of the portfolio
Ask = Callable[[Session, Cast, int], object]


def save(session: Session, cast: Cast, case_id: int) -> object:
    return record(session, cast.ana, InteractionForm(uuid4(), None, case_id, "call.no_answer", NOW), at=NOW)


def searched(session: Session, cast: Cast, case_id: int) -> object:
    number = case_card(session, cast.ana, case_id, at=NOW).phones[0].value
    [found] = found_cases(session, cast.ana, number, at=NOW)
    assert found.case_id == case_id
    return found


ASKED: dict[str, Ask] = {
    "the debtor on the desk": lambda session, cast, _case: desk(session, cast.ana, at=NOW),
    "a case": lambda session, cast, case: case_card(session, cast.ana, case, at=NOW),
    "its conversation": lambda session, cast, case: conversation(session, cast.ana, case, at=NOW),
    "its requests": lambda session, cast, case: requests_of_case(session, cast.ana, case, at=NOW),
    "the day so far": lambda session, cast, _case: my_day(session, cast.ana, cast.mexico.id, at=NOW),
    "save": save,
    "and next": lambda session, cast, _case: claim_next(session, cast.sofia, portfolio_id=cast.mexico.id, at=NOW),
    "its negotiation": lambda session, cast, case: negotiation_desk(session, cast.ana, case, learned=LEARNED, at=NOW),
    "why it is negotiated": lambda session, cast, case: case_why(session, cast.ana, case, at=NOW),
    "its agreements": lambda session, cast, case: agreements_of(session, cast.ana, case),
    "what an approver reads of it": lambda session, _cast, case: context_of(session, case, at=NOW),
    "its evidence": lambda session, cast, case: evidence_of(session, cast.marta, case, at=NOW),
    "what its letters say": lambda session, cast, case: letter_facts(session, cast.sofia, case, at=NOW),
    "its payments": lambda session, cast, case: payment_desk(session, cast.sofia, case, at=NOW),
    "its statement": lambda session, cast, case: account_statement(session, cast.ana, case, at=NOW),
    "a number that is searched for": searched,
}


@pytest.fixture
def case_id(session: Session, cast: Cast) -> int:
    """A case in Ana's hands, of four hundred with ten contacts each."""
    names = {"creditor": cast.mexico.creditor_id, "portfolio": cast.mexico.id, "zone": cast.mexico.time_zone}
    for statement in DEBTS.split(";")[:-1]:
        session.execute(text(statement), names | {"debtors": DEBTORS, "agent": cast.ana.user_id})
    session.execute(text("ANALYZE"))
    claim = claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert claim
    return claim.case_id


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_few_rows_are_read(session: Session, cast: Cast, case_id: int, asked: Ask) -> None:
    before = session.execute(READ).scalar_one()
    assert asked(session, cast, case_id) is not None
    session.flush()
    assert 0 < session.execute(READ).scalar_one() - before <= FEW
