"""What the rows of a payment file are to the books: whose they are, which are news, which contradict what is known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, NoReturn

from models.payments import PaymentKind
from workbench.rules.intake.findings import RowRefusal
from workbench.rules.ledgers import Ledger, Money
from workbench.rules.words import N_


class Hit(NamedTuple):
    """A row beside what its columns lead to: cases, an account, and how many debtors or documents fit. Cents."""

    row_number: int
    reference: str
    reversal: bool
    charge_back: bool
    paid_on: date
    amount: int
    debtor_ref: str | None
    tax_id: str | None
    account_number: str | None
    document_number: str | None
    of_debtor: int | None = None
    of_tax_id: int | None = None
    tax_ids: int = 0
    account_id: int | None = None
    of_account: int | None = None
    of_document: int | None = None
    documents: int = 0

    @property
    def who(self) -> str:
        """The debtor as the row names them."""
        return self.debtor_ref or self.tax_id or self.account_number or self.document_number or ""


class Known(NamedTuple):
    """A payment that the portfolio has already; cents."""

    id: int
    reference: str
    kind: str
    case_id: int
    debtor_ref: str
    amount: int
    paid_on: date
    reversed_on: date | None


class Entry(NamedTuple):
    """A row to be entered: a payment of a case, or the end of one (`known` when it is not of this file)."""

    hit: Hit
    case_id: int
    known: Known | None = None


@dataclass(slots=True)
class Judged:
    """The rows to enter in the order they happened, how many are known already, and the refused ones."""

    entries: list[Entry] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RowRefusal] = field(default_factory=list)


class Entered(NamedTuple):
    """One row entered in its ledger: the payment it made or ended, and what its debtor owed before and after (cents)."""

    entry: Entry
    money: Money
    before: int
    after: int


def enter(
    entries: Iterable[Entry], ledgers: Mapping[int, Ledger], money: Mapping[int, Money], new_ids: Iterator[int]
) -> list[Entered]:
    """Shares a file's money out, and takes back what it takes back, in the order of the entries; ledgers by case.

    `money` are the payments of before that may be taken back; each new one gets the next of `new_ids`.
    """
    made: dict[str, Money] = {}
    entered = []
    for entry in entries:
        hit, ledger = entry.hit, ledgers[entry.case_id]
        before = ledger.owed
        if hit.reversal:
            moved = money[entry.known.id] if entry.known else made[hit.reference]
            ledger.take_back(moved, hit.paid_on)
        else:
            moved = made[hit.reference] = Money(next(new_ids), hit.paid_on, hit.amount)
            ledger.pay(moved, account_id=hit.account_id, number=hit.document_number)
        entered.append(Entered(entry, moved, before, ledger.owed))
    return entered


class _Complaint(Exception):
    """A row that is refused for what a column of it says."""

    def __init__(self, name: str, because: str, **values: object) -> None:
        super().__init__(because)
        self.name, self.because, self.values = name, because, values


def judged(hits: Iterable[Hit], known: Mapping[str, Known], headers: Mapping[str, list[str]]) -> Judged:
    """Sorts the rows of a file; `known` by reference, `headers` are the file's own, by field.

    Payments are looked at before what takes them back, whatever their order in the file.
    """
    found, entered = Judged(), dict[str, Entry]()
    for hit in sorted(hits, key=lambda hit: (hit.reversal, hit.paid_on, hit.row_number)):
        try:
            entry = (_ended if hit.reversal else _received)(hit, known.get(hit.reference), entered)
        except _Complaint as complaint:
            found.refused.append(_refusal(hit, complaint, headers))
            continue
        if entry is None:
            found.unchanged += 1
            continue
        found.entries.append(entry)
        if not hit.reversal:
            entered[hit.reference] = entry
    found.entries.sort(key=lambda entry: (entry.hit.paid_on, entry.hit.reversal, entry.hit.row_number))
    return found


def whose(hit: Hit) -> int | None:
    """The case that a row's columns agree on; none when it names nobody. Complains of what leads nowhere, or apart."""
    if hit.debtor_ref and hit.of_debtor is None:
        raise _Complaint(
            "debtor_ref",
            N_("There is no debtor “{value}” in this portfolio: correct the code, or import what they owe first."),
        )
    if hit.account_number and hit.of_account is None:
        raise _Complaint(
            "account_number",
            N_("There is no account “{value}” in this portfolio: correct the number, or import what is owed first."),
        )
    if hit.tax_id and hit.of_debtor is None and hit.of_account is None:
        _require_one_tax_id(hit)
    by_tax_id = hit.of_tax_id if hit.tax_ids == 1 else None
    case_id = hit.of_debtor or hit.of_account or by_tax_id
    if case_id is not None and any(each not in (None, case_id) for each in (hit.of_account, by_tax_id)):
        cases = {"debtor_ref": hit.of_debtor, "account_number": hit.of_account, "tax_id": by_tax_id}
        _complain_of_two(hit, {name: each for name, each in cases.items() if each is not None})
    return _documented(hit, case_id) if hit.document_number else case_id


