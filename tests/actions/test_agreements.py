from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from models import (
    Account,
    Agreement,
    AgreementState,
    AuditEntry,
    Band,
    Component,
    Frequency,
    Installment,
    OfferKind,
    OfferPolicy,
    PauseKind,
    Payment,
    PaymentKind,
    Promise,
    PromiseState,
    Queue,
    Receivable,
    Reversal,
    Role,
    Standing,
    WorkItem,
    WorkState,
)
from tests.actions.books import pause
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.agreements import evaluate_agreements, sign_agreement, withdraw_agreement
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.promises import take_promise
from workbench.actions.standings import rescore_cases
from workbench.queries.invariants import broken_invariants
from workbench.rules.access import Viewer
from workbench.rules.offers import Terms
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused

WEEK = timedelta(days=7)
FIRST = TODAY + WEEK  # a Wednesday; three weekly installments of 300 follow
PLAN = Terms(
    OfferKind.SHORT_PLAN,
    FIRST,
    installments=3,
    frequency=Frequency.WEEKLY,
    discount_principal=Decimal(100),
)
A, C, B, W, R = (
    AgreementState.ACTIVE,
    AgreementState.COMPLETED,
    AgreementState.BROKEN,
    AgreementState.WITHDRAWN,
    AgreementState.REPLACED,
)
Pay = Callable[..., Payment]


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    allow(session, cast)
    return owe(session, cast.mexico)  # 1,000.00 owed


def allow(session: Session, cast: Cast, **fields: object) -> None:
    """Agents may give up to a tenth of the principal and three installments within a hundred days, of every kind."""
    shares = {f"discount_{name}": Decimal("0.1") for name in ("principal", "interest", "fees")}
    for kind in OfferKind:
        limits = {"installments": 3, "days_out": 100} | (shares if kind != OfferKind.RESCHEDULE else {}) | fields
        session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=Role.AGENT, kind=kind, **limits))
    session.flush()


def sign(session: Session, who: Viewer, item: WorkItem, terms: Terms = PLAN, **more: object) -> Agreement:
    return sign_agreement(session, who, item.case_id, terms, **({"key": uuid4(), "at": NOW} | more))


def pay(session: Session, item: WorkItem, amount: str, days: int = 0, **more: object) -> Payment:
    """Money dated `days` after today, recorded that day unless `recorded` says later."""
    at = NOW + timedelta(days=more.pop("recorded", days))
    fields = {"paid_on": TODAY + timedelta(days=days), "reference": str(uuid4()), "by": None, "at": at} | more
    return record_payment(session, case_id=item.case_id, amount=Decimal(amount), **fields)


def night(session: Session, cast: Cast, days: int) -> list[tuple[AgreementState, AgreementState]]:
    """What the morning after so many days finds."""
    at = NOW + timedelta(days=days)
    moves = evaluate_agreements(session, cast.mexico, on=TODAY + timedelta(days=days), at=at)
    rescore_cases(session, [move.case_id for move in moves], on=TODAY + timedelta(days=days), at=at)
    return [(move.before, move.after) for move in moves]


def state(session: Session, agreement: Agreement) -> AgreementState:
    session.flush()
    session.refresh(agreement)
    return agreement.state


def owed(session: Session, item: WorkItem) -> Decimal:
    session.expire_all()
    return sum(session.exec(select(Receivable.balance).where(Receivable.case_id == item.case_id)), Decimal(0))


def discounts(session: Session, agreement: Agreement) -> list[tuple[str, Decimal, Reversal | None]]:
    session.expire_all()
    rows = session.exec(
        select(Payment).where(Payment.agreement_id == agreement.id, Payment.kind == PaymentKind.DISCOUNT)
    ).all()
    return sorted((row.reference.split(":", 2)[2], row.amount, row.reversal) for row in rows)


def sound(session: Session, cast: Cast) -> None:
    session.flush()
    assert broken_invariants(session, cast.mexico.id) == []


