"""How much of what is promised comes in, and how far earlier forecasts were off."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

HISTORY_DAYS = 180  # how far back one looks for what promises and installments used to bring
SHIPPED_SHARE = Decimal("0.5")  # assumed of a book without a history of its own
STEADY = 10  # items of average size that the assumption weighs against that history

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Miss:
    """How earlier forecasts of one kind went: their number, what they expected together, what came, what they erred."""

    forecasts: int
    expected: Decimal
    came: Decimal
    error: Decimal  # the sum of the differences, each counted as positive

    @property
    def share(self) -> float | None:
        """The error for each unit of money expected; none where nothing was ever expected."""
        return float(self.error / self.expected) if self.expected else None

    @property
    def bias(self) -> float | None:
        """Above zero: more came than was expected."""
        return float((self.came - self.expected) / self.expected) if self.expected else None


def share_paid(paid: Decimal, promised: Decimal, items: int) -> Decimal:
    """The share of promised money that used to come in, leaning to the shipped one while there are few items."""
    if not items or not promised:
        return SHIPPED_SHARE
    weight = promised / items * STEADY
    return ((paid + weight * SHIPPED_SHARE) / (promised + weight)).quantize(Decimal("0.0001"))


def missed(pairs: Sequence[tuple[Decimal, Decimal]]) -> Miss:
    """How far pairs of (expected, came) lay apart, all together."""
    return Miss(
        len(pairs),
        sum((expected for expected, _ in pairs), Decimal(0)),
        sum((came for _, came in pairs), Decimal(0)),
        sum((abs(came - expected) for expected, came in pairs), Decimal(0)),
    )


def between(expected: Decimal, error: float | None) -> tuple[Decimal, Decimal] | None:
    """What an amount expected may turn out to be if this forecast errs as the earlier ones did; none = unknown."""
    if error is None:
        return None
    off = (expected * Decimal(str(error))).quantize(CENT)
    return max(expected - off, Decimal(0)), expected + off
