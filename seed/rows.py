"""From the pretend year to rows: columns named as the tables' columns, ready for COPY."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models import PaymentKind, ZoneOrigin
from seed.days import Payments
from seed.debts import Calendar, Debts, Flags, Numbers
from seed.people import Person
from seed.portfolios import Book
from workbench.rules.allocations import Parts, allocate_columns
from workbench.rules.law_regions import law_region
from workbench.rules.names import fold_column

Rows = dict[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Numbering:
    """The first id of each table's rows, and the ids of what was opened before."""

    first: Mapping[str, int]
    portfolio_id: int
    creditor_id: int
    agents: tuple[int, ...]

    def ids(self, table: str, rows: Numbers | int) -> list[int]:
        """The ids of these rows of a table (all of them when a count is given)."""
        numbers = np.arange(rows) if isinstance(rows, int) else rows
        return [int(number) for number in (numbers + self.first[table]).tolist()]


def money(cents: Numbers) -> list[str]:
    """Cents as text with two decimals."""
    return [f"{whole}.{part:02d}" for whole, part in zip((cents // 100).tolist(), (cents % 100).tolist(), strict=True)]


def moments(seconds: Numbers) -> list[str]:
    """Seconds since 1970 as UTC timestamps."""
    return [f"{found}+00" for found in seconds.astype("datetime64[s]")]


def debtor_rows(book: Book, people: list[Person], to: Numbering) -> Rows:
    """One debtor per person; their town says their clock."""
    towns = [book.towns[person.town] for person in people]
    many = len(people)
    return {
        "id": to.ids("debtor", many),
        "creditor_id": [to.creditor_id] * many,
        "reference": [person.reference for person in people],
        "name": [person.name for person in people],
        "folded_name": fold_column(person.name for person in people),
        "kind": ["firm" if person.firm else "person" for person in people],
        "tax_id": [person.tax_id for person in people],
        "tax_id_valid": [True] * many,
        "address": [person.address for person in people],
        "city": [town.name for town in towns],
        "region": [town.region for town in towns],
        "time_zone": [town.zone for town in towns],
        "zone_origin": [ZoneOrigin.ADDRESS.value] * many,
        "law_region": [law_region(book.country, town.region) for town in towns],
    }


def case_rows(opened: Numbers, calendar: Calendar, to: Numbering) -> Rows:
    """One case per debtor, opened with the first bill."""
    many = len(opened)
    return {
        "id": to.ids("collection_case", many),
        "portfolio_id": [to.portfolio_id] * many,
        "debtor_id": to.ids("debtor", many),
        "opened_on": calendar.days(opened),
    }


def account_rows(book: Book, found: Debts, calendar: Calendar, to: Numbering) -> Rows:
    """Accounts with a number that says the product."""
    ids = to.ids("account", len(found.account_case))
    return {
        "id": ids,
        "portfolio_id": [to.portfolio_id] * len(ids),
        "case_id": to.ids("collection_case", found.account_case),
        "number": [f"{book.account_prefix}-{10_000_000 + number * 37 % 9_000_000:08d}" for number in range(len(ids))],
        "product": [book.products[number] for number in found.account_product.tolist()],
        "opened_on": calendar.days(found.account_opened),
    }


def allocated(found: Debts, paid: Payments) -> Parts:
    """What each payment paid, the oldest bill first, reversed ones as they did before they were taken back."""
    return allocate_columns(paid.case, paid.cents, found.case, found.cents, released=paid.reversed_on >= 0)


def receivable_rows(found: Debts, paid: Payments, parts: Parts, calendar: Calendar, to: Numbering) -> Rows:
    """Bills with what is left of them, settled on the day of their last money."""
    live = (paid.reversed_on < 0)[parts.payment]
    many = len(found.cents)
    balance = found.cents - np.bincount(parts.receivable[live], parts.amount[live], many).astype(np.int64)
    settled = np.full(many, -1)
    np.maximum.at(settled, parts.receivable[live], paid.day[parts.payment[live]])
    due, settled_on = calendar.days(found.due), calendar.days(settled)
    return {
        "id": to.ids("receivable", many),
        "account_id": to.ids("account", found.account),
        "case_id": to.ids("collection_case", found.case),
        "number": [day[:7] for day in due],
        "issued_on": calendar.days(found.issued),
        "due_on": due,
        "amount": money(found.cents),
        "balance": money(balance),
        "settled_on": [on if left == 0 else None for on, left in zip(settled_on, balance.tolist(), strict=True)],
    }


def payment_rows(paid: Payments, parts: Parts, noted: Flags, calendar: Calendar, to: Numbering) -> Rows:
    """Payments, and the few credit notes among them (`noted`), recorded in the evening of their day."""
    live = paid.reversed_on < 0
    many = len(paid.case)
    used = np.bincount(parts.payment, parts.amount, many).astype(np.int64) * live
    days, reversed_on = calendar.days(paid.day), calendar.days(paid.reversed_on)
    return {
        "id": to.ids("payment", many),
        "portfolio_id": [to.portfolio_id] * many,
        "case_id": to.ids("collection_case", paid.case),
        "reference": [f"{'NC' if note else 'PG'}-{number:07d}" for number, note in enumerate(noted.tolist(), 1)],
        "kind": [(PaymentKind.CREDIT_NOTE if note else PaymentKind.PAYMENT).value for note in noted.tolist()],
        "amount": money(paid.cents),
        "allocated": money(used),
        "paid_on": days,
        "reversed_on": [None if kept else on for on, kept in zip(reversed_on, live.tolist(), strict=True)],
        "recorded_at": [f"{day} 23:00:00+00" for day in days],
    }


def allocation_rows(paid: Payments, parts: Parts, calendar: Calendar, to: Numbering) -> Rows:
    """Which payment paid which bill; those of reversed payments are released."""
    released = paid.reversed_on[parts.payment]
    days = calendar.days(released)
    return {
        "id": to.ids("allocation", len(parts.amount)),
        "payment_id": to.ids("payment", parts.payment),
        "receivable_id": to.ids("receivable", parts.receivable),
        "amount": money(parts.amount),
        "released_on": [on if day >= 0 else None for on, day in zip(days, released.tolist(), strict=True)],
    }