def test_signing_keeps_what_was_owed_and_what_is_forgiven(session: Session, cast: Cast, item: WorkItem) -> None:
    made = sign(session, cast.ana, item)
    assert (made.principal, made.discount_principal, made.total, made.state) == (1000, 100, 900, A)
    parts = session.exec(select(Installment).where(Installment.agreement_id == made.id)).all()
    assert [(part.number, part.due_on, part.amount) for part in parts] == [
        (number, FIRST + WEEK * (number - 1), Decimal(300)) for number in (1, 2, 3)
    ]
    assert discounts(session, made) == [("principal:1", Decimal(100), None)]
    assert owed(session, item) == 900
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "sign_agreement")).one()
    assert (entry.by_id, entry.subject_id, entry.details["total"]) == (cast.ana.user_id, made.id, "900.00")


def test_a_double_click_signs_once(session: Session, cast: Cast, item: WorkItem) -> None:
    key = uuid4()
    first, second = (sign(session, cast.ana, item, key=key) for _ in range(2))
    assert first.id == second.id
    assert owed(session, item) == 900
    other = owe(session, cast.mexico)
    with pytest.raises(Refused, match="already used for another debtor"):
        sign(session, cast.ana, other, key=key)


def test_one_agreement_at_a_time_on_a_debt_unless_it_is_replaced(session: Session, cast: Cast, item: WorkItem) -> None:
    old = sign(session, cast.ana, item)
    with pytest.raises(Refused, match="There is an active agreement"):
        sign(session, cast.ana, item)
    new = sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal(50)), replacing=old.id)
    assert (state(session, old), old.replaced_by, state(session, new)) == (R, new.id, A)
    assert (new.principal, owed(session, item)) == (1000, 950)
    assert discounts(session, old) == [("principal:1", Decimal(100), Reversal.RESTORED)]
    sound(session, cast)


def test_withdrawing_restores_the_discount_and_the_old_one_stays_as_history(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    old = sign(session, cast.ana, item)
    pay(session, item, "300", 1)
    withdraw_agreement(session, cast.ana, old.id, reason="Gana menos", at=NOW + timedelta(days=2))
    assert (state(session, old), old.closed_because, old.closed_by) == (W, "Gana menos", cast.ana.user_id)
    assert owed(session, item) == 700
    new = sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal(70)), at=NOW + timedelta(days=2))
    assert (new.principal, new.total, state(session, old), state(session, new)) == (700, 630, W, A)
    assert night(session, cast, 3) == []
    sound(session, cast)


def test_a_closed_agreement_cannot_be_withdrawn_nor_without_a_reason(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item)
    with pytest.raises(Refused, match="Write down why"):
        withdraw_agreement(session, cast.ana, made.id, reason=" ", at=NOW)
    withdraw_agreement(session, cast.ana, made.id, reason="x", at=NOW)
    with pytest.raises(Refused, match="closed already"):
        withdraw_agreement(session, cast.ana, made.id, reason="x", at=NOW)


def test_open_promises_on_the_debt_are_replaced(session: Session, cast: Cast, item: WorkItem) -> None:
    terms = PromiseTerms(Decimal(300), TODAY + timedelta(days=5))
    promise = take_promise(session, cast.ana, case_id=item.case_id, terms=terms, at=NOW)
    sign(session, cast.ana, item)
    session.refresh(promise)
    assert (promise.state, promise.closed_on) == (PromiseState.REPLACED, TODAY)
    assert session.exec(select(Promise)).one() is promise


def test_paying_every_installment_completes_it_and_the_discount_stays(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item)
    for days in (7, 14, 21):
        assert state(session, made) == A
        pay(session, item, "300", days)
    assert (state(session, made), made.paid, made.closed_on) == (C, 900, TODAY + timedelta(days=21))
    assert owed(session, item) == 0
    assert discounts(session, made) == [("principal:1", Decimal(100), None)]
    assert night(session, cast, 40) == []
    sound(session, cast)


