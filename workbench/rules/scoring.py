"""Who is called first: P(still unpaid) x amount at stake x P(right party answers), learned from a portfolio's history.

Late means the same everywhere: still unpaid `HORIZON` days on. Three sources of evidence:
    roll   share of debts as old as this one that were still unpaid two weeks later
    cust   (late + 5 base) / (settled + 5): how often this debtor paid so late, shrunken towards the portfolio's base
    reach  the right-party rate of the debtor's best phone, shrunken towards the portfolio's rate
roll and cust are combined by odds: odds(p) = odds(roll) odds(cust) / odds(base) (naive Bayes over two witnesses).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HORIZON = 14  # days
DPD_STARTS = (1, 4, 8, 15, 22, 31, 46, 61, 91, 121, 181)  # first days past due of the bins `roll` is learned by
ENOUGH_ITEMS = 500  # closed items from which a portfolio's own history speaks
CUST_WEIGHT = 5.0  # closed items the portfolio's base counts for, beside a debtor's own
ROLL_WEIGHT = 50.0  # days at risk the shipped prior counts for, in a bin of a portfolio's own history
REACH_WEIGHT = 8.0  # attempts the portfolio's rate counts for, beside a phone's own
NO_PHONE = 0.25  # of the portfolio's rate: somebody has to find a number first
STEADY = 0.01  # a learned share moves only when it is this far off: a quiet night rewrites few cases
_FLOOR, _CEILING = 0.001, 0.999
FOR_EVER = 10**6


@dataclass(frozen=True, slots=True)
class Priors:
    """What a portfolio's history says; `rolls` has one share a bin of `DPD_STARTS`.

    The shipped ones: shares to 30 days past due are those of the public IBM accounts-receivable sample (2,466
    settled invoices, whose oldest is 45 days late), rounded; from there on nothing public was found, so they are an
    assumption: who has not paid for long goes on not paying. `reach` is an assumption as well. They serve only
    until a portfolio has `ENOUGH_ITEMS` of its own.
    """

    rolls: tuple[float, ...] = (0.21, 0.17, 0.12, 0.10, 0.12, 0.30, 0.45, 0.60, 0.72, 0.80, 0.90)
    base: float = 0.10
    reach: float = 0.20
    closed_items: int = 0
    learned: bool = False

    def as_json(self) -> dict[str, Any]:
        """As `NightlyRun.learned` keeps it."""
        return asdict(self) | {"rolls": list(self.rolls)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "Priors":
        """What was kept, or the shipped priors."""
        return cls(**{**kept, "rolls": tuple(kept["rolls"])}) if kept else cls()


@dataclass(frozen=True, slots=True)
class Scores:
    """One column a factor; `score` is money expected to stay unpaid that a call may still save."""

    roll: Floats
    cust: Floats
    p_unpaid: Floats
    reach: Floats
    score: Floats


def odds(share: ArrayLike) -> Floats:
    """The odds p / (1 - p), with p kept off 0 and 1."""
    p = np.clip(np.asarray(share, dtype=np.float64), _FLOOR, _CEILING)
    return p / (1 - p)


def dpd_bin(days: ArrayLike) -> Ints:
    """The bin of `DPD_STARTS` for days past due; what is not past due counts to the first."""
    return np.maximum(np.searchsorted(DPD_STARTS, np.asarray(days), side="right") - 1, 0).astype(np.int64)


def shrunken(hits: ArrayLike, tries: ArrayLike, towards: float, weight: float) -> Floats:
    """(hits + weight towards) / (tries + weight)."""
    return np.asarray((np.asarray(hits) + weight * towards) / (np.asarray(tries) + weight), dtype=np.float64)


def reach_of(right_parties: ArrayLike, attempts: ArrayLike, priors: Priors) -> Floats:
    """P(right party answers) on one phone."""
    return shrunken(right_parties, attempts, priors.reach, REACH_WEIGHT)


def scores(
    past_due: ArrayLike, days: ArrayLike, late: ArrayLike, settled: ArrayLike, reach: ArrayLike, *, priors: Priors
) -> Scores:
    """The score and its factors.

    past_due in the portfolio's currency; days past due of the oldest debt; late and settled are counts of closed items;
    reach of the best phone, below 0 when there is none. Nothing past due scores 0.
    """
    amount = np.asarray(past_due, dtype=np.float64)
    roll = np.asarray(priors.rolls)[dpd_bin(days)]
    cust = shrunken(late, settled, priors.base, CUST_WEIGHT)
    combined = odds(roll) * odds(cust) / odds(priors.base)
    p_unpaid = combined / (1 + combined)
    answers = np.where(np.asarray(reach) < 0, NO_PHONE * priors.reach, reach).astype(np.float64)
    score = np.round(amount * p_unpaid * answers, 6)
    due = amount > 0
    return Scores(np.where(due, roll, 0.0), cust, np.where(due, p_unpaid, 0.0), answers, np.where(due, score, 0.0))


def learn(due: ArrayLike, settled: ArrayLike, on: int, *, right_parties: int = 0, attempts: int = 0) -> Priors:
    """What is known on the morning of `on` from items due before it; day numbers, `FOR_EVER` = not settled by then.

    An item is at risk on each day past due on which it was unpaid and whose fortnight is over; roll is the share of
    those days after which it stayed unpaid for the fortnight.
    """
    dues = np.asarray(due, dtype=np.int64)
    paid = np.asarray(settled, dtype=np.int64)
    paid = np.where(paid >= on, FOR_EVER, paid)
    closed = paid < FOR_EVER
    shipped = Priors()
    reach = float(np.round(shrunken(right_parties, attempts, shipped.reach, 100.0), 2))
    count = int(closed.sum())
    if count < ENOUGH_ITEMS:
        return Priors(reach=reach, closed_items=count)
    life = np.where(closed, paid - dues, FOR_EVER)
    base = float(np.clip((life[closed] > HORIZON).mean(), 0.02, 0.98))
    return Priors(_rolls(life, on - dues, shipped), round(base, 3), reach, count, learned=True)


def _rolls(life: Ints, seen: Ints, shipped: Priors) -> tuple[float, ...]:
    """One share a bin, from days until paid and days since due."""
    ends = (*DPD_STARTS[1:], FOR_EVER)
    rolls = []
    for start, end, prior in zip(DPD_STARTS, ends, shipped.rolls, strict=True):
        last = np.minimum(end, seen - HORIZON + 1)  # the fortnight has to be over
        at_risk = np.maximum(np.minimum(last, life) - start, 0).sum()
        stayed = np.maximum(np.minimum(last, life - HORIZON) - start, 0).sum()
        rolls.append(round(float(shrunken(stayed, at_risk, prior, ROLL_WEIGHT)), 3))
    return tuple(rolls)


def steadied(new: Priors, before: Priors | None) -> Priors:
    """The newly learned priors, each share left as it was `before` unless it moved by more than `STEADY`."""
    if before is None or new.learned != before.learned:
        return new
    rolls = tuple(_steady(old, now) for old, now in zip(before.rolls, new.rolls, strict=True))
    base, reach = _steady(before.base, new.base), _steady(before.reach, new.reach)
    return Priors(rolls, base, reach, new.closed_items, new.learned)


def _steady(before: float, now: float) -> float:
    return before if abs(now - before) <= STEADY else now
