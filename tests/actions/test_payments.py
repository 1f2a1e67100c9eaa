from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Account,
    Allocation,
    AuditEntry,
    Case,
    Component,
    Pause,
    PauseKind,
    Payment,
    PaymentKind,
    Queue,
    Receivable,
    Reversal,
    Role,
    WorkItem,
    WorkState,
)
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.exports import note_payments_export, note_statement_export
from workbench.actions.pauses import pause_case
from workbench.actions.payments import (
    PaymentTerms,
    apply_credits,
    enter_payment,
    record_payment,
    reverse_payment,
    take_back,
)
from workbench.actions.verifications import dismiss_verification, look_up
from workbench.queries.payments import WantedPayments, payment_desk, payment_sums, payments
from workbench.queries.statements import account_statement
from workbench.queries.verifications import verifications
from workbench.rules.refusals import Refused

UNBALANCED = """
SELECT id FROM receivable r WHERE amount - balance <> (
    SELECT coalesce(sum(amount), 0) FROM allocation a WHERE a.receivable_id = r.id AND released_on IS NULL)
UNION ALL
SELECT id FROM payment p WHERE allocated <> (
    SELECT coalesce(sum(amount), 0) FROM allocation a WHERE a.payment_id = p.id AND released_on IS NULL)
"""


def pay(session: Session, case_id: int, amount: str, **given: Any) -> Payment:
    fields = {"paid_on": TODAY, "reference": f"R{amount}", "by": None, "at": NOW} | given
    return record_payment(session, case_id=case_id, amount=Decimal(amount), **fields)


def debts(session: Session, case_id: int) -> list[tuple[date, Decimal, date | None]]:
    session.expire_all()
    rows = session.exec(
        select(Receivable).where(Receivable.case_id == case_id).order_by(Receivable.due_on, Receivable.id)
    )
    return [(row.due_on, row.balance, row.settled_on) for row in rows]


def add_debt(session: Session, case_id: int, amount: str, days_past_due: int) -> None:
    first = session.exec(select(Receivable).where(Receivable.case_id == case_id)).first()
    assert first is not None
    number = f"N{session.exec(text('SELECT count(*) FROM receivable')).one()[0]}"
    due_on = TODAY - timedelta(days=days_past_due)
    session.add(
        Receivable(
            account_id=first.account_id, case_id=case_id, number=number, due_on=due_on, amount=amount, balance=amount
        )
    )
    session.flush()


def test_a_payment_settles_the_oldest_and_starts_the_next(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=40).case_id
    add_debt(session, case, "80.00", 70)
    payment = pay(session, case, "130.00")
    assert payment.allocated == Decimal("130.00")
    assert [(balance, settled) for _, balance, settled in debts(session, case)] == [
        (Decimal("0.00"), TODAY),
        (Decimal("50.00"), None),
    ]