def test_it_breaks_the_day_after_grace_and_the_discount_comes_back_to_the_cent(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal("33.33")))
    assert owed(session, item) == Decimal("966.67")
    pay(session, item, "0.01", 3)
    assert night(session, cast, 10) == []
    assert night(session, cast, 11) == [(A, B)]
    assert (state(session, made), made.missed, made.closed_on) == (B, 1, TODAY + timedelta(days=11))
    assert owed(session, item) == Decimal("999.99")
    assert night(session, cast, 11) == []
    sound(session, cast)


def test_late_money_turns_nothing_back(session: Session, cast: Cast, item: WorkItem) -> None:
    made = sign(session, cast.ana, item)
    night(session, cast, 11)
    pay(session, item, "1000", 12)
    assert (state(session, made), made.paid, owed(session, item)) == (B, 0, 0)
    sound(session, cast)


def test_a_payment_dated_in_time_cures_what_had_broken(session: Session, cast: Cast, item: WorkItem) -> None:
    made = sign(session, cast.ana, item)
    night(session, cast, 11)
    assert owed(session, item) == 1000
    pay(session, item, "300", 9, recorded=12)
    assert (state(session, made), made.missed, made.closed_on) == (A, 0, None)
    assert owed(session, item) == 600
    assert discounts(session, made) == [("principal:1", Decimal(100), Reversal.RESTORED), ("principal:2", Decimal(100), None)]  # fmt: skip
    sound(session, cast)


def test_what_was_paid_too_much_since_comes_free_when_the_discount_returns(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item, Terms(OfferKind.SETTLEMENT, FIRST, discount_principal=Decimal(100)))
    night(session, cast, 11)
    pay(session, item, "1000", 12)
    assert owed(session, item) == 0
    pay(session, item, "900", 9, recorded=14)
    assert (state(session, made), owed(session, item)) == (C, 0)
    live = session.exec(select(Payment).where(col(Payment.reversed_on).is_(None))).all()
    credit = sum(each.amount - each.allocated for each in live)
    assert credit == 1000  # of 1,900 paid he owed 900
    sound(session, cast)


def test_a_reversal_after_it_was_completed_opens_it_again_within_its_windows(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item)
    pay(session, item, "600", 1)
    last = pay(session, item, "300", 2)
    assert state(session, made) == C
    reverse_payment(session, last.id, on=TODAY + timedelta(days=3), by=None, at=NOW + timedelta(days=3))
    assert (state(session, made), made.paid, made.closed_on) == (A, 600, None)
    assert (owed(session, item), discounts(session, made)) == (300, [("principal:1", Decimal(100), None)])
    sound(session, cast)


def test_a_reversal_after_its_windows_breaks_it_and_restores_the_discount(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    made = sign(session, cast.ana, item)
    paid = pay(session, item, "900", 2)
    assert state(session, made) == C
    reverse_payment(session, paid.id, on=TODAY + timedelta(days=40), by=None, at=NOW + timedelta(days=40))
    assert (state(session, made), made.closed_on) == (B, TODAY + timedelta(days=11))
    assert owed(session, item) == 1000
    sound(session, cast)


def test_in_arrears_below_the_limit_it_is_cured_by_paying(session: Session, cast: Cast, item: WorkItem) -> None:
    cast.mexico.missed_limit = 2
    session.add(cast.mexico)
    made = sign(session, cast.ana, item)
    assert night(session, cast, 11) == [(A, A)]
    assert (state(session, made), made.missed) == (A, 1)
    pay(session, item, "600", 12)
    assert (state(session, made), made.missed, made.paid) == (A, 0, 600)
    assert night(session, cast, 24) == []
    assert night(session, cast, 25) == [(A, A)]  # the last installment is missed, but only one
    pay(session, item, "300", 30)
    assert state(session, made) == C
    sound(session, cast)


def test_what_was_paid_before_signing_does_not_count_for_it(session: Session, cast: Cast, item: WorkItem) -> None:
    pay(session, item, "400")
    made = sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal(60)), at=NOW + timedelta(hours=1))
    assert (made.principal, made.total, made.paid) == (600, 540, 0)


