"""Money in, and money taken back: allocations and balances move together under the case's lock."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, insert, select

from models import Allocation, Case, Component, Payment, PaymentKind, Portfolio, Reversal
from workbench.actions import audit
from workbench.actions.credits import apply_credits
from workbench.actions.standings import rescore_cases
from workbench.actions.verifications import answer_verifications
from workbench.rules.access import Permission, Viewer
from workbench.rules.allocations import NOTHING_NAMED, Allocated, Due, Named, allocate
from workbench.rules.payments import FORGIVEN, PaymentTerms, check_take_back, check_terms, require_money
from workbench.rules.refusals import Refused

_REFERENCE = "uq_payment_portfolio_id_reference"
__all__ = ["PaymentTerms", "apply_credits", "enter_payment", "record_payment", "reverse_payment", "take_back"]


def enter_payment(session: Session, who: Viewer, case_id: int, terms: PaymentTerms, *, at: datetime) -> Payment:
    """What somebody enters by hand, if their role may: money of any case they see, a write-off only who may write down.

    Raises `Refused` as `record_payment` does, and for another currency than the portfolio's.
    """
    who.require(Permission.RECORD_PAYMENTS)
    if terms.kind == PaymentKind.WRITE_OFF:
        who.require(Permission.WRITE_DOWN)
    case = _visible_case(session, who, case_id)
    portfolio = session.get_one(Portfolio, case.portfolio_id)
    check_terms(terms, currency=portfolio.currency)
    return record_payment(
        session,
        case_id=case_id,
        amount=terms.amount,
        paid_on=terms.paid_on,
        reference=terms.reference.strip(),
        kind=terms.kind,
        account_id=terms.account_id,
        receivable_number=terms.receivable_number,
        by=who.user_id,
        at=at,
    )


def take_back(
    session: Session, who: Viewer, payment_id: int, *, on: date, kind: Reversal, because: str, at: datetime
) -> Payment:
    """Reverses a payment by hand, whoever may enter one; a discount only ends with its agreement."""
    who.require(Permission.RECORD_PAYMENTS)
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise Refused("There is nothing here that you may see.")
    who.require_portfolio(payment.portfolio_id)
    if payment.kind == PaymentKind.WRITE_OFF:
        who.require(Permission.WRITE_DOWN)
    check_take_back(payment.kind, kind, because)
    return reverse_payment(session, payment_id, on=on, kind=kind, because=because, by=who.user_id, at=at)


def record_payment(
    session: Session,
    *,
    case_id: int,
    amount: Decimal,
    paid_on: date,
    reference: str,
    kind: PaymentKind = PaymentKind.PAYMENT,
    account_id: int | None = None,
    receivable_number: str | None = None,
    component: Component | None = None,
    newest_first: bool = False,
    agreement_id: int | None = None,
    import_run_id: int | None = None,
    by: int | None,
    at: datetime,
) -> Payment:
    """Notes a payment and pays the case's receivables with it: those it names first, then the oldest.

    What no receivable can take stays unallocated: `payment.amount - payment.allocated` is the debtor's credit. A
    discount or a write-off brings no money: it pays what it names and nothing else, and leaves no credit. Then free
    credit pays what is still open, promises and standings follow, and a look-up that the money answers ends.
    Raises `Refused` for an amount that is no money, a date still to come, a reference the portfolio already has,
    an account or a receivable that the case has not, or more forgiven than is owed.
    """
    case, today = _lock_case(session, case_id, at)
    require_money(amount)
    if paid_on > today:
        raise Refused("A payment cannot be dated in the future.", field="paid_on")
    _refuse_known_reference(session, case.portfolio_id, reference)
    named = Named(account_id, receivable_number, component)
    _require_named(session, case_id, named)
    shared = _shared(session, case_id, amount, kind, named, newest_first=newest_first)
    payment = Payment(
        portfolio_id=case.portfolio_id,
        case_id=case_id,
        reference=reference,
        kind=kind,
        amount=amount,
        allocated=amount - shared.credit,
        paid_on=paid_on,
        recorded_at=at,
        agreement_id=agreement_id,
        import_run_id=import_run_id,
        by_id=by,
    )
    _save(session, payment)
    assert payment.id is not None
    _allocate(session, payment.id, shared.parts)
    answer_verifications(session, [payment.id], by=by, at=at)
    _follow(session, payment, today=today, at=at)
    details = {"case_id": case_id, "amount": str(amount), "kind": kind.value}
    audit.log(session, "record_payment", "payment", payment.id, by=by, at=at, **details)
    return payment


def reverse_payment(
    session: Session,
    payment_id: int,
    *,
    on: date,
    by: int | None,
    at: datetime,
    kind: Reversal = Reversal.REVERSAL,
    because: str = "",
) -> Payment:
    """Takes a payment back: its allocations are released, the balances return, what it settled is open again.

    Other money of the debtor that lay free pays what is open again. Promises and standings follow.
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
        raise Refused("A reversal is dated between its payment and today.", field="on")
    _release(session, payment_id, on)
    payment.allocated, payment.reversed_on = Decimal(0), on
    payment.reversal, payment.reversed_because = kind, because.strip() or None
    session.add(payment)
    session.flush()
    _follow(session, payment, today=today, at=at)
    details = {"case_id": payment.case_id, "amount": str(payment.amount), "kind": kind.value, "on": on.isoformat()}
    details |= {"because": because.strip()} if because.strip() else {}
    audit.log(session, "reverse_payment", "payment", payment_id, by=by, at=at, **details)
    return payment


