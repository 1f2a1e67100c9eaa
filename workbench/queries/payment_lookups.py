"""Cases, accounts and payments by the names that creditors and banks give them."""

from sqlalchemy import text
from sqlmodel import Session, select

from models import Payment
from workbench.rules.refusals import Refused


def case_of(session: Session, portfolio_id: int, reference: str) -> int:
    """The case of the debtor with this reference; refused when the portfolio has none."""
    found = session.execute(_CASE, {"portfolio": portfolio_id, "reference": reference}).scalar()
    if found is None:
        raise Refused("There is no debtor “{value}” in this portfolio.", value=reference)
    return int(found)


def account_of(session: Session, case_id: int, number: str) -> int:
    """The case's account of this number; refused when it has none."""
    found = session.execute(_ACCOUNT, {"case": case_id, "number": number}).scalar()
    if found is None:
        raise Refused("This debtor has no such account.", field="account")
    return int(found)


def payment_of(session: Session, portfolio_id: int, reference: str) -> Payment:
    """The portfolio's payment of this reference; refused when there is none."""
    wanted = select(Payment).where(Payment.portfolio_id == portfolio_id, Payment.reference == reference)
    found = session.exec(wanted).first()
    if found is None:
        raise Refused("There is no payment with the reference {reference}.", reference=reference)
    return found


_CASE = text("""
    SELECT c.id FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    WHERE c.portfolio_id = :portfolio AND d.reference = :reference
""")
_ACCOUNT = text("SELECT id FROM account WHERE case_id = :case AND number = :number")
