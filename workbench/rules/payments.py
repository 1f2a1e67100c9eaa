"""What a payment entered by hand must say, and the words for what it is."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.payments import PaymentKind, Reversal
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

CENT = Decimal("0.01")
LIMIT = Decimal(10) ** 16  # what Numeric(18, 2) holds
REFERENCE_LIMIT = 120

KINDS: dict[PaymentKind, str] = {
    PaymentKind.PAYMENT: N_("Payment"),
    PaymentKind.CREDIT_NOTE: N_("Credit note"),
    PaymentKind.BALANCE_UPDATE: N_("Balance lowered by the creditor"),
    PaymentKind.WRITE_OFF: N_("Write-off"),
    PaymentKind.DISCOUNT: N_("Agreement discount"),
}
REVERSALS: dict[Reversal, str] = {
    Reversal.REVERSAL: N_("Reversal"),
    Reversal.CHARGE_BACK: N_("Charge-back"),
    Reversal.RESTORED: N_("Discount restored"),
}
BY_HAND = (PaymentKind.PAYMENT, PaymentKind.CREDIT_NOTE, PaymentKind.WRITE_OFF)
TAKEN_BACK_AS = (Reversal.REVERSAL, Reversal.CHARGE_BACK)
# no money came in, so none can be left over: what is forgiven is something that is owed
FORGIVEN = frozenset({PaymentKind.WRITE_OFF, PaymentKind.DISCOUNT})


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """A payment as somebody entered it; `currency` none = the portfolio's own, nothing named = the oldest debts."""

    amount: Decimal
    paid_on: date
    reference: str
    kind: PaymentKind = PaymentKind.PAYMENT
    account_id: int | None = None
    receivable_number: str | None = None
    currency: str | None = None


def require_money(amount: Decimal) -> None:
    """Refuses an amount that is no money: nothing, less, half a cent, or more than a column holds."""
    if not amount.is_finite() or amount <= 0:
        raise Refused("The amount must be greater than zero, with two decimals at most.", field="amount")
    if amount >= LIMIT:
        raise Refused("The amount is too large.", field="amount")
    if amount != amount.quantize(CENT):
        raise Refused("The amount must be greater than zero, with two decimals at most.", field="amount")


def check_terms(terms: PaymentTerms, *, currency: str) -> None:
    """Refuses what may not be entered by hand: another currency, no reference, a kind that only the system writes."""
    require_money(terms.amount)
    if terms.currency and terms.currency.strip().upper() != currency:
        raise Refused(
            "The payment is in {other}, the portfolio in {currency}.",
            other=terms.currency.strip().upper(),
            currency=currency,
            field="currency",
        )
    if not terms.reference.strip():
        raise Refused("Enter the payment's reference.", field="reference")
    if len(terms.reference.strip()) > REFERENCE_LIMIT:
        raise Refused(
            "The reference is too long: {limit} characters at most.", limit=REFERENCE_LIMIT, field="reference"
        )
    if terms.kind not in BY_HAND:
        raise Refused("This kind of payment is not entered by hand.", field="kind")


def check_take_back(kind: PaymentKind, reversal: Reversal, because: str) -> None:
    """Refuses to take back a discount, which ends with its agreement, and anything without a reason."""
    if kind == PaymentKind.DISCOUNT or reversal not in TAKEN_BACK_AS:
        raise Refused("A discount ends with its agreement: withdraw the agreement.")
    if not because.strip():
        raise Refused("Write down why.", field="reason")