def test_money_over_the_debt_stays_as_credit(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    payment = pay(session, case, "130.00")
    assert payment.amount - payment.allocated == Decimal("30.00")


def test_a_reversal_reopens_what_was_settled_and_keeps_the_rows(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    before = debts(session, case)
    payment = pay(session, case, "100.00", paid_on=TODAY - timedelta(days=3))
    reverse_payment(session, payment.id, on=TODAY, by=cast.marta.user_id, at=NOW)
    assert debts(session, case) == before
    kept = session.exec(select(Allocation).where(Allocation.payment_id == payment.id)).one()
    assert (kept.amount, kept.released_on) == (Decimal("100.00"), TODAY)
    assert (payment.allocated, payment.reversed_on) == (Decimal(0), TODAY)


def test_a_debt_is_settled_on_the_day_of_its_last_money(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    pay(session, case, "60.00", paid_on=TODAY - timedelta(days=1))
    pay(session, case, "40.00", paid_on=TODAY - timedelta(days=9))
    assert debts(session, case)[0][2] == TODAY - timedelta(days=1)


def test_a_credit_note_lowers_the_debt_like_a_payment(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    assert pay(session, case, "25.00", kind=PaymentKind.CREDIT_NOTE).kind is PaymentKind.CREDIT_NOTE
    assert debts(session, case)[0][1] == Decimal("75.00")


def test_both_deeds_are_audited(session: Session, cast: Cast) -> None:
    payment = pay(session, owe(session, cast.mexico).case_id, "10.00", by=cast.marta.user_id)
    reverse_payment(session, payment.id, on=TODAY, by=cast.marta.user_id, at=NOW)
    deeds = session.exec(select(AuditEntry.deed, AuditEntry.by_id).where(AuditEntry.subject_id == payment.id)).all()
    assert deeds == [("record_payment", cast.marta.user_id), ("reverse_payment", cast.marta.user_id)]


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        pytest.param({"amount": "0"}, "greater than zero", id="nothing"),
        pytest.param({"amount": "-5"}, "greater than zero", id="negative"),
        pytest.param({"amount": "10.005"}, "greater than zero", id="half a cent"),
        pytest.param({"amount": "NaN"}, "greater than zero", id="not a number"),
        pytest.param({"amount": "1E+18"}, "too large", id="more than the column holds"),
        pytest.param({"paid_on": TODAY + timedelta(days=1)}, "in the future", id="tomorrow"),
        pytest.param({"reference": "R7"}, "already a payment", id="the same reference"),
        pytest.param({"case_id": -1}, "no such case", id="no case"),
    ],
)
def test_what_is_no_payment_is_refused(session: Session, cast: Cast, fields: dict[str, Any], because: str) -> None:
    case = owe(session, cast.mexico).case_id
    pay(session, case, "7.00", reference="R7")
    with pytest.raises(Refused, match=because):
        pay(session, **({"case_id": case, "amount": "5.00"} | fields))


def test_a_payment_is_reversed_once_and_never_before_it_was_made(session: Session, cast: Cast) -> None:
    payment = pay(session, owe(session, cast.mexico).case_id, "7.00")
    with pytest.raises(Refused, match="between its payment and today"):
        reverse_payment(session, payment.id, on=TODAY - timedelta(days=1), by=None, at=NOW)
    reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)
    with pytest.raises(Refused, match="was reversed"):
        reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)


