"""What promise may be taken: how much, until when, and when a supervisor has to take it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal

from workbench.rules.refusals import Refused

CENT = Decimal("0.01")
OPEN_LIMIT = 3  # live promises of one case at once, one an account


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What the debtor offers; `given_by` is who said it when it was not the debtor, no account is the whole case."""

    amount: Decimal
    due_on: date
    account_id: int | None = None
    given_by: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseLimits:
    """A portfolio's limits: the higher of amount and share of the balance, days out, promises broken before approval."""

    min_amount: Decimal
    min_share: Decimal
    days_out: int
    broken_limit: int
    open_limit: int = OPEN_LIMIT


@dataclass(frozen=True, slots=True)
class PromiseHistory:
    """What is owed now, and the debtor's promises so far; `open_elsewhere` leaves out those this one would replace."""

    balance: Decimal
    open_elsewhere: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class PromiseBounds:
    """Between what a promise must lie, both ends included."""

    least: Decimal
    most: Decimal
    first_day: date
    last_day: date


def promise_bounds(limits: PromiseLimits, balance: Decimal, *, on: date) -> PromiseBounds:
    """The higher of the two minimums, but never more than is owed; from today to the farthest date."""
    share = (balance * limits.min_share).quantize(CENT, ROUND_UP)
    least = min(max(limits.min_amount, share, CENT), balance)
    return PromiseBounds(least, balance, on, on + timedelta(days=limits.days_out))


def check_promise(
    terms: PromiseTerms, limits: PromiseLimits, history: PromiseHistory, *, on: date, may_approve: bool
) -> None:
    """Refuses a promise outside the limits, saying what would be inside; `may_approve` lifts the one on broken ones."""
    bounds = promise_bounds(limits, history.balance, on=on)
    if history.balance <= 0:
        raise Refused("Nothing is owed on this case.")
    if terms.amount != terms.amount.quantize(CENT):
        raise Refused("An amount has at most two decimals.")
    if terms.amount < bounds.least:
        raise Refused("The promise is too small: at least {least}.", least=bounds.least)
    if terms.amount > bounds.most:
        raise Refused("The promise is more than is owed: at most {most}.", most=bounds.most)
    _check_date(terms.due_on, bounds)
    if history.open_elsewhere >= limits.open_limit:
        raise Refused("There are {count} open promises on this case already.", count=history.open_elsewhere)
    if history.broken >= limits.broken_limit and not may_approve:
        raise Refused("{count} promises were broken: a supervisor has to take this one.", count=history.broken)


def _check_date(due_on: date, bounds: PromiseBounds) -> None:
    if due_on < bounds.first_day:
        raise Refused("A promise cannot be due in the past.")
    if due_on > bounds.last_day:
        raise Refused("The promise is too far away: {last_day} at the latest.", last_day=bounds.last_day)
