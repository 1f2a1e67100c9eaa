"""What a message may say of one case: values read from rows, made harmless, never read as a template."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import phonenumbers

NAME_LENGTH = 60  # beyond it nothing is a name; a text stays as long as its author saw it
OPT_OUT_WORDS = {"es": "BAJA", "en": "STOP"}
_PARTICLES = frozenset({"de", "del", "la", "las", "los", "y", "da", "dos", "e"})
_NEVER_IN_A_NAME = frozenset("{}<>`")
_FIRST_MARK = "\u0300"  # below it no character combines, and nothing printable is out of order
_MARKS_AT_MOST = 1  # of combining ones after a letter; more is a drawing


@dataclass(frozen=True, slots=True)
class Debt:
    """One receivable that a message lists; `days_past_due` 0 = not past due, and days of a pause do not count.

    Amounts in the letter's currency.
    """

    account: str
    product: str | None
    due_on: date
    days_past_due: int
    amount: Decimal

    @property
    def ending(self) -> str:
        """The account's last four letters or digits, as a debtor knows it and nobody else can use it."""
        kept = "".join(each for each in self.account if each.isalnum())
        return kept[-4:] or self.account


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement as a message tells of it: all of it, and of one installment (the first in its letter) what is unpaid."""

    total: Decimal
    payments: int
    amount: Decimal
    due_on: date


@dataclass(frozen=True, slots=True)
class Values:
    """All that the placeholders stand for; none = not known, and a text that needs it does not leave."""

    debtor_name: str
    creditor: str
    portfolio: str
    currency: str
    country: str
    total: Decimal
    debts: tuple[Debt, ...] = ()
    first_name: str | None = None
    oldest_due_on: date | None = None
    days_past_due: int = 0
    promise_amount: Decimal | None = None
    promise_due_on: date | None = None
    payment_amount: Decimal | None = None
    agreement_total: Decimal | None = None
    agreement_payments: int | None = None
    installment_amount: Decimal | None = None
    installment_due_on: date | None = None
    contact_phone: str | None = None


def letter_values(
    *,
    debtor_name: str,
    is_firm: bool,
    creditor: str,
    portfolio: str,
    currency: str,
    country: str,
    on: date,
    debts: Iterable[tuple[str, str | None, date, Decimal, date]],
    promise: tuple[Decimal, date] | None = None,
    payment_amount: Decimal | None = None,
    agreed: Agreed | None = None,
    contact_phone: str | None = None,
) -> Values:
    """The values of one case on business date `on`.

    `debts` are (account, product, due on, balance, counted from), oldest first: days past due begin at the last of them.
    """
    name = harmless(debtor_name)
    listed = tuple(
        Debt(harmless(account), harmless(product or "") or None, due_on, max((on - counted_from).days, 0), amount)
        for account, product, due_on, amount, counted_from in debts
    )
    oldest = min((debt.due_on for debt in listed), default=None)
    return Values(
        debtor_name=name,
        first_name=name if is_firm else first_name(name),
        creditor=harmless(creditor),
        portfolio=harmless(portfolio),
        currency=currency,
        country=country,
        total=sum((debt.amount for debt in listed), Decimal(0)),
        debts=listed,
        oldest_due_on=oldest,
        days_past_due=max((debt.days_past_due for debt in listed), default=0),
        promise_amount=promise[0] if promise else None,
        promise_due_on=promise[1] if promise else None,
        payment_amount=payment_amount,
        agreement_total=agreed.total if agreed else None,
        agreement_payments=agreed.payments if agreed else None,
        installment_amount=agreed.amount if agreed else None,
        installment_due_on=agreed.due_on if agreed else None,
        contact_phone=_readable(contact_phone) if contact_phone else None,
    )


@lru_cache(maxsize=256)
def _readable(phone: str) -> str:
    """An E.164 number in groups: +52 55 1234 5678."""
    return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def harmless(text: str, limit: int = NAME_LENGTH) -> str:
    """One line of what a file calls a name: no line ends, controls, direction marks or braces; cut to `limit`."""
    if text.isprintable() and max(text, default="") < _FIRST_MARK and _NEVER_IN_A_NAME.isdisjoint(text):
        return _cut(text, limit)
    kept: list[str] = []
    marks = 0
    for each in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(each)
        marks = marks + 1 if kind.startswith("M") else 0
        if kind in {"Cc", "Zl", "Zp", "Zs"}:
            kept.append(" ")
        elif kind[0] != "C" and marks <= _MARKS_AT_MOST and each not in _NEVER_IN_A_NAME:
            kept.append(each)
    return _cut("".join(kept), limit)


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3].rstrip() + "..."


def first_name(name: str) -> str:
    """What to call a person by: "JUAN PÉREZ" gives "Juan", "PÉREZ GÓMEZ, ANA MARÍA" gives "Ana"."""
    _surname, comma, given = name.partition(",")
    words = (given if comma and given.strip() else name).replace(",", " ").split()
    called = next((word for word in words if word.lower() not in _PARTICLES), name)
    return called.capitalize() if called.isupper() or called.islower() else called