def test_any_order_of_payments_reversals_and_new_debts_balances(session: Session, cast: Cast) -> None:
    cases = [owe(session, cast.mexico, amount="100.00").case_id for _ in range(2)]

    class Money(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint = session.begin_nested()
            self.payments: list[int] = []
            self.count = 0

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 30_000), days=st.integers(0, 60))
        def pay(self, case: int, cents: int, days: int) -> None:
            amount, paid_on = Decimal(cents) / 100, TODAY - timedelta(days=days)
            self.count += 1
            payment = pay(session, case, str(amount), reference=f"S{self.count}", paid_on=paid_on)
            self.payments.append(payment.id)

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 20_000), days=st.integers(-30, 90))
        def owe_more(self, case: int, cents: int, days: int) -> None:
            add_debt(session, case, str(Decimal(cents) / 100), days)
            apply_credits(session, [case])  # as an import does: what was paid too much meets what is new

        @rule(data=st.data())
        def reverse(self, data: st.DataObject) -> None:
            if self.payments:
                chosen = data.draw(st.sampled_from(self.payments))
                self.payments.remove(chosen)
                reverse_payment(session, chosen, on=TODAY, by=None, at=NOW)

        @rule(case=st.sampled_from(cases), cents=st.integers(1, 30_000))
        def pay_by_mistake(self, case: int, cents: int) -> None:
            before = debts(session, case)
            payment = pay(session, case, str(Decimal(cents) / 100), reference="mistake", paid_on=TODAY)
            reverse_payment(session, payment.id, on=TODAY, by=None, at=NOW)
            payment.reference = f"mistake {payment.id}"
            session.flush()
            assert debts(session, case) == before

        @invariant()
        def money_adds_up(self) -> None:
            assert session.exec(text(UNBALANCED)).all() == []

        def teardown(self) -> None:
            self.savepoint.rollback()

    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def more_debts(session: Session, case_id: int) -> dict[str, Receivable]:
    """Beside the principal of 100 due 40 days ago: interest of 30 and 20, fees of 10, and a second account of 60."""
    first = session.exec(select(Receivable).where(Receivable.case_id == case_id)).one()
    case = session.get_one(Case, case_id)
    second = Account(portfolio_id=case.portfolio_id, case_id=case_id, number=f"SECOND{case_id}")
    session.add(second)
    session.flush()

    def debt(number: str, amount: str, days: int, component: Component, account: int | None) -> Receivable:
        made = Receivable(
            account_id=account,
            case_id=case_id,
            number=number,
            due_on=TODAY - timedelta(days=days),
            amount=amount,
            balance=amount,
            component=component,
        )
        session.add(made)
        session.flush()
        return made

    return {
        "principal": first,
        "old interest": debt("I1", "30.00", 30, Component.INTEREST, first.account_id),
        "new interest": debt("I2", "20.00", 5, Component.INTEREST, first.account_id),
        "fees": debt("F1", "10.00", 50, Component.FEES, first.account_id),
        "second": debt("1", "60.00", 1, Component.PRINCIPAL, second.id),
    }


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        pytest.param({}, {"principal": "70", "fees": "0"}, id="nothing named pays the oldest"),
        pytest.param({"account": "second"}, {"second": "20"}, id="an account is paid first"),
        pytest.param({"account": "second", "amount": "70"}, {"second": "0", "fees": "0"}, id="and then the oldest"),
        pytest.param({"receivable_number": "I1"}, {"old interest": "0", "fees": "0"}, id="a receivable is paid first"),
        pytest.param({"account": "principal", "receivable_number": "1"}, {"principal": "60"}, id="of this account"),
        pytest.param(
            {"component": Component.INTEREST, "newest_first": True, "amount": "25"},
            {"new interest": "0", "old interest": "25"},
            id="a component, the newest first",
        ),
        pytest.param(
            {"component": Component.INTEREST, "newest_first": True, "amount": "25", "kind": PaymentKind.DISCOUNT},
            {"new interest": "0", "old interest": "25"},
            id="a discount of interest, the newest first",
        ),
    ],
)
def test_what_a_payment_names_is_paid_first(
    session: Session, cast: Cast, fields: dict[str, Any], left: dict[str, str]
) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=40).case_id
    debts = more_debts(session, case)
    if "account" in fields:
        fields = {"account_id": debts[fields["account"]].account_id} | fields
        fields.pop("account")
    pay(session, case, **({"amount": "40"} | fields))
    session.expire_all()
    whole = {"principal": "100", "old interest": "30", "new interest": "20", "fees": "10", "second": "60"}
    assert {name: debt.balance for name, debt in debts.items()} == {
        name: Decimal(amount) for name, amount in (whole | left).items()
    }


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        pytest.param({"account_id": -1}, "no such account", id="an account of nobody"),
        pytest.param({"receivable_number": "F99"}, "no receivable F99", id="a receivable nobody knows"),
        pytest.param(
            {"kind": PaymentKind.WRITE_OFF, "amount": "101"}, "than the 100.00 owed", id="a write-off of more"
        ),
        pytest.param(
            {"kind": PaymentKind.DISCOUNT, "component": Component.FEES, "amount": "1"}, "than the 0", id="fees not owed"
        ),
    ],
)
def test_what_is_not_there_cannot_be_paid_or_forgiven(
    session: Session, cast: Cast, fields: dict[str, Any], because: str
) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    with pytest.raises(Refused, match=because):
        pay(session, case, **({"amount": "5.00"} | fields))


