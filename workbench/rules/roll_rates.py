"""Roll rates: where the balance of each ageing bucket lay a while later. Each row of the matrix sums to 100 %."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RollRow:
    """The balance that lay in one bucket (0 = current), by the bucket it lay in later, and what of it was paid.

    `moved` and `paid` add up to `balance`; `cases` counts who owed part of it still, by the later bucket.
    """

    bucket: int
    balance: Decimal
    moved: tuple[Decimal, ...]
    cases: tuple[int, ...]
    paid: Decimal

    def share(self, amount: Decimal) -> float | None:
        """An amount's part of the row; none for a row without balance."""
        return float(amount / self.balance) if self.balance else None

    @property
    def stayed(self) -> Decimal:
        """What lay in the same bucket."""
        return self.moved[self.bucket]

    @property
    def forward(self) -> Decimal:
        """What rolled into later buckets."""
        return sum(self.moved[self.bucket + 1 :], ZERO)

    @property
    def back(self) -> Decimal:
        """What rolled back into earlier buckets and is late still."""
        return sum(self.moved[1 : self.bucket], ZERO)

    @property
    def cured(self) -> Decimal:
        """What is owed but no longer late; nothing of the current bucket."""
        return self.moved[0] if self.bucket else ZERO


Rolled = tuple[int, int, int, Decimal, Decimal]


def roll_rows(rolled: Iterable[Rolled], buckets: int) -> list[RollRow]:
    """The matrix of (bucket before, bucket after, cases, balance before, what of it is still owed after).

    A row for each of `buckets`, more where the book knows more. New debt beside the old does not count.
    """
    rolled = list(rolled)
    size = max([buckets, *(1 + max(had, has) for had, has, *_ in rolled)])
    moved = [[ZERO] * size for _ in range(size)]
    cases = [[0] * size for _ in range(size)]
    balance = [ZERO] * size
    for had, has, count, before, stayed in rolled:
        moved[had][has] += stayed
        cases[had][has] += count
        balance[had] += before
    return [
        RollRow(
            place, balance[place], tuple(moved[place]), tuple(cases[place]), balance[place] - sum(moved[place], ZERO)
        )
        for place in range(size)
    ]
