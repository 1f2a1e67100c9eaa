"""Whether one group pays more than another: the difference of two shares, and how far chance alone could move it."""

from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959964  # two-sided 95 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of shares (-1 to 1) with its 95 % interval; what does not reach over 0 is more than chance."""

    share: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def difference(paying: int, cases: int, other_paying: int, other_cases: int) -> Difference | None:
    """The first share less the other, none without cases on both sides.

    The interval is that of Agresti and Caffo ("Simple and effective confidence intervals for proportions and
    differences of proportions", The American Statistician 54, 2000): one payer and one other added to each side.
    """
    if not cases or not other_cases:
        return None
    first, second = (paying + 1) / (cases + 2), (other_paying + 1) / (other_cases + 2)
    spread = NORMAL_95 * sqrt(first * (1 - first) / (cases + 2) + second * (1 - second) / (other_cases + 2))
    middle = first - second
    return Difference(
        paying / cases - other_paying / other_cases, max(-1.0, middle - spread), min(1.0, middle + spread)
    )
