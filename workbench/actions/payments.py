"""Money in, and money taken back: allocations and balances move together under the case's lock."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session, col, insert, select

from models import Allocation, Case, Payment, PaymentKind, Portfolio
from workbench.actions import audit
from workbench.actions.standings import rescore_cases
from workbench.rules.allocations import Due, allocate
from workbench.rules.refusals import Refused

CENT = Decimal("0.01")
LIMIT = Decimal(10) ** 16  # what Numeric(18, 2) holds

OPEN_DUES = text("""
SELECT due_on, id, balance FROM receivable WHERE case_id = :case_id AND balance > 0 ORDER BY due_on, id FOR UPDATE
""")

# Settled on the day of the last money, which need not be this payment's: files bring payments late.
LOWER_BALANCES = text("""
UPDATE receivable SET
    balance = receivable.balance - part.amount,
    settled_on = CASE WHEN receivable.balance = part.amount THEN (
        SELECT max(payment.paid_on) FROM allocation JOIN payment ON payment.id = allocation.payment_id
        WHERE allocation.receivable_id = receivable.id AND allocation.released_on IS NULL
    ) END
FROM allocation part
WHERE part.payment_id = :payment_id AND part.released_on IS NULL AND receivable.id = part.receivable_id
""")

RELEASE = text("UPDATE allocation SET released_on = :on WHERE payment_id = :payment_id AND released_on IS NULL")

RAISE_BALANCES = text("""
UPDATE receivable SET balance = receivable.balance + part.amount, settled_on = NULL
FROM allocation part
WHERE part.payment_id = :payment_id AND part.released_on IS NULL AND receivable.id = part.receivable_id
""")


def record_payment(
    session: Session,
    *,
    case_id: int,
    amount: Decimal,
    paid_on: date,
    reference: str,
    kind: PaymentKind = PaymentKind.PAYMENT,
    by: int | None,
    at: datetime,
) -> Payment:
    """Notes a payment and pays the case's receivables with it, the oldest first.

    What no receivable can take stays unallocated: `payment.amount - payment.allocated` is the debtor's credit.
    Raises `Refused` for an amount that is no money, a date still to come, or a reference the portfolio already has.
    """
    case, today = _lock_case(session, case_id, at)
    _require_money(amount)
    if paid_on > today:
        raise Refused("A payment cannot be dated in the future.")
    _refuse_known_reference(session, case.portfolio_id, reference)
    shared = allocate(amount, _open_dues(session, case_id))
    payment = Payment(
        portfolio_id=case.portfolio_id,
        case_id=case_id,
        reference=reference,
        kind=kind,
        amount=amount,
        allocated=amount - shared.credit,
        paid_on=paid_on,
        recorded_at=at,
    )
    session.add(payment)
    session.flush()
    assert payment.id is not None
    _allocate(session, payment.id, shared.parts)
    rescore_cases(session, [case_id], on=today, at=at)
    audit.log(
        session,
        "record_payment",
        "payment",
        payment.id,
        by=by,
        at=at,
        case_id=case_id,
        amount=str(amount),
        kind=kind.value,
    )
    return payment


def reverse_payment(session: Session, payment_id: int, *, on: date, by: int | None, at: datetime) -> Payment:
    """Takes a payment back: its allocations are released, the balances return, what it settled is open again.

    Raises `Refused` when there is no such payment, it was reversed before, or `on` lies outside payment day to today.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise Refused("There is no such payment.")
    _, today = _lock_case(session, payment.case_id, at)
    session.refresh(payment)
    if payment.reversed_on is not None:
        raise Refused("This payment was reversed on {date}.", date=payment.reversed_on)
    if not payment.paid_on <= on <= today:
        raise Refused("A reversal is dated between its payment and today.")
    _release(session, payment_id, on)
    payment.allocated, payment.reversed_on = Decimal(0), on
    session.add(payment)
    session.flush()
    rescore_cases(session, [payment.case_id], on=today, at=at)
    audit.log(
        session,
        "reverse_payment",
        "payment",
        payment_id,
        by=by,
        at=at,
        case_id=payment.case_id,
        amount=str(payment.amount),
    )
    return payment


def _require_money(amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0:
        raise Refused("The amount must be greater than zero, with two decimals at most.")
    if amount >= LIMIT:
        raise Refused("The amount is too large.")
    if amount != amount.quantize(CENT):
        raise Refused("The amount must be greater than zero, with two decimals at most.")


def _lock_case(session: Session, case_id: int, at: datetime) -> tuple[Case, date]:
    """The case, held against every other deed on its money, and today by its portfolio's clock."""
    # NO KEY UPDATE: rows that merely refer to the case (a call being saved) need not wait
    found = session.exec(
        select(Case, Portfolio.time_zone)
        .join(Portfolio, col(Portfolio.id) == Case.portfolio_id)
        .where(Case.id == case_id)
        .with_for_update(key_share=True, of=Case)
    ).first()
    if found is None:
        raise Refused("There is no such case.")
    return found[0], at.astimezone(ZoneInfo(found[1])).date()


def _refuse_known_reference(session: Session, portfolio_id: int, reference: str) -> None:
    known = select(Payment.id).where(Payment.portfolio_id == portfolio_id, Payment.reference == reference)
    if session.exec(known).first() is not None:
        raise Refused("There is already a payment with the reference {reference}.", reference=reference)


def _open_dues(session: Session, case_id: int) -> list[Due]:
    rows = session.execute(OPEN_DUES, {"case_id": case_id})
    return [Due(due_on, number, balance) for due_on, number, balance in rows]


def _allocate(session: Session, payment_id: int, parts: tuple[tuple[int, Decimal], ...]) -> None:
    if not parts:
        return
    rows = [{"payment_id": payment_id, "receivable_id": number, "amount": part} for number, part in parts]
    session.execute(insert(Allocation), rows)
    session.execute(LOWER_BALANCES, {"payment_id": payment_id})


def _release(session: Session, payment_id: int, on: date) -> None:
    session.execute(RAISE_BALANCES, {"payment_id": payment_id})
    session.execute(RELEASE, {"payment_id": payment_id, "on": on})
