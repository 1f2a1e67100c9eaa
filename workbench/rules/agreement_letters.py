"""The letter that confirms an agreement: what was owed, what is forgiven, every payment with its day, and the patience."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from workbench.rules.letter_values import harmless
from workbench.rules.placeholders import Place, day, locale_of, money
from workbench.rules.words import LANGUAGES, N_, translate, translate_plural

COMPONENTS = {"principal": N_("Principal"), "interest": N_("Interest"), "fees": N_("Fees")}
_TITLE = N_("Payment agreement no. {number}")
_OWED = N_("What was owed and what is to be paid")
_PAYMENTS = N_("The payments")
_ON_ITS_DAY = N_("A payment counts as made in time when it arrives on its day.")
_BREAKS = N_("The agreement ends when {missed} payments have been missed. What was paid until then stays credited.")
_BREAKS_AT_ONCE = N_("The agreement ends when a payment has been missed. What was paid until then stays credited.")
_RESTORED = N_("With it ends the discount: the {discount} forgiven here are owed again.")
_CLOSED = N_("Days on which banks are closed have been moved to the next one on which they are open.")
_CALL = N_("Questions, or something here is not what was agreed: call {phone}.")
_ANSWER = N_("Questions, or something here is not what was agreed: answer this message.")
_PAGE = N_("Page {n} of {m}")


@dataclass(frozen=True, slots=True)
class Owed:
    """One component: what was owed on the day of signing, and what of it is forgiven."""

    component: str  # of COMPONENTS
    amount: Decimal
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Signed:
    """An agreement as its letter needs it; `payments` are (number, day, amount), number 0 the down payment."""

    id: int
    creditor: str
    debtor: str
    reference: str
    accounts: tuple[str, ...]  # their endings
    currency: str
    country: str
    signed_on: date
    owed: tuple[Owed, ...]
    payments: tuple[tuple[int, date, Decimal], ...]
    grace_days: int
    missed_limit: int
    contact_phone: str | None = None

    @property
    def discount(self) -> Decimal:
        """All that is forgiven."""
        return sum((each.discount for each in self.owed), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return sum((amount for _, _, amount in self.payments), Decimal(0))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a letter: the first column is words, the others stand to the right; the last row sums up."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AgreementLetter:
    """The letter in words, ready to be laid out."""

    language: str
    sender: str
    to: tuple[str, ...]
    dated: str
    title: str
    opening: str
    tables: tuple[Table, ...]
    terms: tuple[str, ...]
    closing: str
    page: str  # "Page {n} of {m}"
    file_name: str


def letter_language(wanted: str | None, fallback: str) -> str:
    """The language a letter is written in: the debtor's, the portfolio's where there is none in theirs, else Spanish."""
    for each in (wanted, fallback):
        spoken = (each or "").strip().lower().replace("_", "-").partition("-")[0]
        if spoken in LANGUAGES:
            return spoken
    return "es"


def agreement_letter(signed: Signed, language: str) -> AgreementLetter:
    """The letter of an agreement in a language; names from files are made harmless."""
    place = Place(language, locale_of(language, signed.country), signed.currency)

    def say(msgid: str, **values: object) -> str:
        return translate(msgid, language, **values)

    creditor, debtor = harmless(signed.creditor), harmless(signed.debtor)
    accounts = ", ".join(harmless(each) for each in signed.accounts)
    return AgreementLetter(
        language=language,
        sender=creditor,
        to=(debtor, harmless(signed.reference)),
        dated=day(signed.signed_on, place, "long"),
        title=say(_TITLE, number=signed.id),
        opening=translate_plural(
            "{creditor} confirms to {debtor} what was agreed on {day} about the account ending in {accounts}.",
            "{creditor} confirms to {debtor} what was agreed on {day} about the accounts ending in {accounts}.",
            len(signed.accounts),
            language,
            creditor=creditor,
            debtor=debtor,
            day=day(signed.signed_on, place, "long"),
            accounts=accounts,
        ),
        tables=(_owed(signed, place), _payments(signed, place)),
        terms=_terms(signed, place),
        closing=say(N_("Yours sincerely,")),
        page=translate(_PAGE, language, n="{n}", m="{m}"),
        file_name=f"{say(N_('agreement'))}-{signed.id}.pdf",
    )


def _owed(signed: Signed, place: Place) -> Table:
    def say(msgid: str) -> str:
        return translate(msgid, place.language)

    rows = [
        (
            say(COMPONENTS[each.component]),
            money(each.amount, place),
            money(each.discount, place),
            money(each.amount - each.discount, place),
        )
        for each in signed.owed
        if each.amount
    ]
    owed = sum((each.amount for each in signed.owed), Decimal(0))
    total = (say(N_("Total")), money(owed, place), money(signed.discount, place), money(signed.total, place))
    columns = (say(N_("Component")), say(N_("Owed")), say(N_("Forgiven")), say(N_("To be paid")))
    return Table(say(_OWED), columns, (*rows, total))


def _payments(signed: Signed, place: Place) -> Table:
    def say(msgid: str, **values: object) -> str:
        return translate(msgid, place.language, **values)

    count = sum(1 for number, _, _ in signed.payments if number)
    rows = [
        (
            say(N_("Payment {n} of {count}"), n=number, count=count) if number else say(N_("Down payment")),
            day(due_on, place, "long"),
            money(amount, place),
        )
        for number, due_on, amount in signed.payments
    ]
    total = (say(N_("Total")), "", money(signed.total, place))
    return Table(say(_PAYMENTS), (say(N_("Payment")), say(N_("Until")), say(N_("Amount"))), (*rows, total))


def _terms(signed: Signed, place: Place) -> tuple[str, ...]:
    def say(msgid: str, **values: object) -> str:
        return translate(msgid, place.language, **values)

    graced = translate_plural(
        "A payment that arrives up to {n} day after its day counts as made in time.",
        "A payment that arrives up to {n} days after its day counts as made in time.",
        signed.grace_days,
        place.language,
    )
    said = [graced if signed.grace_days else say(_ON_ITS_DAY)]
    said.append(say(_BREAKS, missed=signed.missed_limit) if signed.missed_limit > 1 else say(_BREAKS_AT_ONCE))
    if signed.discount:
        said.append(say(_RESTORED, discount=money(signed.discount, place)))
    said.append(say(_CLOSED))
    said.append(say(_CALL, phone=signed.contact_phone) if signed.contact_phone else say(_ANSWER))
    return tuple(said)