def _follow(session: Session, payment: Payment, *, today: date, at: datetime) -> None:
    """What every movement of money brings about: free credit is used up, promises and standings are judged anew."""
    if apply_credits(session, [payment.case_id]):
        session.refresh(payment)
    rescore_cases(session, [payment.case_id], on=today, at=at)


def _visible_case(session: Session, who: Viewer, case_id: int) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise Refused("There is nothing here that you may see.")
    who.require_portfolio(case.portfolio_id)
    return case


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
        raise _known(reference)


def _save(session: Session, payment: Payment) -> None:
    """Writes the row; the same reference written for another case at this very moment is refused like a known one."""
    session.add(payment)
    try:
        session.flush()
    except IntegrityError as error:
        if _REFERENCE not in str(error.orig):
            raise
        raise _known(payment.reference) from None


def _known(reference: str) -> Refused:
    return Refused("There is already a payment with the reference {reference}.", reference=reference, field="reference")


def _require_named(session: Session, case_id: int, named: Named) -> None:
    """Refuses an account or a receivable that the case has not; one that is settled already is no mistake."""
    if named.account_id is None and named.number is None:
        return
    asked = {"case_id": case_id, "account_id": named.account_id, "number": named.number}
    found = session.execute(_HAS_NAMED, asked).one()
    if not found.account:
        raise Refused("This debtor has no such account.", field="account")
    if not found.receivable:
        raise Refused("This debtor has no receivable {number}.", number=named.number, field="receivable")


def _shared(
    session: Session, case_id: int, amount: Decimal, kind: PaymentKind, named: Named, *, newest_first: bool
) -> Allocated:
    """What of the amount goes where; what is forgiven goes nowhere but to what it names."""
    dues = [Due(*row) for row in session.execute(_OPEN_DUES, {"case_id": case_id})]
    if kind not in FORGIVEN:
        return allocate(amount, dues, named=named, newest_first=newest_first)
    shared = allocate(amount, filter(named.covers, dues), named=NOTHING_NAMED, newest_first=newest_first)
    if shared.credit:
        raise Refused("No more can be forgiven than the {amount} owed.", amount=amount - shared.credit, field="amount")
    return shared


def _allocate(session: Session, payment_id: int, parts: tuple[tuple[int, Decimal], ...]) -> None:
    if not parts:
        return
    rows = [{"payment_id": payment_id, "receivable_id": number, "amount": part} for number, part in parts]
    session.execute(insert(Allocation), rows)
    session.execute(_LOWER_BALANCES, {"payment_id": payment_id})


def _release(session: Session, payment_id: int, on: date) -> None:
    session.execute(_RAISE_BALANCES, {"payment_id": payment_id})
    session.execute(_RELEASE, {"payment_id": payment_id, "on": on})


_OPEN_DUES = text("""
    SELECT due_on, id, balance, account_id, number, component FROM receivable
    WHERE case_id = :case_id AND balance > 0 ORDER BY due_on, id FOR UPDATE
""")
_HAS_NAMED = text("""
    SELECT CAST(:account_id AS bigint) IS NULL
            OR EXISTS (SELECT FROM account WHERE case_id = :case_id AND id = :account_id) AS account,
        CAST(:number AS text) IS NULL OR EXISTS (
            SELECT FROM receivable WHERE case_id = :case_id AND number = :number
                AND (CAST(:account_id AS bigint) IS NULL OR account_id = :account_id)) AS receivable
""")
# Settled on the day of the last money, which need not be this payment's: files bring payments late.
_LOWER_BALANCES = text("""
    UPDATE receivable SET
        balance = receivable.balance - part.amount,
        settled_on = CASE WHEN receivable.balance = part.amount THEN (
            SELECT max(payment.paid_on) FROM allocation JOIN payment ON payment.id = allocation.payment_id
            WHERE allocation.receivable_id = receivable.id AND allocation.released_on IS NULL
        ) END
    FROM allocation part
    WHERE part.payment_id = :payment_id AND part.released_on IS NULL AND receivable.id = part.receivable_id
""")
_RELEASE = text("UPDATE allocation SET released_on = :on WHERE payment_id = :payment_id AND released_on IS NULL")
_RAISE_BALANCES = text("""
    UPDATE receivable SET balance = receivable.balance + part.amount, settled_on = NULL
    FROM allocation part
    WHERE part.payment_id = :payment_id AND part.released_on IS NULL AND receivable.id = part.receivable_id
""")
