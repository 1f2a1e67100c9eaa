"""The money of one case, in the order it happens: what each payment pays, takes back, and pays again as credit.

The same shares as `allocations.allocate` and the free credit after it give one payment at a time; here a whole file of
them is shared out, so that every debt is looked at once and not once a payment. Amounts are cents.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Debt:
    """A receivable: `stood` is what was open at first, `balance` what is open now."""

    id: int
    account_id: int
    number: str
    balance: int
    stood: int
    moved: bool = False


@dataclass(slots=True)
class Part:
    """What a payment pays of a receivable; without an id it is not in the books yet."""

    payment_id: int
    receivable_id: int
    amount: int
    from_credit: bool = False
    released_on: date | None = None
    id: int | None = None
    changed: bool = False


@dataclass(slots=True)
class Money:
    """A payment: `free` is what no receivable has taken, `parts` what each of them has, `known` those of before."""

    id: int
    paid_on: date
    free: int
    parts: dict[int, Part] = field(default_factory=dict)
    reversed_on: date | None = None
    changed: bool = False
    known: list[Part] = field(default_factory=list)

    @property
    def age(self) -> tuple[date, int]:
        """The oldest money is spent first."""
        return self.paid_on, self.id

    @property
    def allocated(self) -> int:
        """How much of it pays something."""
        return sum(part.amount for part in self.parts.values())


@dataclass(slots=True)
class _Line:
    """Debts in the order in which they are paid; those before `head` are paid."""

    debts: list[Debt]
    head: int = 0

    def open(self) -> Iterator[Debt]:
        while self.head < len(self.debts) and not self.debts[self.head].balance:
            self.head += 1
        return (debt for debt in (self.debts[at] for at in range(self.head, len(self.debts))) if debt.balance)


class Ledger:
    """One case's debts, sorted by (due date, id), its free credit, and everything that moved between them."""

    def __init__(self, debts: list[Debt], credits_: Iterable[Money] = ()) -> None:
        """Takes the debts that are open or may open again, and the money that may pay what opens."""
        self.debts = {debt.id: debt for debt in debts}
        self.owed = sum(debt.balance for debt in debts)
        self.parts: list[Part] = []
        self._credits = sorted(credits_, key=lambda money: money.age)
        self._line = _Line(debts)
        self._named: dict[tuple[int | None, str | None], _Line] = {}

    def pay(self, money: Money, *, account_id: int | None = None, number: str | None = None) -> None:
        """Pays what the payment names, then the oldest; the rest is credit."""
        if account_id is not None or number is not None:
            self._spend(money, self._line_of(account_id, number))
        self._spend(money, self._line)
        if money.free:
            insort(self._credits, money, key=lambda each: each.age)
        self._use_credits()

    def take_back(self, money: Money, on: date) -> None:
        """Releases what a payment has paid; other money that lies free pays what is open again."""
        for part in money.parts.values():
            part.released_on, part.changed = on, True
            debt = self.debts[part.receivable_id]
            debt.balance += part.amount
            debt.moved = True
            self.owed += part.amount
        money.parts, money.free, money.reversed_on, money.changed = {}, 0, on, True
        self._credits = [each for each in self._credits if each is not money]
        for line in (self._line, *self._named.values()):
            line.head = 0
        self._use_credits()

    def _line_of(self, account_id: int | None, number: str | None) -> _Line:
        key = account_id, number
        if key not in self._named:
            meant = [
                debt
                for debt in self._line.debts
                if account_id in (None, debt.account_id) and number in (None, debt.number)
            ]
            self._named[key] = _Line(meant)
        return self._named[key]

    def _spend(self, money: Money, line: _Line, *, credit: bool = False) -> None:
        if not money.free:
            return
        for debt in line.open():
            amount = min(money.free, debt.balance)
            self._give(money, debt, amount, credit=credit)
            if not money.free:
                return

    def _give(self, money: Money, debt: Debt, amount: int, *, credit: bool) -> None:
        part = money.parts.get(debt.id)
        if part is None:
            part = money.parts[debt.id] = Part(money.id, debt.id, 0)
            self.parts.append(part)
        part.amount += amount
        part.from_credit |= credit
        part.changed = money.changed = debt.moved = True
        debt.balance -= amount
        money.free -= amount
        self.owed -= amount

    def _use_credits(self) -> None:
        while self.owed and self._credits:
            self._spend(self._credits[0], self._line, credit=True)
            if not self._credits[0].free:
                self._credits.pop(0)
