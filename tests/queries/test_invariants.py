from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Allocation, Case, Payment, Promise, PromiseState, Receivable, Standing
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.checks import find_violations
from workbench.actions.payments import record_payment, reverse_payment


@pytest.fixture
def book(session: Session, cast: Cast) -> Cast:
    """Mexico: one debtor who owes, one who paid a part, one whose payment was reversed; the night has passed."""
    cast.mexico.business_date = TODAY
    owe(session, cast.mexico)
    for reverse in (False, True):
        item = owe(session, cast.mexico)
        payment = pay(session, item.case_id)
        if reverse:
            reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)
        refresh(session, item.case_id)
    session.flush()
    return cast


def pay(session: Session, case_id: int, amount: str = "400.00", **more) -> Payment:
    values = {"amount": Decimal(amount), "paid_on": TODAY, "reference": f"P{case_id}"} | more
    return record_payment(session, case_id=case_id, by=None, at=NOW, **values)


# beside one from 5 to 12 November
PAUSED = """
    INSERT INTO pause (portfolio_id, case_id, kind, from_on, until_on, reason, created_at)
    SELECT portfolio_id, case_id, 'dispute', DATE '{first}', DATE '{last}', 'x', now() FROM case_standing WHERE balance = 600
    UNION ALL
    SELECT portfolio_id, case_id, 'hardship', DATE '2026-11-05', DATE '2026-11-12', 'x', now()
    FROM case_standing WHERE balance = 600
"""


def refresh(session: Session, case_id: int) -> None:
    """What the night writes on this case."""
    balance = text(
        "UPDATE case_standing SET (balance, past_due) = (SELECT sum(balance), sum(balance) FILTER (WHERE due_on < :on)"
        " FROM receivable WHERE case_id = :id) WHERE case_id = :id"
    )
    session.execute(balance, {"id": case_id, "on": TODAY})


def broken(session: Session, cast: Cast) -> list[tuple[str, str, int]]:
    session.flush()
    found = find_violations(session, cast.mexico.id)
    assert found == find_violations(session, None)
    assert find_violations(session, cast.colombia.id) == []
    return [(each.rule, each.subject, each.count) for each in found]


def test_a_sound_book_breaks_nothing(session: Session, book: Cast) -> None:
    assert broken(session, book) == []


