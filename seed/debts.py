"""What is owed: accounts, and a year of their bills or instalments."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from seed.portfolios import Book

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

YEAR = 365  # days of history: day 0 is a year ago, day YEAR is the business date


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day numbers of the pretend year to dates and back."""

    business_date: date

    def day(self, number: int) -> date:
        """The date of a day number."""
        return self.business_date + timedelta(days=int(number) - YEAR)

    def days(self, numbers: Numbers) -> list[str]:
        """The dates of a column of day numbers, as ISO text for COPY."""
        return [str(found) for found in self._first() + numbers]

    def numbers(self, dates: npt.NDArray[np.datetime64]) -> Numbers:
        """The day numbers of a column of dates."""
        return np.asarray((dates - self._first()).astype(np.int64))

    def _first(self) -> np.datetime64:
        return np.datetime64(self.business_date, "D") - YEAR


@dataclass(frozen=True, slots=True)
class Debts:
    """Accounts, and receivables sorted by case, due day and account; rows are numbered from 0, days as in `Calendar`."""

    account_case: Numbers
    account_opened: Numbers
    account_product: Numbers
    account: Numbers  # of each receivable
    case: Numbers
    issued: Numbers
    due: Numbers
    cents: Numbers


def debts(book: Book, able: Reals, calendar: Calendar, random: np.random.Generator) -> Debts:
    """The accounts of as many debtors as are `able`, one and a half each, with bills for four to twelve months and to come.

    Who earned well when the line was opened was given more of it.
    """
    cases = len(able)
    owner = np.repeat(np.arange(cases), random.choice([1, 2, 3], cases, p=[0.64, 0.28, 0.08]))
    months = random.integers(4, 13, len(owner))
    # some accounts are paid off or closed already: history that the score learns from
    ends = np.where(random.random(len(owner)) < 0.12, -random.integers(0, 4, len(owner)), book.months_ahead)
    count = months + ends + 1
    account = np.repeat(np.arange(len(owner)), count)
    nth = np.arange(len(account)) - np.repeat(np.cumsum(count) - count, count)
    due = _due_days(account, nth - months[account], calendar, random)
    usual = book.typical_cents * np.exp(1.0 * (able[owner] - 0.7)) * random.lognormal(-0.05, 0.3, len(owner))
    cents = _rounded(usual[account] * (1 + book.varies * random.standard_normal(len(account))).clip(0.4), book)
    known = due >= 0
    account, due, cents = account[known], due[known], cents[known]
    order = np.lexsort((account, due, owner[account]))
    account, due, cents = account[order], due[order], cents[order]
    opened = np.full(len(owner), YEAR)
    np.minimum.at(opened, account, due)
    opened -= 20 + random.integers(0, 12, len(owner))
    return Debts(
        account_case=owner,
        account_opened=opened,
        account_product=random.integers(0, len(book.products), len(owner)),
        account=account,
        case=owner[account],
        issued=due - 20 if book.varies else opened[account],
        due=due,
        cents=cents,
    )


def only(found: Debts, rows: Flags) -> Debts:
    """These receivables of it; the accounts stay."""
    columns = {name: getattr(found, name)[rows] for name in ("account", "case", "issued", "due", "cents")}
    return replace(found, **columns)


def owed_by_day(found: Debts, cases: int) -> Numbers:
    """For each case and day of the year, everything that had fallen due by then, in cents."""
    fallen = np.zeros((cases, YEAR), np.int64)
    past = found.due < YEAR
    np.add.at(fallen, (found.case[past], found.due[past]), found.cents[past])
    return np.cumsum(fallen, axis=1)


def _due_days(account: Numbers, month: Numbers, calendar: Calendar, random: np.random.Generator) -> Numbers:
    """One day of the month per account: what it is does not matter, that it stays does."""
    day_of_month = random.choice([1, 5, 10, 12, 15, 18, 20, 25, 28], int(account.max()) + 1)
    this_month = np.datetime64(calendar.business_date, "M")
    return calendar.numbers((this_month + month).astype("datetime64[D]") + day_of_month[account] - 1)


def _rounded(cents: Reals, book: Book) -> Numbers:
    return np.asarray((cents / book.step_cents).round().clip(1) * book.step_cents, np.int64)
