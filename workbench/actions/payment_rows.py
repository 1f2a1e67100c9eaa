"""A reading of payments on its way into the database: what the file alone shows is refused, the rest is copied."""

from datetime import date

from sqlmodel import Session

from workbench.actions.import_rows import LIMIT, LONGEST_KEY, Sieve, copy_table, table_of
from workbench.rules.intake.payments import PAYMENT_TYPES
from workbench.rules.intake.reading import Reading
from workbench.rules.payments import REFERENCE_LIMIT
from workbench.rules.words import N_

OWN = ("import:", "credit_note:", "discount:", "write_off:")  # how the references begin that the system gives itself


def sifted_payments(reading: Reading, *, on: date) -> Sieve:
    """The rows of a payment file that may be looked up; the rest is refused with its reason."""
    sieve = Sieve(reading, reading.rows)
    for name, limit in (
        ("reference", REFERENCE_LIMIT),
        ("debtor_ref", LONGEST_KEY),
        ("account_number", LONGEST_KEY),
        ("document_number", LONGEST_KEY),
    ):
        long = (sieve.rows[name].str.len() > limit).fillna(value=False)
        sieve.refuse(long, name, N_("“{value}” is too long for an identifier."), lambda _: {})
    own = sieve.rows["reference"].str.startswith(OWN).fillna(value=False)
    because = N_("“{value}” begins like the references that the system gives itself: give the payment another one.")
    sieve.refuse(own, "reference", because, lambda _: {})
    large = sieve.rows["amount"] >= LIMIT
    sieve.refuse(large, "amount", N_("“{value}” is too large an amount."), lambda _: {})
    later = (sieve.rows["paid_on"] > on).fillna(value=False)
    told: dict[str, object] = {"date": on}
    sieve.refuse(later, "paid_on", N_("The payment is dated {value}, after the business date {date}."), lambda _: told)
    _refuse_repeated(sieve)
    return sieve


def _refuse_repeated(sieve: Sieve) -> None:
    """A reference once as a payment and once as its reversal; a bank's batch number on many rows is no reference."""
    keys = ["reference", "reversal"]
    again = sieve.rows.duplicated(keys)
    if not again.any():
        return
    first = sieve.rows.groupby(keys, sort=False)["row_number"].transform("first")
    rows = dict(zip(sieve.rows["row_number"][again].astype(int), first[again].astype(int), strict=True))
    because = N_(
        "The reference “{value}” is in row {first} already, and each payment needs its own. If it numbers a batch, choose another column."
    )
    sieve.refuse(again, "reference", because, lambda row: {"first": rows[row]})


def copy_payments(session: Session, sieve: Sieve) -> None:
    """Copies the rows into `in_payment`."""
    copy_table(session, "in_payment", table_of(sieve.rows, tuple(PAYMENT_TYPES)))
