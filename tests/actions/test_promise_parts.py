"""Promises in parts, withdrawn, approved and re-derived: what follows for the debtor's place in the queue."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from models import AuditEntry, PaymentKind, Promise, PromisePart, PromiseState, WorkItem, WorkState
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.promise_limits import set_limits
from workbench.actions.promise_states import evaluate_promises
from workbench.actions.promises import take_promise, withdraw_promise
from workbench.actions.standings import rescore_cases
from workbench.queries.promise_limits import limits_for
from workbench.rules.promise_limits import PromiseLimits, PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused

ZONE = ZoneInfo("America/Mexico_City")


def day(days: int):
    return TODAY + timedelta(days=days)


def at(days: int) -> datetime:
    return NOW + timedelta(days=days)


def in_parts(*parts: tuple[int, int]) -> PromiseTerms:
    return PromiseTerms.in_parts(tuple(Part(day(days), Decimal(amount)) for days, amount in parts))


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    return owe(session, cast.mexico)


def pay(session: Session, item: WorkItem, amount: int, days: int, kind: PaymentKind = PaymentKind.PAYMENT):
    return record_payment(
        session,
        case_id=item.case_id,
        amount=Decimal(amount),
        paid_on=day(days),
        reference=f"P{days}-{amount}",
        kind=kind,
        by=None,
        at=at(days),
    )


def state(session: Session) -> PromiseState:
    session.expire_all()
    return session.exec(select(Promise.state).order_by(col(Promise.id).desc())).first()


def waits_until(session: Session, item: WorkItem) -> datetime | None:
    session.expire_all()
    found = session.get_one(WorkItem, item.id)
    return found.not_before if found.state == WorkState.WAITING else None


def midnight(days: int) -> datetime:
    return datetime.combine(day(days), time(), ZONE)


def test_its_parts_are_kept_in_the_order_of_their_days(session: Session, cast: Cast, item: WorkItem) -> None:
    made = take_promise(session, cast.ana, case_id=item.case_id, terms=in_parts((2, 300), (9, 200)), at=NOW)
    parts = session.exec(select(PromisePart).order_by(col(PromisePart.number))).all()
    assert [(part.promise_id, part.due_on, part.amount) for part in parts] == [
        (made.id, day(2), 300),
        (made.id, day(9), 200),
    ]
    assert (made.amount, made.due_on) == (500, day(9))


@pytest.mark.parametrize(
    ("terms", "because"),
    [
        pytest.param(in_parts((9, 300), (2, 200)), "one after the other", id="the later first"),
        pytest.param(in_parts((2, 300), (2, 200)), "one after the other", id="both on a day"),
        pytest.param(
            PromiseTerms(Decimal(600), day(9), parts=in_parts((2, 300), (9, 200)).parts), "add up", id="another sum"
        ),
        pytest.param(
            PromiseTerms(Decimal(500), day(8), parts=in_parts((2, 300), (9, 200)).parts),
            "end on its day",
            id="another end",
        ),
        pytest.param(in_parts((2, 300), (9, 701)), "more than is owed", id="more than is owed"),
        pytest.param(in_parts((-1, 300), (9, 200)), "in the past", id="a part of yesterday"),
        pytest.param(in_parts((1, 100), (2, 100), (3, 100), (4, 100)), "at most 3 parts", id="one part too many"),
        pytest.param(in_parts((2, 300), (16, 200)), "too far away", id="the last one too far"),
    ],
)
def test_what_is_no_series_is_refused(
    session: Session, cast: Cast, item: WorkItem, terms: PromiseTerms, because: str
) -> None:
    with pytest.raises(Refused, match=because):
        take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW)


def test_the_debtor_waits_from_part_to_part_and_is_back_the_day_after_a_missed_one(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    """Three days of grace: the first part's window ends on the fifth day, the second one's on the twelfth."""
    take_promise(session, cast.ana, case_id=item.case_id, terms=in_parts((2, 300), (9, 200)), at=NOW)
    assert waits_until(session, item) == midnight(6)
    pay(session, item, 300, 1)
    assert state(session) == PromiseState.OPEN
    waits = session.get_one(WorkItem, item.id)  # as the timetable does when the moment has come
    waits.state, waits.not_before, waits.ready_at = WorkState.READY, None, at(6)
    rescore_cases(session, [item.case_id], on=day(6), at=at(6))
    assert waits_until(session, item) == midnight(13)
    rescore_cases(session, [item.case_id], on=day(13), at=at(13))
    assert state(session) == PromiseState.PARTIALLY_KEPT


def test_kept_broken_open_again_and_paid_late(session: Session, cast: Cast, item: WorkItem) -> None:
    """A reversal opens a kept promise; out of its window it is broken, and money after that is only late."""
    made = take_promise(session, cast.ana, case_id=item.case_id, terms=PromiseTerms(Decimal(400), day(2)), at=NOW)
    first = pay(session, item, 400, 1)
    assert state(session) == PromiseState.KEPT
    reverse_payment(session, first.id or 0, on=day(2), by=None, at=at(2))
    assert state(session) == PromiseState.OPEN
    again = pay(session, item, 380, 5)  # the last day of grace, and 95 percent
    assert state(session) == PromiseState.KEPT
    reverse_payment(session, again.id or 0, on=day(6), by=None, at=at(6))
    assert state(session) == PromiseState.BROKEN
    pay(session, item, 500, 7)
    session.refresh(made)
    assert (made.state, made.paid, made.paid_late, made.closed_on) == (PromiseState.BROKEN, 0, 400, day(6))
    assert len(evaluate_promises(session, cast.mexico, on=day(8))) == 0


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (PaymentKind.PAYMENT, PromiseState.KEPT),
        (PaymentKind.BALANCE_UPDATE, PromiseState.KEPT),
        (PaymentKind.CREDIT_NOTE, PromiseState.OPEN),
        (PaymentKind.WRITE_OFF, PromiseState.OPEN),
    ],
)
def test_only_money_that_came_in_keeps_a_promise(
    session: Session, cast: Cast, item: WorkItem, kind: PaymentKind, after: PromiseState
) -> None:
    take_promise(session, cast.ana, case_id=item.case_id, terms=PromiseTerms(Decimal(400), day(2)), at=NOW)
    pay(session, item, 400, 0, kind)
    assert state(session) == after


def test_who_withdraws_brings_the_debtor_back_and_says_why(session: Session, cast: Cast, item: WorkItem) -> None:
    made = take_promise(session, cast.ana, case_id=item.case_id, terms=PromiseTerms(Decimal(400), day(5)), at=NOW)
    assert waits_until(session, item) == midnight(9)
    withdraw_promise(session, cast.ana, made.id or 0, reason=" asked for a plan ", at=NOW)
    session.refresh(made)
    assert (made.state, made.closed_because, made.closed_by) == ("withdrawn", "asked for a plan", cast.ana.user_id)
    assert waits_until(session, item) is None
    assert session.get_one(WorkItem, item.id).state == WorkState.READY
    assert session.exec(select(AuditEntry).where(AuditEntry.deed == "withdraw_promise")).one().subject_id == made.id
    with pytest.raises(Refused, match="closed already"):
        withdraw_promise(session, cast.ana, made.id or 0, reason="again", at=NOW)


@pytest.mark.parametrize(
    ("person", "reason", "because"),
    [
        ("ana", "x", "Your role"),
        ("bruno", "x", "nothing here"),
        ("alma", "x", "Your role"),
        ("sofia", " ", "Write down why"),
    ],
)
def test_another_agents_promise_is_not_withdrawn(
    session: Session, cast: Cast, item: WorkItem, person: str, reason: str, because: str
) -> None:
    made = take_promise(session, cast.sofia, case_id=item.case_id, terms=PromiseTerms(Decimal(400), day(5)), at=NOW)
    with pytest.raises(Refused, match=because):
        withdraw_promise(session, getattr(cast, person), made.id or 0, reason=reason, at=NOW)


def test_what_somebody_else_approved_may_go_beyond_the_limits(session: Session, cast: Cast, item: WorkItem) -> None:
    terms = PromiseTerms(Decimal(20), day(40))
    with pytest.raises(Refused, match="too small"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW)
    with pytest.raises(Refused, match="Nobody approves"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW, approved_by=cast.ana.user_id)
    made = take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW, approved_by=cast.sofia.user_id)
    assert made.taken_by == cast.ana.user_id
    with pytest.raises(Refused, match="more than is owed"):
        more = PromiseTerms(Decimal(2000), day(2))
        take_promise(session, cast.ana, case_id=item.case_id, terms=more, at=NOW, approved_by=cast.sofia.user_id)


def test_a_role_has_its_own_limits_or_the_portfolios(session: Session, cast: Cast, item: WorkItem) -> None:
    book = cast.mexico.id or 0
    own = PromiseLimits(Decimal(700), Decimal("0.5"), 3, 1, open_limit=1, parts=1)
    set_limits(session, cast.marta, book, Role.AGENT, own, at=NOW)
    assert limits_for(session, book, Role.AGENT) == own
    assert limits_for(session, book, Role.SUPERVISOR).days_out == cast.mexico.promise_days_out
    terms = PromiseTerms(Decimal(699), day(2))
    with pytest.raises(Refused, match="at least 700"):
        take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW)
    assert take_promise(session, cast.sofia, case_id=item.case_id, terms=terms, at=NOW).id
    for person in (cast.ana, cast.sofia, cast.bruno):
        with pytest.raises(Refused):
            set_limits(session, person, book, Role.AGENT, own, at=NOW)
    with pytest.raises(Refused, match="nothing here"):
        set_limits(session, cast.marta, cast.colombia.id or 0, Role.AGENT, own, at=NOW)
