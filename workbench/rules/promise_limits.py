"""What promise may be taken: how much, until when, in how many parts, and when somebody else has to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from models.users import Role
from workbench.rules.exceeded import Exceeded, Figure
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

CENT = Decimal("0.01")
OPEN_LIMIT = 3  # live promises of one case at once, one an account
PARTS_LIMIT = 3
ROLES = (Role.AGENT, Role.SUPERVISOR, Role.MANAGER)  # who promises are taken by or decided by


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What the debtor offers; `given_by` is who said it when it was not the debtor, no account is the whole case.

    In parts (two or more), `amount` is their sum and `due_on` the last one's day.
    """

    amount: Decimal
    due_on: date
    account_id: int | None = None
    given_by: str | None = None
    parts: tuple[Part, ...] = ()

    @classmethod
    def in_parts(cls, parts: tuple[Part, ...], *, account_id: int | None = None) -> "PromiseTerms":
        """The terms of these parts; one part alone is a plain promise."""
        amount = sum((part.amount for part in parts), Decimal(0))
        return cls(amount, max(part.due_on for part in parts), account_id, None, parts if len(parts) > 1 else ())

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "PromiseTerms":
        """The terms as a kept form or an approval stores them."""
        parts = (Part(date.fromisoformat(each["due_on"]), Decimal(each["amount"])) for each in kept.get("parts") or ())
        amount, due_on = Decimal(kept["amount"]), date.fromisoformat(kept["due_on"])
        return cls(amount, due_on, kept.get("account_id"), kept.get("given_by"), tuple(parts))


@dataclass(frozen=True, slots=True)
class PromiseLimits:
    """A role's limits: the higher of amount and share of the balance, days out, promises not kept, open ones, parts.

    No `broken_limit` = however often promises were not kept, this role decides.
    """

    min_amount: Decimal
    min_share: Decimal
    days_out: int
    broken_limit: int | None
    open_limit: int = OPEN_LIMIT
    parts: int = PARTS_LIMIT


@dataclass(frozen=True, slots=True)
class PromiseHistory:
    """What is owed now, and the debtor's promises so far; `open_elsewhere` leaves out those this one would replace.

    `broken` counts those not kept, be it in part.
    """

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


def check_terms(terms: PromiseTerms, history: PromiseHistory, *, on: date) -> None:
    """Refuses what nobody may approve: more than is owed, a day gone by, parts that are no series."""
    if history.balance <= 0:
        raise Refused("Nothing is owed on this case.")
    if any(amount != amount.quantize(CENT) for amount in (terms.amount, *(part.amount for part in terms.parts))):
        raise Refused("An amount has at most two decimals.")
    if terms.amount <= 0 or any(part.amount <= 0 for part in terms.parts):
        raise Refused("The amount must be greater than zero, with two decimals at most.")
    if terms.amount > history.balance:
        raise Refused("The promise is more than is owed: at most {most}.", most=history.balance)
    if terms.parts:
        _check_parts(terms)
    if min([terms.due_on, *(part.due_on for part in terms.parts)]) < on:
        raise Refused("A promise cannot be due in the past.")


def _check_parts(terms: PromiseTerms) -> None:
    days = [part.due_on for part in terms.parts]
    if len(days) < 2 or days != sorted(set(days)):
        raise Refused("The parts of a promise fall due one after the other.")
    if sum((part.amount for part in terms.parts), Decimal(0)) != terms.amount or days[-1] != terms.due_on:
        raise Refused("The parts of a promise add up to its amount and end on its day.")


def exceeded(terms: PromiseTerms, limits: PromiseLimits, history: PromiseHistory, *, on: date) -> list[Exceeded]:
    """The limits these terms go beyond; none = whoever has these limits may take the promise."""
    bounds, parts = promise_bounds(limits, history.balance, on=on), len(terms.parts) or 1
    broken = limits.broken_limit
    tried: list[tuple[bool, str, Figure, Figure]] = [
        (terms.amount < bounds.least, "amount_small", bounds.least, terms.amount),
        (terms.due_on > bounds.last_day, "too_far", bounds.last_day, terms.due_on),
        (parts > limits.parts, "too_many_parts", limits.parts, parts),
        (history.open_elsewhere >= limits.open_limit, "too_many_open", limits.open_limit, history.open_elsewhere),
        (broken is not None and history.broken >= broken, "broken", broken or 0, history.broken),
    ]
    return [Exceeded(code, limit, asked) for beyond, code, limit, asked in tried if beyond]


def refusal_of(beyond: Exceeded) -> Refused:
    """What is said to whoever goes beyond that limit."""
    figures = {
        "amount_small": (N_("The promise is too small: at least {least}."), "least", beyond.limit),
        "too_far": (N_("The promise is too far away: {last_day} at the latest."), "last_day", beyond.limit),
        "too_many_parts": (N_("A promise has at most {most} parts."), "most", beyond.limit),
        "too_many_open": (N_("There are {count} open promises on this case already."), "count", beyond.asked),
        "broken": (N_("{count} promises were broken: a supervisor has to take this one."), "count", beyond.asked),
    }
    because, name, value = figures[beyond.code]
    return Refused(because, **{name: value})


def check_promise(terms: PromiseTerms, limits: PromiseLimits, history: PromiseHistory, *, on: date) -> None:
    """Refuses a promise that nobody may take, or that goes beyond these limits, saying what would be inside."""
    check_terms(terms, history, on=on)
    for beyond in exceeded(terms, limits, history, on=on):
        raise refusal_of(beyond)


def check_limits(limits: PromiseLimits) -> None:
    """Refuses limits that make no sense."""
    if limits.min_amount < 0 or limits.min_amount != limits.min_amount.quantize(CENT):
        raise Refused("An amount is not below zero.")
    if not 0 <= limits.min_share <= 1:
        raise Refused("A share lies between 0 % and 100 %.")
    if limits.days_out < 0 or (limits.broken_limit or 0) < 0 or limits.open_limit < 1 or limits.parts < 1:
        raise Refused("Days and counts are whole numbers from zero, at least one promise and one part.")