def _require_one_tax_id(hit: Hit) -> None:
    if hit.of_tax_id is None:
        raise _Complaint(
            "tax_id", N_("Nobody in this portfolio has the tax id “{value}”: correct it, or say the account.")
        )
    if hit.tax_ids > 1:
        raise _Complaint(
            "tax_id",
            N_("{count} debtors have the tax id “{value}”: say which by the debtor's code or the account."),
            count=hit.tax_ids,
        )


def _complain_of_two(hit: Hit, cases: dict[str, int]) -> NoReturn:
    first = next(iter(cases))
    name = next(name for name, case_id in cases.items() if case_id != cases[first])
    because = N_("“{value}” belongs to another debtor than “{other}”: correct one of the two.")
    raise _Complaint(name, because, other=getattr(hit, first))


def _documented(hit: Hit, case_id: int | None) -> int:
    if hit.of_document is None:
        because = (
            N_("There is no document “{value}” in this portfolio: correct it, or say whose payment it is.")
            if case_id is None
            else N_(
                "The debtor has no document “{value}”: correct it, or leave it empty to pay the oldest debts first."
            )
        )
        raise _Complaint("document_number", because)
    if hit.documents > 1:
        because = N_("{count} documents are numbered “{value}”: say which by the account.")
        raise _Complaint("document_number", because, count=hit.documents)
    return case_id or hit.of_document


def _received(hit: Hit, known: Known | None, entered: Mapping[str, Entry]) -> Entry | None:  # noqa: ARG001 - as _ended
    """A payment: news, or known already with the same amount, day and debtor."""
    case_id = whose(hit)
    if known is None:
        if case_id is None:
            raise _Complaint("debtor_ref", N_("The row does not say whose payment it is: fill in the debtor, the account or the document."))  # fmt: skip
        return Entry(hit, case_id)
    _require_payment(known)
    if (known.amount, known.paid_on, known.case_id) == (hit.amount, hit.paid_on, case_id or known.case_id):
        return None
    raise _Complaint(
        "reference",
        N_(
            "There is a payment “{value}” already: {amount} of {date} by the debtor {owner}. If this is another one, give it its own reference; if it corrects the first, take that back and give the new one another reference."
        ),
        amount=_money(known.amount),
        date=known.paid_on,
        owner=known.debtor_ref,
    )


def _ended(hit: Hit, known: Known | None, entered: Mapping[str, Entry]) -> Entry | None:
    """The end of a payment, known before or of this file; the same end twice is no news."""
    case_id = whose(hit)
    first = entered.get(hit.reference)
    if known is None and first is None:
        raise _Complaint("reference", N_("There is no payment “{value}” to take back: import the payment first."))
    if known:
        _require_payment(known)
    paid = known or first
    assert paid is not None
    amount, paid_on = (known.amount, known.paid_on) if known else (first.hit.amount, first.hit.paid_on)  # type: ignore[union-attr]
    if case_id not in (None, paid.case_id):
        raise _Complaint(
            "reference", N_("The payment “{value}” is another debtor's: correct the reference or the debtor.")
        )
    if amount != hit.amount:
        because = N_("The payment “{value}” was of {amount}: only the whole of it can be taken back.")
        raise _Complaint("reference", because, amount=_money(amount))
    if known and known.reversed_on:
        if known.reversed_on == hit.paid_on:
            return None
        because = N_("The payment “{value}” was taken back on {date} already: leave the row out.")
        raise _Complaint("reference", because, date=known.reversed_on)
    if hit.paid_on < paid_on:
        because = N_("The payment “{reference}” is of {date}: it cannot be taken back before.")
        raise _Complaint("paid_on", because, reference=hit.reference, date=paid_on)
    return Entry(hit, paid.case_id, known)


def _require_payment(known: Known) -> None:
    if known.kind != PaymentKind.PAYMENT:
        raise _Complaint(
            "reference",
            N_("“{value}” is the reference of something that is no payment (a credit note, a discount or a balance of the creditor's file): give the payment another one."),
        )  # fmt: skip


def _refusal(hit: Hit, complaint: _Complaint, headers: Mapping[str, list[str]]) -> RowRefusal:
    header = headers.get(complaint.name, [complaint.name])[0]
    value = str(getattr(hit, complaint.name) or "")
    told = {"value": value, "column": header, **complaint.values}
    return RowRefusal(hit.row_number, header, value, complaint.because, told)


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
