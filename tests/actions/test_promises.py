from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from models import Account, AuditEntry, Promise, PromiseState, Receivable, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.promises import take_promise
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused

TERMS = PromiseTerms(Decimal(300), TODAY + timedelta(days=5))


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    return owe(session, cast.mexico)  # 1,000.00 owed; the least is the share of a tenth


def second_account(session: Session, item: WorkItem) -> Account:
    account = Account(portfolio_id=item.portfolio_id, case_id=item.case_id, number="second")
    session.add(account)
    session.flush()
    owed = Decimal(400)
    session.add(
        Receivable(account_id=account.id, case_id=item.case_id, number="1", due_on=TODAY, amount=owed, balance=owed)
    )
    session.flush()
    return account


def states(session: Session) -> list[PromiseState]:
    session.expire_all()
    return [promise.state for promise in session.exec(select(Promise).order_by(col(Promise.id)))]


def test_a_promise_is_noted_with_who_took_it(session: Session, cast: Cast, item: WorkItem) -> None:
    promise = take_promise(session, cast.ana, case_id=item.case_id, terms=TERMS, at=NOW)
    assert (promise.amount, promise.taken_on, promise.due_on) == (300, TODAY, TERMS.due_on)
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "take_promise")).one()
    assert (entry.by_id, entry.subject_id, entry.details["amount"]) == (cast.ana.user_id, promise.id, "300")


def test_a_new_promise_replaces_the_open_one_and_keeps_it(session: Session, cast: Cast, item: WorkItem) -> None:
    old = take_promise(session, cast.ana, case_id=item.case_id, terms=TERMS, at=NOW)
    new = take_promise(session, cast.sofia, case_id=item.case_id, terms=replace(TERMS, amount=Decimal(500)), at=NOW)
    assert states(session) == [PromiseState.REPLACED, PromiseState.OPEN]
    assert (old.replaced_by, old.closed_on) == (new.id, TODAY)


def test_each_account_may_have_its_own_promise(session: Session, cast: Cast, item: WorkItem) -> None:
    second = second_account(session, item)
    first = session.exec(select(Account).where(Account.case_id == item.case_id, Account.id != second.id)).one()
    for account in (first, second):
        take_promise(session, cast.ana, case_id=item.case_id, terms=replace(TERMS, account_id=account.id), at=NOW)
    assert states(session) == [PromiseState.OPEN, PromiseState.OPEN]
    take_promise(session, cast.ana, case_id=item.case_id, terms=TERMS, at=NOW)
    assert states(session) == [PromiseState.REPLACED, PromiseState.REPLACED, PromiseState.OPEN]


def test_no_more_is_promised_on_an_account_than_it_owes(session: Session, cast: Cast, item: WorkItem) -> None:
    account = second_account(session, item)
    terms = replace(TERMS, amount=Decimal("400.01"), account_id=account.id)
    with pytest.raises(Refused, match="at most 400"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW)


def test_an_account_of_another_case_is_refused(session: Session, cast: Cast, item: WorkItem) -> None:
    other = owe(session, cast.mexico)
    account = session.exec(select(Account).where(Account.case_id == other.case_id)).one()
    with pytest.raises(Refused, match="nothing here that you may see"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=replace(TERMS, account_id=account.id), at=NOW)


def test_the_limits_are_the_portfolios(session: Session, cast: Cast, item: WorkItem) -> None:
    cast.mexico.promise_min_amount = Decimal(350)
    session.add(cast.mexico)
    session.flush()
    with pytest.raises(Refused, match="at least 350"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=TERMS, at=NOW)
    assert states(session) == []


def test_after_three_broken_promises_a_supervisor_has_to_take_it(session: Session, cast: Cast, item: WorkItem) -> None:
    day = TODAY - timedelta(days=40)
    for _ in range(3):
        broken = Promise(
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            amount=Decimal(100),
            taken_on=day,
            due_on=day,
            closed_on=TODAY,
            state=PromiseState.BROKEN,
            created_at=NOW,
        )
        session.add(broken)
    session.flush()
    with pytest.raises(Refused, match="3 promises were broken"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=TERMS, at=NOW)
    assert take_promise(session, cast.sofia, case_id=item.case_id, terms=TERMS, at=NOW).id


@pytest.mark.parametrize(
    ("person", "because"),
    [("bruno", "nothing here that you may see"), ("marta", "Your role"), ("alma", "Your role")],
)
def test_only_who_may_see_and_work_takes_promises(
    session: Session, cast: Cast, item: WorkItem, person: str, because: str
) -> None:
    with pytest.raises(Refused, match=because):
        take_promise(session, getattr(cast, person), case_id=item.case_id, terms=TERMS, at=NOW)