def test_credit_pays_what_a_reversal_opens_again(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    first = pay(session, case, "100.00")
    second = pay(session, case, "30.00", paid_on=TODAY - timedelta(days=2))
    assert second.amount - second.allocated == Decimal("30.00")
    reverse_payment(session, first.id or 0, on=TODAY, by=None, at=NOW)
    session.refresh(second)
    assert (second.allocated, debts(session, case)[0][1]) == (Decimal("30.00"), Decimal("70.00"))
    kept = session.exec(select(Allocation).where(Allocation.payment_id == second.id)).one()
    assert kept.from_credit


def test_credit_pays_what_opens_later_with_the_next_deed(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    paid = pay(session, case, "150.00")
    add_debt(session, case, "80.00", -10)
    assert apply_credits(session, [case]) == [case]
    assert apply_credits(session, [case]) == []
    session.refresh(paid)
    assert (paid.allocated, [balance for _, balance, _ in debts(session, case)]) == (150, [0, 30])


def test_no_credit_is_taken_of_what_a_file_has_set_aside(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    paid = pay(session, case, "60.00")
    session.execute(text("UPDATE allocation SET released_on = now()"))
    session.execute(text("UPDATE payment SET allocated = 0"))
    session.execute(text("UPDATE receivable SET balance = amount"))
    assert apply_credits(session, [case]) == []
    assert paid.id is not None


def test_the_payment_ends_the_look_up_it_answers(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="100.00")
    pause_id = look_up(session, item.case_id, words="Ya pagué", at=NOW)
    session.refresh(item)
    assert item.state == WorkState.WAITING
    pay(session, item.case_id, "5.00", kind=PaymentKind.CREDIT_NOTE)
    assert session.get_one(Pause, pause_id).ended_at is None
    pay(session, item.case_id, "40.00", reference="SPEI-7")
    session.expire_all()
    pause = session.get_one(Pause, pause_id)
    assert (pause.ended_at, pause.ended_because) == (NOW, f"Pagado: SPEI-7, {TODAY}")
    assert item.state == WorkState.READY
    review = session.exec(select(WorkItem).where(WorkItem.queue == Queue.REVIEW)).one()
    assert review.state == WorkState.CLOSED


def test_a_look_up_about_one_account_is_answered_by_money_for_it(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00", days_past_due=40).case_id
    second = more_debts(session, case)["second"].account_id
    pause_id = pause_case(session, None, case, PauseKind.VERIFICATION, account_id=second, reason="x", at=NOW)
    pay(session, case, "10.00")
    session.expire_all()
    assert session.get_one(Pause, pause_id).ended_at is None
    pay(session, case, "20.00", account_id=second)
    session.expire_all()
    assert session.get_one(Pause, pause_id).ended_at is not None


TERMS = PaymentTerms(Decimal("10.00"), TODAY, "SPEI-1")


@pytest.mark.parametrize(
    ("who", "terms", "because"),
    [
        pytest.param("ana", TERMS, "role does not allow", id="an agent enters none"),
        pytest.param("alma", TERMS, "role does not allow", id="nor an admin"),
        pytest.param("bruno", TERMS, "role does not allow", id="nor another team's agent"),
        pytest.param("sofia", replace(TERMS, kind=PaymentKind.WRITE_OFF), "role does not", id="she may not write off"),
        pytest.param("sofia", replace(TERMS, currency="USD"), "in USD, the portfolio in MXN", id="another currency"),
        pytest.param("sofia", replace(TERMS, reference="  "), "reference", id="no reference"),
        pytest.param("sofia", replace(TERMS, reference="x" * 121), "too long", id="a story"),
        pytest.param("marta", replace(TERMS, kind=PaymentKind.DISCOUNT), "not entered by hand", id="a discount"),
        pytest.param("marta", replace(TERMS, kind=PaymentKind.BALANCE_UPDATE), "not entered", id="a file's own kind"),
        pytest.param("marta", replace(TERMS, amount=Decimal("0.001")), "two decimals", id="half a cent"),
    ],
)
def test_what_may_not_be_entered_by_hand(
    session: Session, cast: Cast, who: str, terms: PaymentTerms, because: str
) -> None:
    case = owe(session, cast.mexico).case_id
    with pytest.raises(Refused, match=because):
        enter_payment(session, getattr(cast, who), case, terms, at=NOW)


@pytest.mark.parametrize("terms", [replace(TERMS, currency=" mxn "), replace(TERMS, kind=PaymentKind.CREDIT_NOTE)])
def test_sofia_enters_a_payment_under_her_name(session: Session, cast: Cast, terms: PaymentTerms) -> None:
    case = owe(session, cast.mexico).case_id
    assert enter_payment(session, cast.sofia, case, terms, at=NOW).by_id == cast.sofia.user_id


def test_marta_writes_off_and_takes_it_back(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico, amount="100.00").case_id
    terms = PaymentTerms(Decimal("100.00"), TODAY, "W-1", PaymentKind.WRITE_OFF)
    gone = enter_payment(session, cast.marta, case, terms, at=NOW)
    back: dict[str, Any] = {"on": TODAY, "kind": Reversal.REVERSAL, "because": "wrong case", "at": NOW}
    with pytest.raises(Refused, match="role does not allow"):
        take_back(session, cast.sofia, gone.id or 0, **back)
    take_back(session, cast.marta, gone.id or 0, **back)
    assert (debts(session, case)[0][1], gone.reversal, gone.reversed_because) == (100, "reversal", "wrong case")


@pytest.mark.parametrize(
    ("who", "fields", "because"),
    [
        pytest.param("ana", {}, "role does not allow", id="an agent takes none back"),
        pytest.param("sofia", {"because": " "}, "Write down why", id="without a reason"),
        pytest.param("sofia", {"kind": Reversal.RESTORED}, "ends with its agreement", id="only discounts are restored"),
        pytest.param("sofia", {"on": TODAY + timedelta(days=1)}, "between its payment", id="tomorrow"),
    ],
)
def test_what_may_not_be_taken_back(
    session: Session, cast: Cast, who: str, fields: dict[str, Any], because: str
) -> None:
    paid = pay(session, owe(session, cast.mexico).case_id, "10.00")
    given: dict[str, Any] = {"on": TODAY, "kind": Reversal.CHARGE_BACK, "because": "bounced", "at": NOW} | fields
    with pytest.raises(Refused, match=because):
        take_back(session, getattr(cast, who), paid.id or 0, **given)


def test_another_teams_money_is_as_if_it_did_not_exist(session: Session, cast: Cast) -> None:
    case = owe(session, cast.mexico).case_id
    paid = pay(session, case, "10.00")
    pause_id = look_up(session, case, words="x", at=NOW)
    stranger = replace(cast.bruno, role=Role.MANAGER)
    book = cast.mexico.id or 0
    deeds: list[Callable[[], Any]] = [
        lambda: enter_payment(session, stranger, case, TERMS, at=NOW),
        lambda: take_back(session, stranger, paid.id or 0, on=TODAY, kind=Reversal.REVERSAL, because="x", at=NOW),
        lambda: dismiss_verification(session, stranger, pause_id, reason="x", at=NOW),
        lambda: verifications(session, stranger, book, at=NOW),
        lambda: payments(session, stranger, WantedPayments(book, TODAY, TODAY)),
        lambda: payment_sums(session, stranger, WantedPayments(book, TODAY, TODAY)),
        lambda: payment_desk(session, stranger, case, at=NOW),
        lambda: account_statement(session, stranger, case, at=NOW),
        lambda: note_statement_export(session, stranger, case, book, file="pdf", at=NOW),
        lambda: note_payments_export(session, stranger, book, asked={}, rows=0, at=NOW),
    ]
    for deed in deeds:
        with pytest.raises(Refused, match="nothing here that you may see"):
            deed()