def test_only_what_pays_the_account_feeds_an_agreement_on_it(session: Session, cast: Cast, item: WorkItem) -> None:
    second = Account(portfolio_id=item.portfolio_id, case_id=item.case_id, number="second")
    session.add(second)
    session.flush()
    amount = Decimal(400)
    session.add(
        Receivable(account_id=second.id, case_id=item.case_id, number="1", due_on=TODAY, amount=amount, balance=amount)
    )
    session.flush()
    terms = replace(PLAN, account_id=second.id, discount_principal=Decimal(40))
    made = sign(session, cast.ana, item, terms)
    assert (made.principal, made.total) == (400, 360)
    with pytest.raises(Refused, match="There is an active agreement"):
        sign(session, cast.ana, item)
    pay(session, item, "500", 1)  # the oldest debt is the other account's
    assert (state(session, made), made.paid) == (A, 0)
    pay(session, item, "360", 2, account_id=second.id)
    assert (state(session, made), made.paid) == (C, 360)
    sound(session, cast)


def test_charges_are_posted_at_signing_and_stay_when_it_breaks(session: Session, cast: Cast) -> None:
    allow(session, cast)
    cast.mexico.annual_interest = Decimal("0.365")  # a thousandth a day
    session.add(cast.mexico)
    item = owe(session, cast.mexico, days_past_due=20)
    made = sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal(0), discount_interest=Decimal(2)))
    assert (made.principal, made.interest, made.total) == (1000, 20, 1018)
    charge = session.exec(select(Receivable).where(Receivable.agreement_id == made.id)).one()
    assert (charge.number, charge.component, charge.due_on) == (f"{made.id}-interest", Component.INTEREST, TODAY)
    assert owed(session, item) == 1018
    night(session, cast, 11)
    assert (state(session, made), owed(session, item)) == (B, 1020)
    sound(session, cast)
    again = sign(session, cast.ana, item, replace(PLAN, first_due_on=FIRST + WEEK * 2), at=NOW + timedelta(days=11))
    assert (again.principal, again.interest) == (1000, 31)  # the twenty that were posted, and eleven days more