@pytest.mark.parametrize(
    ("sabotage", "subject", "rule"),
    [
        ("UPDATE receivable SET balance = 1 WHERE balance = 600", "receivable", "balance is its amount less"),
        ("UPDATE allocation SET released_on = now() WHERE released_on IS NULL", "receivable", "balance is its amount"),
        ("UPDATE payment SET allocated = 1 WHERE allocated = 400", "payment", "sum of its live allocations"),
        ("DELETE FROM case_standing WHERE balance = 600", "collection_case", "has a standing"),
        ("UPDATE case_standing SET balance = 700 WHERE balance = 600", "collection_case", "sum of its receivables"),
        ("UPDATE case_standing SET past_due = 1 WHERE balance = 600", "collection_case", "past due is the sum"),
        ("UPDATE case_standing SET oldest_due_on = '2020-01-01' WHERE balance = 600", "collection_case", "past due is"),
        (
            "UPDATE case_standing SET past_due = 0, oldest_due_on = NULL WHERE balance = 600",
            "collection_case",
            "past due",
        ),
        ("DELETE FROM work_item WHERE id = (SELECT min(id) FROM work_item)", "collection_case", "call queue"),
        ("UPDATE case_standing SET counted_from = '2020-01-01' WHERE balance = 600", "collection_case", "counted from"),
        (PAUSED.format(first="2026-11-01", last="2026-11-09"), "pause", "share no day"),
        (PAUSED.format(first="2026-11-11", last="2026-11-20"), "pause", "share no day"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_broken_is_found(session: Session, book: Cast, sabotage: str, subject: str, rule: str) -> None:
    session.execute(text(sabotage))
    found = broken(session, book)
    assert any(rule in said and about == subject and count == 1 for said, about, count in found), found


def test_a_payment_may_not_pay_another_debtors_debt(session: Session, book: Cast) -> None:
    payment = session.exec(select(Payment).where(Payment.allocated > 0)).one()
    other = session.exec(select(Receivable).where(Receivable.case_id != payment.case_id)).first()
    allocation = session.exec(select(Allocation).where(Allocation.payment_id == payment.id)).one()
    allocation.receivable_id = other.id
    assert "A payment pays receivables of its own case only." in [rule for rule, *_ in broken(session, book)]


def test_a_case_refreshed_by_a_call_on_a_later_day_is_no_violation(session: Session, book: Cast) -> None:
    """No night has passed since, but a receivable fell due in between and a call has brought the case up to date."""
    standing = session.exec(select(Standing).limit(1)).one()
    case = session.get_one(Case, standing.case_id)
    account_id = session.exec(select(Receivable.account_id).where(Receivable.case_id == case.id)).one()
    later = {"due_on": TODAY + timedelta(days=1), "amount": Decimal(50), "balance": Decimal(50)}
    session.add(Receivable(account_id=account_id, case_id=case.id, number="2", **later))
    standing.balance += 50
    assert broken(session, book) == []
    standing.past_due += 50
    assert broken(session, book) == []
    standing.past_due -= 1
    assert [about for _, about, _ in broken(session, book)] == ["collection_case"]


def test_examples_are_the_first_ids(session: Session, book: Cast) -> None:
    session.execute(text("DELETE FROM case_standing"))
    [violation] = [each for each in find_violations(session, None) if each.rule == "Every case has a standing."]
    assert violation.examples == tuple(sorted(session.exec(select(Case.id))))


def promise(session: Session, cast: Cast, *, state: PromiseState, days: int, **fields) -> Promise:
    """A promise of the debtor who paid 400 today, due so many days ago."""
    payment = session.exec(select(Payment).where(Payment.allocated > 0)).one()
    due_on = TODAY - timedelta(days=days)
    values = {"amount": Decimal(400), "taken_on": due_on - timedelta(days=5), "due_on": due_on, "created_at": NOW}
    made = Promise(portfolio_id=cast.mexico.id, case_id=payment.case_id, state=state, **values | fields)
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize(
    ("state", "days", "fields", "wrong"),
    [
        pytest.param("open", 0, {}, True, id="paid-today-and-still-open"),
        pytest.param("kept", 0, {"paid": Decimal(400), "closed_on": TODAY}, False, id="kept"),
        pytest.param("broken", 3, {"closed_on": TODAY}, True, id="broken-though-paid-in-the-days-of-grace"),
        pytest.param("broken", 4, {"closed_on": TODAY}, False, id="paid-too-late"),
        pytest.param("open", 4, {}, True, id="open-after-its-window"),
        pytest.param("replaced", 4, {"closed_on": TODAY}, False, id="replaced-ones-are-left-alone"),
    ],
)
def test_a_promise_is_what_its_payments_make_of_it(session: Session, book: Cast, state, days, fields, wrong) -> None:
    made = promise(session, book, state=state, days=days, **fields)
    expected = [("A promise's state is what its payments make of it.", "promise", 1)] if wrong else []
    assert broken(session, book) == expected
    session.refresh(made)
    assert made.state == state


def test_a_promise_kept_by_a_payment_after_the_last_night_is_no_violation(session: Session, book: Cast) -> None:
    book.mexico.business_date = TODAY - timedelta(days=1)
    promise(session, book, state=PromiseState.KEPT, days=0, paid=Decimal(400), closed_on=TODAY)
    assert broken(session, book) == []


def test_free_credit_beside_a_debt_is_found(session: Session, book: Cast) -> None:
    case_id = session.exec(select(Payment.case_id).where(Payment.allocated > 0)).one()
    rest = pay(session, case_id, "900.00", reference="P0")
    assert (rest.allocated, broken(session, book)) == (600, [])
    given = {"account_id": session.exec(select(Receivable.account_id).where(Receivable.case_id == case_id)).one()}
    later = {"due_on": TODAY, "amount": Decimal(50), "balance": Decimal(50)}
    session.add(Receivable(case_id=case_id, number="2", **given, **later))
    refresh(session, case_id)
    assert ("No credit lies free beside a debt of its case.", "collection_case", 1) in broken(session, book)