def test_the_discount_goes_to_the_newest_debt_so_that_the_case_does_not_look_younger(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    account = session.exec(select(Account).where(Account.case_id == item.case_id)).one()
    newer = Receivable(
        account_id=account.id, case_id=item.case_id, number="2", due_on=TODAY - WEEK, amount=Decimal(60), balance=Decimal(60)
    )  # fmt: skip
    session.add(newer)
    session.flush()
    sign(session, cast.ana, item, replace(PLAN, discount_principal=Decimal(100)))
    session.expire_all()
    left = dict(
        session.exec(select(Receivable.number, Receivable.balance).where(Receivable.case_id == item.case_id)).all()
    )
    assert left == {"1": Decimal(960), "2": Decimal(0)}
    standing = session.get_one(Standing, item.case_id)
    assert standing.oldest_due_on == TODAY - timedelta(days=20)


@pytest.mark.parametrize(
    ("terms", "because"),
    [
        pytest.param(
            replace(PLAN, discount_principal=Decimal("100.01")), "Descuento|Discount|limits", id="a cent more"
        ),
        pytest.param(replace(PLAN, installments=4), "limits", id="an installment more"),
        pytest.param(replace(PLAN, first_due_on=TODAY - timedelta(days=1)), "in the past", id="yesterday"),
        pytest.param(replace(PLAN, discount_principal=Decimal(1001)), "No more can be forgiven", id="more than owed"),
        pytest.param(replace(PLAN, discount_principal=Decimal(1000)), "write-off", id="everything"),
        pytest.param(replace(PLAN, discount_principal=Decimal("0.001")), "two decimals", id="a tenth of a cent"),
        pytest.param(replace(PLAN, discount_principal=Decimal(-1)), "not negative", id="a surcharge"),
        pytest.param(replace(PLAN, installments=0), "at least one", id="none"),
        pytest.param(replace(PLAN, down=Decimal(900)), "less than the total", id="all of it down"),
        pytest.param(replace(PLAN, down=Decimal(100), first_due_on=TODAY), "after the down payment", id="two on a day"),
        pytest.param(replace(PLAN, kind=OfferKind.RESCHEDULE), "forgives nothing", id="a generous reschedule"),
        pytest.param(replace(PLAN, kind=OfferKind.SETTLEMENT), "paid at once", id="a settlement in parts"),
    ],
)
def test_what_may_not_be_signed_changes_nothing(
    session: Session, cast: Cast, item: WorkItem, terms: Terms, because: str
) -> None:
    with pytest.raises(Refused, match=because):
        sign(session, cast.ana, item, terms)
    session.expire_all()
    assert session.exec(select(Agreement)).all() == []
    assert owed(session, item) == 1000


def test_without_a_policy_nobody_signs(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    with pytest.raises(Refused, match="limits"):
        sign(session, cast.ana, item)


@pytest.mark.parametrize("kind", [PauseKind.LEGAL_HOLD, PauseKind.DECEASED, PauseKind.HAND_OVER])
def test_nothing_is_signed_while_all_contact_is_barred(
    session: Session, cast: Cast, item: WorkItem, kind: PauseKind
) -> None:
    pause(session, item, kind)
    with pytest.raises(Refused, match="Nobody contacts this debtor"):
        sign(session, cast.ana, item)
    assert session.exec(select(Agreement)).all() == []


@pytest.mark.parametrize(("person", "because"), [("bruno", "nothing here"), ("alma", "Your role")])
def test_strangers_and_administrators_do_not_sign(
    session: Session, cast: Cast, item: WorkItem, person: str, because: str
) -> None:
    with pytest.raises(Refused, match=because):
        sign(session, getattr(cast, person), item)
    made = sign(session, cast.ana, item)
    with pytest.raises(Refused, match=because):
        withdraw_agreement(session, getattr(cast, person), made.id, reason="x", at=NOW)


def test_a_case_on_track_waits_and_one_that_breaks_comes_back(session: Session, cast: Cast, item: WorkItem) -> None:
    sign(session, cast.ana, item)
    session.refresh(item)
    local = item.not_before.astimezone().date() if item.not_before else None
    assert (item.state, local) == (WorkState.WAITING, date(2026, 11, 29))  # the 28th is the first one's last day
    paid = pay(session, item, "300", 5)
    session.refresh(item)
    assert item.state == WorkState.WAITING
    reverse_payment(session, paid.id, on=TODAY + timedelta(days=11), by=None, at=NOW + timedelta(days=11))
    session.refresh(item)
    waits = session.exec(
        select(WorkItem).where(WorkItem.case_id == item.case_id, WorkItem.state == WorkState.READY)
    ).one()
    assert (waits.queue, waits.band) == (Queue.NEGOTIATION, Band.NEGOTIATION)
    assert item.state == WorkState.CLOSED


def test_signing_puts_off_a_call_that_was_to_come_before_the_installment(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    item.state, item.not_before, item.ready_at = WorkState.WAITING, NOW + timedelta(days=1), None
    session.add(item)
    sign(session, cast.ana, item)
    session.refresh(item)
    assert (item.state, item.not_before.date()) == (WorkState.WAITING, date(2026, 11, 29))


def test_withdrawing_brings_the_case_back_at_once(session: Session, cast: Cast, item: WorkItem) -> None:
    made = sign(session, cast.ana, item)
    withdraw_agreement(session, cast.ana, made.id, reason="x", at=NOW)
    session.refresh(item)
    assert item.state == WorkState.READY


def test_every_deed_is_audited(session: Session, cast: Cast, item: WorkItem) -> None:
    made = sign(session, cast.ana, item)
    night(session, cast, 11)
    asked = select(AuditEntry).where(AuditEntry.subject == "agreement", AuditEntry.subject_id == made.id)
    deeds = [each.deed for each in session.exec(asked.order_by(col(AuditEntry.id)))]
    assert deeds == ["grant_discount", "sign_agreement", "restore_discount"]
